import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/model/answer.js';
import { answerCsv, answerJson, answerTable } from '../../src/report/answer.js';

/** What a lock could be called by somebody who means harm, and the CSV cell that it must become. */
const HOSTILE = [
  ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
  ['+1', "'+1"],
  ['-1+cmd|calc', "'-1+cmd|calc"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\tx', "'\tx"],
  ['\rx', `"'\rx"`],
  ['a,b', '"a,b"'],
  ['two\nlines', '"two\nlines"'],
  ['\u001b[31mred', '\u001b[31mred'],
  ['&zone->lock', '&zone->lock'],
] as const;

const answer = (rows: Answer['rows']): Answer => ({
  columns: [
    { name: 'lock', type: 'text' },
    { name: 'n', type: 'number' },
  ],
  rows,
  notes: [],
});

describe('an answer', () => {
  it.each(HOSTILE)('as CSV makes no formula of %j', (name, cell) => {
    expect(answerCsv(answer([[name, -5]]))).toBe(`lock,n\r\n${cell},-5\r\n`);
  });

  it('as CSV makes no formula of a column name or a list either', () => {
    const columns = [{ name: '=1', type: 'text' }] as const;
    expect(answerCsv({ columns, rows: [[['=2', 'b']], [null]], notes: [] })).toBe(`'=1\r\n"'=2, b"\r\n\r\n`);
  });

  it('as a table cannot act on the terminal, whatever it holds', () => {
    const table = answerTable(answer(HOSTILE.map(([name], n) => [name, n])), 100);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
    expect(table).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(table.split('\n')).toHaveLength(HOSTILE.length + 2);
    expect(table).toContain('\\x1b[31mred');
    expect(table).toContain('two\\nlines');
  });

  it('as a table says how many rows it leaves out', () => {
    const table = answerTable(
      answer([
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ]),
      1,
    );
    expect(table).toBe('lock  n\na     1\nand 2 more (--limit)\n');
  });

  it('as JSON has a field a column and escapes what a terminal acts on', () => {
    const json = answerJson(answer(HOSTILE.map(([name], n) => [name, n])));
    expect(JSON.parse(json)).toEqual(HOSTILE.map(([name], n) => ({ lock: name, n })));
    expect(json).not.toContain('\u001b');
  });
});
