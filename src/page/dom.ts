import { printable } from '../report/escape.js';

/** What an element may be given: text is made safe to show, nothing is ever parsed as markup. */
export type Child = Node | string | number | undefined | false;
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

const SVG = 'http://www.w3.org/2000/svg';

/** An HTML element. Attributes that are undefined or false are left out; true is an empty one. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

/** An SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  fill(element, attributes, children);
  return element;
}

function fill(element: Element, attributes: Attributes, children: readonly Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : printable(String(value)));
  }
  element.append(...nodes(children));
}

function nodes(children: readonly Child[]): Node[] {
  return children.flatMap((child) => {
    if (child === undefined || child === false || child === '') return [];
    return [child instanceof Node ? child : document.createTextNode(printable(String(child)))];
  });
}

/** Puts these children in place of those that an element has. */
export function replace(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(...nodes(children));
}

/** A button that does something. */
export function button(label: string, onClick: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const element = el('button', { type: 'button', ...attributes }, label);
  element.addEventListener('click', onClick);
  return element;
}

/** A text cut in its middle to so many characters: both ends of a lock's name tell it apart. */
export function shortened(text: string, most: number): string {
  const safe = printable(text);
  if (safe.length <= most) return safe;
  const tail = Math.floor((most - 1) * 0.4);
  return `${safe.slice(0, most - 1 - tail)}…${safe.slice(safe.length - tail)}`;
}

/** A box that scrolls sideways and can be reached by keyboard. */
export function scroller(label: string, ...children: readonly Child[]): HTMLElement {
  return el('div', { class: 'scroller', role: 'region', 'aria-label': label, tabindex: 0 }, ...children);
}

/** Calls `then` once nothing has called for so many milliseconds. */
export function debounced(milliseconds: number, then: () => void): () => void {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = window.setTimeout(then, milliseconds);
  };
}
