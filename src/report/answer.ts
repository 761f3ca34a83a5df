import Table from 'cli-table3';
import type { Answer, AnswerValue } from '../model/answer.js';
import { BARE } from './bare-table.js';
import { printable, printableJson } from './escape.js';

/** Longer cells are cut in the table; the other layouts have them whole. */
const CELL_WIDTH = 72;

/** An answer as plain columns for people, at most `limit` rows. Hostile text cannot act on the terminal. */
export function answerTable({ columns, rows }: Answer, limit: number): string {
  const table = new Table({
    head: columns.map(({ name }) => printable(name)),
    colAligns: columns.map(({ type }) => (type === 'number' ? 'right' : 'left')),
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  for (const row of rows.slice(0, limit)) table.push(row.map(shortCell));
  const lines = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  if (rows.length > limit) lines.push(`and ${rows.length - limit} more (--limit)`);
  return `${lines.join('\n')}\n`;
}

function shortCell(value: AnswerValue): string {
  const shown = printable(cellText(value));
  return shown.length > CELL_WIDTH ? `${shown.slice(0, CELL_WIDTH - 3)}...` : shown;
}

/** An answer as a list of JSON objects. */
export function answerJson({ columns, rows }: Answer): string {
  const objects = rows.map((row) => Object.fromEntries(row.map((value, at) => [columns[at]?.name ?? '', value])));
  return `${printableJson(JSON.stringify(objects, null, 2))}\n`;
}

/**
 * An answer as CSV (RFC 4180) that no spreadsheet takes for formulas: text that begins with a character that starts one gets an
 * apostrophe before it, as OWASP's page on CSV injection advises.
 */
export function answerCsv({ columns, rows }: Answer): string {
  const head = columns.map(({ name }) => csvCell(harmless(name)));
  const lines = rows.map((row) =>
    row.map((value, at) => csvCell(columns[at]?.type === 'number' ? cellText(value) : harmless(cellText(value)))),
  );
  return [head, ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function cellText(value: AnswerValue): string {
  if (value === null) return '';
  return Array.isArray(value) ? value.map(cellText).join(', ') : String(value);
}
