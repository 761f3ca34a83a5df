import { expect, test } from 'vitest';
import { runApp } from '../../src/cli/app.js';
import { record } from '../../src/cli/record.js';
import { fakeIo } from './fake-io.js';

/** Runs `lockvet record` in this process; what it printed. */
async function printed(...args: string[]): Promise<string> {
  const io = fakeIo();
  expect(await runApp(['record', ...args], [record], io)).toBe(0);
  return io.out();
}

test('without options the script records until it is stopped', async () => {
  const script = await printed();
  expect(script.startsWith('#!/bin/sh\n')).toBe(true);
  expect(script).toContain("\nDURATION=''\n");
  expect(script).toContain("\nOUTPUT='lockvet-trace.txt'\n");
  expect(script).toContain("\nBUFFER_KB='16384'\n");
  expect(script).toContain("\nREAD='stream'\n");
  expect(script).toContain('kmem/mm_page_alloc');
  expect(script).not.toContain('preempt_disable');
});

test('options and a command get into the script', async () => {
  const script = await printed(
    '--output=t.txt',
    '--buffer-size',
    '99',
    '--events',
    'irq,preempt',
    '--read',
    'end',
    '--',
    'ls',
    '-l',
    "it's",
  );
  expect(script).toContain("\nOUTPUT='t.txt'\n");
  expect(script).toContain("\nBUFFER_KB='99'\n");
  expect(script).toContain("\nREAD='end'\n");
  expect(script).toContain("set -- 'ls' '-l' 'it'\\''s'\n");
  expect(script).toContain('preemptirq/preempt_disable');
  expect(script).not.toContain('kmem/mm_page_alloc');
  expect(await printed('--dry-run', '--stock-events', '--duration', '3')).toContain("\nDURATION='3'\n");
});

test.each([
  [['--duration', 'soon'], 'record: --duration soon is not a whole number of seconds'],
  [['--duration', '0'], 'record: --duration 0 records nothing'],
  [['--duration', '5', '--', 'make'], 'record: give --duration or a command, not both'],
  [['--buffer-size', '10M'], 'record: --buffer-size 10M is not a size in KiB'],
  [['--events', 'irq,kmen'], 'record: unknown events kmen; did you mean kmem?'],
  [['--read', 'now'], 'record: --read now is not one of stream, end'],
])('%j is told in one line', async (args, problem) => {
  await expect(printed(...args)).rejects.toThrow(problem);
});
