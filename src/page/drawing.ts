import { type Child, shortened, svg } from './dom.js';

/** Size of text in drawings, and what a character of it takes in a monospace font (0.6 em in all of them, or less). */
export const TEXT = 12;
export const CHARACTER = TEXT * 0.61;

/** How wide a text is drawn. */
export function widthOf(text: string): number {
  return text.length * CHARACTER;
}

/** A drawing with a name for screen readers and what it says in words. */
export function drawing(
  { width, height, label, text }: { width: number; height: number; label: string; text: string },
  ...children: readonly Child[]
): SVGElement {
  return svg(
    'svg',
    {
      class: 'drawing',
      viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
      width: Math.ceil(width),
      height: Math.ceil(height),
      role: 'img',
      'aria-label': `${label}. ${text}`,
    },
    ...children,
  );
}

/** Text that is cut to `width`; the whole is its tooltip. */
export function label(text: string, x: number, y: number, width: number, className = ''): SVGElement {
  const most = Math.max(3, Math.floor((width + 1) / CHARACTER));
  return svg(
    'text',
    { x, y, class: className === '' ? undefined : className },
    shortened(text, most),
    text.length > most && svg('title', {}, text),
  );
}

/** Arrow heads that all drawings use: part of the page, as what is hidden lends nothing. */
export function arrowHeads(): SVGElement {
  const head = (kind: '' | 'bad'): SVGElement =>
    svg(
      'marker',
      {
        id: `arrow${kind}`,
        viewBox: '0 0 8 8',
        refX: 7,
        refY: 4,
        markerWidth: 8,
        markerHeight: 8,
        orient: 'auto-start-reverse',
        markerUnits: 'userSpaceOnUse',
      },
      svg('path', { class: `arrowhead ${kind}`, d: 'M0,0.5 L8,4 L0,7.5 z' }),
    );
  return svg(
    'svg',
    { class: 'defs', width: 0, height: 0, 'aria-hidden': 'true' },
    svg('defs', {}, head(''), head('bad')),
  );
}
