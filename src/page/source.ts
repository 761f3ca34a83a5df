import type { Where } from '../model/finding.js';
import type { PageData } from '../report/page/data.js';
import { el, scroller } from './dom.js';

/** Lines shown before and behind the one that is meant. */
const AROUND = 3;
const TAB = 8;

/** The source around a place, the place itself marked; undefined where the page has none. */
export function excerpt({ sources }: PageData, where: Where, input: string): HTMLElement | undefined {
  const { line } = where;
  const file = where.file ?? input;
  if (line === undefined) return undefined;
  const part = sources
    .find((source) => source.file === file)
    ?.parts.find(({ first, lines }) => first <= line && line < first + lines.length);
  if (part === undefined) return undefined;
  const from = Math.max(0, line - AROUND - part.first);
  const shown = part.lines.slice(from, line + AROUND + 1 - part.first);
  const code = el('code');
  for (const [at, text] of shown.entries()) {
    const number = part.first + from + at;
    const row = el('span', { class: number === line ? 'line here' : 'line' });
    // The number is no part of the text that is copied; the mark tells the line without colour.
    row.append(
      el('span', { class: 'number', 'aria-hidden': 'true' }, `${number === line ? '▶' : ' '}${number}`),
      el('span', {}, expanded(text) || ' '),
    );
    code.append(row);
  }
  return scroller(`Source of ${file}, line ${line}`, el('pre', { class: 'source' }, code));
}

/** Tabs as the blanks that a kernel developer sees. */
function expanded(text: string): string {
  let out = '';
  for (const character of text) out += character === '\t' ? ' '.repeat(TAB - (out.length % TAB)) : character;
  return out;
}
