import { thousands } from '../report/layout.js';
import { button, el, replace, scroller } from './dom.js';
import type { GraphModel } from './graph-model.js';
import { icon } from './kinds.js';

/** Rows of one page of the table. */
const ROWS = 50;

interface Column {
  readonly title: string;
  readonly isNumber: boolean;
  readonly compare: (model: GraphModel, a: number, b: number) => number;
  readonly text: (model: GraphModel, cls: number) => string;
}

const byText = (text: (model: GraphModel, cls: number) => string): Pick<Column, 'compare' | 'text' | 'isNumber'> => ({
  isNumber: false,
  text,
  compare: (model, a, b) => {
    const [x, y] = [text(model, a), text(model, b)];
    return x < y ? -1 : x > y ? 1 : 0;
  },
});
const byNumber = (
  value: (model: GraphModel, cls: number) => number,
): Pick<Column, 'compare' | 'text' | 'isNumber'> => ({
  isNumber: true,
  text: (model, cls) => thousands(value(model, cls)),
  compare: (model, a, b) => value(model, b) - value(model, a),
});

const COLUMNS: readonly Column[] = [
  { title: 'class', ...byText((model, cls) => model.name(cls)) },
  { title: 'kind', ...byText((model, cls) => model.kind(cls)) },
  { title: 'wait', ...byText((model, cls) => model.wait(cls)) },
  { title: 'usage', ...byText((model, cls) => model.usage(cls)) },
  { title: 'taken', ...byNumber((model, cls) => model.acquisitions(cls)) },
  { title: 'under it', ...byNumber((model, cls) => model.neighbours(cls).length) },
  { title: 'before it', ...byNumber((model, cls) => model.neighbours(cls, true).length) },
  { title: 'loop', ...byText((model, cls) => (model.isInLoop(cls) ? 'yes' : '')) },
];

/** All classes as a table, a page at a time: what the map shows, for those who do not see it or want to sort it. */
export class ClassTable {
  readonly element = el('div', { class: 'class-table' });
  readonly #model: GraphModel;
  readonly #hrefOf: (cls: number) => string;
  #classes: readonly number[] = [];
  #sort = { column: 4, down: false };
  #page = 0;

  constructor(model: GraphModel, hrefOf: (cls: number) => string) {
    this.#model = model;
    this.#hrefOf = hrefOf;
  }

  /** Lists these classes. */
  show(classes: readonly number[]): void {
    this.#classes = classes;
    this.#page = 0;
    this.#draw();
  }

  #draw(focus?: string): void {
    const model = this.#model;
    const column = COLUMNS[this.#sort.column];
    const sorted = [...this.#classes].sort(
      (a, b) => (this.#sort.down ? -1 : 1) * (column?.compare(model, a, b) ?? 0) || a - b,
    );
    const first = this.#page * ROWS;
    const heads = COLUMNS.map(({ title }, index) => {
      const isSorted = index === this.#sort.column;
      const sort = button(
        title,
        () => {
          this.#sort = { column: index, down: isSorted && !this.#sort.down };
          this.#draw(`[data-sort="${index}"]`);
        },
        { 'data-sort': index },
      );
      return el(
        'th',
        { scope: 'col', 'aria-sort': isSorted ? (this.#sort.down ? 'descending' : 'ascending') : undefined },
        sort,
      );
    });
    const rows = sorted.slice(first, first + ROWS).map((cls) => {
      const cells = COLUMNS.slice(1).map(({ isNumber, text }) =>
        el('td', { class: isNumber ? 'number' : undefined }, text(model, cls)),
      );
      return el(
        'tr',
        {},
        el(
          'th',
          { scope: 'row' },
          el('a', { class: 'lock', href: this.#hrefOf(cls) }, icon(model.kind(cls)), model.name(cls)),
        ),
        ...cells,
      );
    });
    const pages = Math.ceil(sorted.length / ROWS);
    const turn = (by: number, name: string, text: string): HTMLElement => {
      return button(
        text,
        () => {
          this.#page += by;
          this.#draw(`[data-turn="${name}"]`);
        },
        { 'data-turn': name, disabled: this.#page + by < 0 || this.#page + by >= pages },
      );
    };
    replace(
      this.element,
      scroller('Lock classes', el('table', {}, el('thead', {}, el('tr', {}, ...heads)), el('tbody', {}, ...rows))),
      pages > 1 &&
        el(
          'p',
          { class: 'pages' },
          turn(-1, 'back', 'Previous'),
          ` ${thousands(first + 1)} to ${thousands(Math.min(first + ROWS, sorted.length))} of ${thousands(sorted.length)} `,
          turn(1, 'on', 'Next'),
        ),
    );
    if (focus !== undefined) this.element.querySelector<HTMLElement>(focus)?.focus();
  }
}
