import { counted } from '../report/layout.js';
import type { PageFinding } from '../report/page/data.js';
import { button, debounced, el, replace } from './dom.js';
import { chosen, FACETS, facetBox, locksOf, TEXT_FILTERS } from './facets.js';
import { findingArticle, severitySign } from './finding.js';
import type { Page } from './page.js';
import { go, hrefOf, type Route } from './route.js';

/** Rows that are drawn at once; the rest on request. */
const ROWS = 300;
/** Names offered while a lock is typed. */
const OFFERED = 500;

/** The list of findings with its filters, and one finding in full. */
export class FindingsView {
  readonly element: HTMLElement;
  readonly #page: Page;
  readonly #filters = el('div', { class: 'facets' });
  readonly #list = el('ol', { class: 'rows', 'aria-label': 'Findings' });
  readonly #count = el('p', { class: 'count', role: 'status' });
  readonly #detail = el('section', { class: 'detail', id: 'detail', tabindex: -1, 'aria-label': 'Finding' });
  readonly #inputs: ReadonlyMap<string, HTMLInputElement>;
  #settings = new URLSearchParams();
  #shown: PageFinding[] = [];
  #opened: PageFinding | undefined;
  #limit = ROWS;

  constructor(page: Page) {
    this.#page = page;
    const names = [...new Set(page.data.findings.flatMap(locksOf))].sort().slice(0, OFFERED);
    this.#inputs = new Map(TEXT_FILTERS.map((name) => [name, this.#textInput(name)]));
    const [lock, text] = TEXT_FILTERS.map((name) => this.#inputs.get(name));
    this.element = el(
      'div',
      { class: 'findings' },
      el(
        'form',
        { class: 'filters', 'aria-label': 'Filters' },
        el('label', { class: 'field' }, 'Search', text),
        el('label', { class: 'field' }, 'Lock', lock),
        el('datalist', { id: 'lock-names' }, ...names.map((value) => el('option', { value }))),
        this.#filters,
        button('Clear filters', () => go(hrefOf('findings', this.#selection()))),
      ),
      el('section', { class: 'list', 'aria-label': 'List of findings' }, this.#count, this.#list),
      this.#detail,
    );
    this.element.querySelector('form')?.addEventListener('submit', (event) => event.preventDefault());
  }

  show({ settings }: Route): void {
    this.#settings = settings;
    for (const [name, input] of this.#inputs) {
      const value = settings.get(name) ?? '';
      if (document.activeElement !== input) input.value = value;
    }
    this.#shown = chosen(this.#page.data, settings);
    this.#showFilters();
    this.#showList();
    this.#open(this.#selected());
  }

  /** Opens the next finding of the list, or the one before. */
  step(by: 1 | -1): void {
    const at = this.#opened === undefined ? -1 : this.#shown.indexOf(this.#opened);
    const next = this.#shown[Math.min(this.#shown.length - 1, Math.max(0, at + by))];
    if (next === undefined) return;
    go(this.#hrefOf(next), true);
    this.#list.querySelector<HTMLElement>('[aria-current]')?.focus();
  }

  focusSearch(): void {
    this.#inputs.get('text')?.focus();
  }

  /** All findings of the list, each in full, for printing. */
  printed(most: number): HTMLElement {
    const articles = this.#shown.slice(0, most).map((finding) => findingArticle(this.#page, finding));
    const left = this.#shown.length - articles.length;
    return el(
      'div',
      {},
      ...articles,
      left > 0 && el('p', {}, `${counted(left, 'finding')} more are not printed; filter them on the page.`),
    );
  }

  #textInput(name: string): HTMLInputElement {
    const input = el('input', {
      type: 'search',
      autocomplete: 'off',
      spellcheck: 'false',
      list: name === 'lock' ? 'lock-names' : undefined,
    });
    const apply = debounced(120, () => this.#set(name, input.value === '' ? [] : [input.value]));
    input.addEventListener('input', apply);
    return input;
  }

  #set(name: string, values: readonly string[]): void {
    const settings = new URLSearchParams(this.#settings);
    settings.delete(name);
    for (const value of values) settings.append(name, value);
    go(hrefOf('findings', settings), true);
  }

  #showFilters(): void {
    const focused = document.activeElement;
    const where =
      focused instanceof HTMLInputElement
        ? [focused.closest('[data-facet]')?.getAttribute('data-facet'), focused.value]
        : [];
    const boxes = FACETS.map((facet) =>
      facetBox(this.#page.data, facet, this.#settings, (values) => this.#set(facet.name, values)),
    );
    replace(this.#filters, ...boxes);
    // The boxes are new; who works them by keyboard stays where they were.
    if (where[0] == null) return;
    const box = boxes.find((one) => one?.getAttribute('data-facet') === where[0]);
    [...(box?.querySelectorAll('input') ?? [])].find((input) => input.value === where[1])?.focus();
  }

  #showList(): void {
    const { findings } = this.#page.data;
    const all = this.#shown.length === findings.length;
    this.#count.textContent = all
      ? counted(findings.length, 'finding')
      : `${this.#shown.length} of ${counted(findings.length, 'finding')}`;
    const rows = this.#shown.slice(0, this.#limit).map((finding) => this.#row(finding));
    replace(this.#list, ...rows);
    const left = this.#shown.length - rows.length;
    if (left > 0) {
      const more = button(`Show ${left} more`, () => {
        this.#limit = Number.POSITIVE_INFINITY;
        this.#showList();
      });
      this.#list.append(el('li', {}, more));
    }
  }

  #row(finding: PageFinding): HTMLElement {
    const { rule, message, count, status, where, subsystem } = finding;
    const selected = finding === this.#selected();
    const place = [subsystem, where.function ?? ''].filter(Boolean).join('  ');
    return el(
      'li',
      {},
      el(
        'a',
        { class: `row ${status}`, href: this.#hrefOf(finding), 'aria-current': selected ? 'true' : undefined },
        el(
          'span',
          { class: 'top' },
          severitySign(finding),
          el('span', { class: 'rule' }, rule),
          status !== 'new' && el('span', { class: `tag ${status}` }, status),
          count > 1 && el('span', { class: 'times' }, `×${count}`),
        ),
        el('span', { class: 'message' }, message),
        place !== '' && el('span', { class: 'place' }, place),
      ),
    );
  }

  #hrefOf(finding: PageFinding): string {
    const settings = new URLSearchParams(this.#settings);
    settings.set('f', `${finding.run}.${finding.fingerprint}`);
    return hrefOf('findings', settings);
  }

  #selection(): Record<string, string> {
    return { f: this.#settings.get('f') ?? '' };
  }

  /** The finding that the address names, or the first of the list. */
  #selected(): PageFinding | undefined {
    const name = this.#settings.get('f') ?? '';
    const dot = name.indexOf('.');
    const [run, fingerprint] = [name.slice(0, dot), name.slice(dot + 1)];
    const { findings } = this.#page.data;
    return (
      findings.find((finding) => String(finding.run) === run && finding.fingerprint === fingerprint) ?? this.#shown[0]
    );
  }

  #open(finding: PageFinding | undefined): void {
    if (finding !== undefined && finding === this.#opened) return;
    this.#opened = finding;
    if (finding) replace(this.#detail, findingArticle(this.#page, finding));
    else
      replace(
        this.#detail,
        el(
          'p',
          { class: 'empty' },
          this.#page.data.findings.length === 0 ? 'Nothing was found.' : 'No finding passes these filters.',
        ),
      );
    this.#detail.scrollTop = 0;
  }
}
