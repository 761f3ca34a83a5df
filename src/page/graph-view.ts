import { counted } from '../report/layout.js';
import { classDetail } from './class-detail.js';
import { ClassTable } from './class-table.js';
import { button, debounced, el, replace } from './dom.js';
import type { GraphModel } from './graph-model.js';
import { icon, KIND_TEXT, KINDS } from './kinds.js';
import type { LockMap } from './map.js';
import { neighbourhoodOf } from './neighbourhood.js';
import type { Page } from './page.js';
import { go, hrefOf, type Route } from './route.js';

const DEPTHS = [1, 2, 3];
/** Names offered while one is typed. */
const OFFERED = 12;

/** The lock graph: a map of it all, one class with its neighbourhood, and a table of all classes. */
export class GraphView {
  readonly element = el('div', { class: 'graph' });
  readonly #page: Page;
  readonly #search = el('input', {
    type: 'search',
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-describedby': 'found',
  });
  readonly #found = el('ul', { class: 'found', 'aria-label': 'Classes found' });
  readonly #count = el('p', { class: 'count', id: 'found', role: 'status' });
  readonly #mapBox = el('div', {
    class: 'map',
    id: 'map',
    tabindex: 0,
    role: 'application',
    'aria-label': 'Map of the lock graph',
    'aria-describedby': 'map-help',
  });
  readonly #detail = el('section', { class: 'detail class-detail', 'aria-label': 'Lock class' });
  readonly #drawn = el('p', { class: 'hint drawn', role: 'status' });
  readonly #options = el('div', { class: 'options' });
  readonly #tableBox = el('section', { class: 'table', 'aria-label': 'All lock classes' });
  #map: LockMap | undefined;
  #table: ClassTable | undefined;
  #model: GraphModel | undefined;
  #settings = new URLSearchParams();
  #selected: number | undefined;

  constructor(page: Page) {
    this.#page = page;
    this.#search.addEventListener(
      'input',
      debounced(100, () => this.#set('find', this.#search.value)),
    );
    this.#search.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#found.querySelector('a')?.click();
    });
    const tools = el(
      'div',
      { class: 'tools', role: 'group', 'aria-label': 'Map' },
      button('+', () => this.#map?.zoom(1 / 1.5), { 'aria-label': 'Zoom in' }),
      button('−', () => this.#map?.zoom(1.5), { 'aria-label': 'Zoom out' }),
      button('Reset', () => this.#map?.reset()),
      button('Show all', () => this.#set('class', '')),
    );
    replace(
      this.element,
      el(
        'div',
        { class: 'bar-top' },
        el('label', { class: 'field' }, 'Find class', this.#search),
        this.#options,
        this.#count,
        this.#found,
      ),
      el(
        'div',
        { class: 'map-frame' },
        tools,
        this.#mapBox,
        el(
          'p',
          { id: 'map-help', class: 'hint' },
          'Outer locks are on the left, those taken under them on the right. Arrow keys pan, + and − zoom, 0 resets.',
        ),
        this.#drawn,
        legend(),
      ),
      this.#detail,
      this.#tableBox,
    );
  }

  show({ settings }: Route): void {
    this.#settings = settings;
    const model = this.#page.graph(Number(settings.get('g') ?? 0));
    if (model === undefined) {
      replace(
        this.element,
        el('p', { class: 'empty' }, 'There is no lock graph: kernel logs have none, nor have inputs without locks.'),
      );
      return;
    }
    if (model !== this.#model) this.#begin(model);
    const find = settings.get('find') ?? '';
    if (document.activeElement !== this.#search) this.#search.value = find;
    const name = settings.get('class');
    const selected = name === null ? undefined : model.find(name);
    const depth = this.#depth();
    const near = selected === undefined ? undefined : neighbourhoodOf(model, selected, depth);
    const stays = this.#filter(model);
    const wanted = find.toLowerCase();
    const passes = (cls: number): boolean => stays(cls) && model.name(cls).toLowerCase().includes(wanted);
    this.#showOptions(model);
    this.#showFound(model, find);
    const passing = Array.from({ length: model.classes }, (_, cls) => cls).filter(passes);
    this.#count.textContent =
      passing.length === model.classes
        ? counted(model.classes, 'class')
        : `${passing.length} of ${counted(model.classes, 'class')}`;
    this.#table?.show(passing);
    if (selected === undefined || near === undefined) {
      const problem =
        name === null
          ? 'Choose a class on the map, by its name or in the table, to see what it depends on.'
          : `There is no class ${name}.`;
      replace(this.#detail, el('p', { class: 'empty' }, problem));
    } else replace(this.#detail, ...classDetail(model, selected, near, (cls) => this.#hrefOf(model, cls)));
    const filter = [...settings.getAll('kind').sort(), settings.get('loops') ?? ''].join(' ');
    const state = { selected, near: near?.all, passes, stays, filter };
    void this.#withMap(model, (map) => {
      map.show(state);
      if (near !== undefined && selected !== this.#selected) map.fit(near.all);
      this.#selected = selected;
    });
  }

  recolour(): void {
    this.#map?.recolour();
  }

  focusSearch(): void {
    this.#search.focus();
  }

  #begin(model: GraphModel): void {
    this.#model = model;
    this.#map?.kill();
    this.#map = undefined;
    this.#drawn.textContent = '';
    this.#table = new ClassTable(model, (cls) => this.#hrefOf(model, cls));
    replace(this.#tableBox, el('h2', {}, 'All lock classes'), this.#table.element);
  }

  /** The map is drawn after everything else is there: it takes longest. */
  async #withMap(model: GraphModel, then: (map: LockMap) => void): Promise<void> {
    if (this.#map === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      const { LockMap: WebGlMap, hasWebGl } = await import('./map.js');
      if (this.#model !== model) return;
      if (!hasWebGl()) {
        replace(
          this.#mapBox,
          el(
            'p',
            { class: 'empty' },
            'This browser draws no WebGL, which the map needs. The neighbourhood of a class and the table show the same graph.',
          ),
        );
        return;
      }
      const onDrawn = (drawn: number): void => {
        const all = counted(model.dependencies, 'dependency');
        const isAll = drawn >= model.dependencies;
        const text = isAll
          ? `All ${all} are drawn.`
          : `The ${drawn} most frequent of ${all} are drawn; choose a class to see all of its own.`;
        // One that was never cut short needs no words.
        if ((!isAll || this.#drawn.textContent !== '') && this.#drawn.textContent !== text)
          this.#drawn.textContent = text;
      };
      this.#map ??= new WebGlMap(this.#mapBox, model, (cls) => go(this.#hrefOf(model, cls)), onDrawn);
      performance.mark('lockvet-map');
    }
    then(this.#map);
  }

  /** Which classes pass the kinds that are chosen, and loops. */
  #filter(model: GraphModel): (cls: number) => boolean {
    const kinds = new Set(this.#settings.getAll('kind'));
    const loops = this.#settings.has('loops');
    return (cls) => (kinds.size === 0 || kinds.has(model.kind(cls))) && (!loops || model.isInLoop(cls));
  }

  #showFound(model: GraphModel, find: string): void {
    if (find === '') {
      replace(this.#found);
      return;
    }
    const wanted = find.toLowerCase();
    const hits: number[] = [];
    for (let cls = 0; cls < model.classes; cls++) if (model.name(cls).toLowerCase().includes(wanted)) hits.push(cls);
    // Whole names first, then those that begin so, then what is most connected.
    const rank = (cls: number): number => {
      const at = model.name(cls).toLowerCase().replace(/^&/, '');
      const bare = wanted.replace(/^&/, '');
      return at === bare ? 0 : at.startsWith(bare) ? 1 : 2;
    };
    hits.sort((a, b) => rank(a) - rank(b) || model.degree(b) - model.degree(a) || a - b);
    replace(
      this.#found,
      ...hits
        .slice(0, OFFERED)
        .map((cls) =>
          el(
            'li',
            {},
            el('a', { class: 'lock', href: this.#hrefOf(model, cls) }, icon(model.kind(cls)), model.name(cls)),
          ),
        ),
    );
  }

  #showOptions(model: GraphModel): void {
    const focused = document.activeElement?.getAttribute('data-option');
    const graphs = this.#page.data.graphs;
    const kinds = new Set(this.#settings.getAll('kind'));
    const check = (
      name: string,
      value: string,
      checked: boolean,
      content: (Node | string)[],
      change: (on: boolean) => void,
    ): HTMLElement => {
      const box = el('input', { type: 'checkbox', checked, 'data-option': `${name}.${value}` });
      box.addEventListener('change', () => change(box.checked));
      return el('label', { class: 'check' }, box, ...content);
    };
    const select = (name: string, options: readonly (readonly [string, string])[], value: string): HTMLElement => {
      const box = el(
        'select',
        { 'data-option': name },
        ...options.map(([key, text]) => el('option', { value: key, selected: key === value }, text)),
      );
      box.addEventListener('change', () => this.#set(name, box.value));
      return box;
    };
    replace(
      this.#options,
      graphs.length > 1 &&
        el(
          'label',
          { class: 'field' },
          'Graph of',
          select(
            'g',
            graphs.map((graph, at) => [String(at), this.#page.inputOf(graph)] as const),
            String(graphs.indexOf(model.data)),
          ),
        ),
      el(
        'fieldset',
        { class: 'inline' },
        el('legend', {}, 'Kinds'),
        ...KINDS.map((kind) =>
          check('kind', kind, kinds.has(kind), [icon(kind), kind], (on) => {
            if (on) kinds.add(kind);
            else kinds.delete(kind);
            this.#set('kind', ...kinds);
          }),
        ),
        check('loops', '', this.#settings.has('loops'), ['in loops'], (on) => this.#set('loops', on ? '1' : '')),
      ),
      el(
        'label',
        { class: 'field' },
        'Depth',
        select(
          'depth',
          DEPTHS.map((depth) => [String(depth), String(depth)] as const),
          String(this.#depth()),
        ),
      ),
    );
    if (focused != null)
      [...this.#options.querySelectorAll<HTMLElement>('[data-option]')]
        .find((one) => one.getAttribute('data-option') === focused)
        ?.focus();
  }

  #depth(): number {
    return DEPTHS.find((depth) => String(depth) === this.#settings.get('depth')) ?? 1;
  }

  #hrefOf(model: GraphModel, cls: number): string {
    const settings = new URLSearchParams(this.#settings);
    settings.set('class', model.name(cls));
    return hrefOf('graph', settings);
  }

  #set(name: string, ...values: readonly string[]): void {
    const settings = new URLSearchParams(this.#settings);
    settings.delete(name);
    // Another graph has other classes.
    if (name === 'g') settings.delete('class');
    for (const value of values) settings.append(name, value);
    go(hrefOf('graph', settings), true);
  }
}

/** What colours and shapes mean. */
function legend(): HTMLElement {
  const items = KINDS.map((kind) => el('li', {}, icon(kind), `${kind}: ${KIND_TEXT[kind]}`));
  return el(
    'ul',
    { class: 'legend', 'aria-label': 'Legend' },
    ...items,
    el('li', {}, el('span', { class: 'cycle-line', 'aria-hidden': 'true' }), 'red: on a cycle or loop'),
  );
}
