import type { Where } from '../model/finding.js';
import { printable } from './escape.js';

/** `1,234,567`: the same in every locale. */
export function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 error`, `2 errors`, `2 classes`, `2 dependencies`. */
export function counted(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  const plural = noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : noun.endsWith('s') ? `${noun}es` : `${noun}s`;
  return `${thousands(count)} ${plural}`;
}

/** Seconds as ftrace prints them; ticks of a clock without unit stay whole. */
export function timeText(time: number): string {
  return Number.isInteger(time) ? String(time) : time.toFixed(6);
}

/**
 * What is known of a place, e.g. `c_page+0x1c, init-1 on CPU 0, line 12, at 4.150000`, or '' when nothing is.
 * `besides` are facts that the reader was told already: equal ones are left out.
 */
export function placeText(where: Where, besides: Where = {}): string {
  const parts: string[] = [];
  if (where.function) parts.push(printable(where.function));
  const cpu = where.cpu === undefined || where.cpu === besides.cpu ? '' : `CPU ${where.cpu}`;
  const task = where.task === undefined || where.task === besides.task ? '' : printable(where.task);
  if (task || cpu) parts.push([task, cpu].filter(Boolean).join(' on '));
  const file = where.file === undefined || where.file === besides.file ? '' : printable(where.file);
  if (file) parts.push(where.line === undefined ? file : `${file}:${where.line}`);
  else if (where.line !== undefined) parts.push(`line ${where.line}`);
  if (where.time !== undefined) parts.push(`at ${timeText(where.time)}`);
  return parts.join(', ');
}

/** Breaks text at spaces into lines of at most `width` characters; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

/** Pads every column but the last to its widest cell; cells are plain text (no colour codes yet). */
export function columns(rows: readonly (readonly string[])[], gap = 2): string[][] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, c) => {
      widths[c] = Math.max(widths[c] ?? 0, cell.length);
    });
  }
  return rows.map((row) => row.map((cell, c) => (c === row.length - 1 ? cell : cell.padEnd((widths[c] ?? 0) + gap))));
}
