import { expect, test } from 'vitest';
import { functionOf } from '../../../src/model/finding.js';
import { fixture, readLog } from './read-log.js';

const LOG = 'dmesg/selftest-verbose-1.dmesg.txt.xz';

/** Headlines counted by hand in the log: `grep -c` of each. */
const BY_HEADLINE = [
  ['possible circular locking dependency detected', 'lock-order-cycle', 54],
  ['inconsistent lock state', 'inconsistent-lock-state', 29],
  ['possible recursive locking detected', 'recursive-lock', 12],
  ['bad unlock balance detected!', 'unlock-not-held', 7],
  ['held lock freed!', 'held-lock-freed', 7],
] as const;

test('the verbose locking selftest has 109 reports, none missed', async () => {
  const text = await fixture(LOG);
  const { findings, notes } = await readLog(text);
  expect(notes).toEqual([]);
  expect(findings).toHaveLength(109);
  for (const [headline, rule, count] of BY_HEADLINE) {
    expect(text.split(`WARNING: ${headline}\n`).length - 1, headline).toBe(count);
    expect(findings.filter((finding) => finding.rule === rule).length, rule).toBe(count);
  }
});

test('each report of the selftest is cut out exactly: its own lines, locks and place', async () => {
  const lines = (await fixture(LOG)).split('\n');
  const { findings } = await readLog(lines.join('\n'));
  const starts = findings.map((finding) => finding.where.line ?? 0);
  expect([...starts].sort((a, b) => a - b)).toEqual(starts);
  for (const [at, finding] of findings.entries()) {
    const from = starts[at];
    const to = starts[at + 1] ?? lines.length;
    const own = lines.slice(from - 1, to - 1);
    expect(own[0]).toContain('WARNING: ');
    expect(own.filter((line) => line.includes('WARNING: '))).toHaveLength(1);
    // The case's function is the one that dotest() calls.
    const dotest = own.findLastIndex((line) => line.includes('] ') && / {2}dotest\+/.test(line));
    const testCase = /\] +([\w.]+)\+0x/.exec(own[dotest - 1])?.[1] ?? '';
    expect(functionOf(finding.where.function ?? ''), `line ${from}`).toBe(functionOf(testCase));
    expect(finding.where.task).toBe('swapper/0-0');
    expect(finding.detail?.context?.[0]).toBe('kernel 6.1.192 #3');
    for (const lock of finding.locks) expect(own.some((line) => line.includes(`(${lock})`))).toBe(true);
    for (const { where } of finding.evidence) {
      expect(where.line).toBeGreaterThanOrEqual(from);
      expect(where.line).toBeLessThan(to);
    }
    const announced = own.map((line) => /(\d+) locks? held by/.exec(line)?.[1]).find((count) => count !== undefined);
    expect(finding.detail?.held).toHaveLength(Number(announced ?? 0));
    expect(finding.detail?.scenario !== undefined, `line ${from}`).toBe(
      own.some((line) => line.includes('unsafe locking scenario')),
    );
  }
});

test('a cycle has its classes in order and one link a class', async () => {
  const { findings } = await readLog(await fixture(LOG));
  const cycles = findings.filter((finding) => finding.rule === 'lock-order-cycle');
  for (const cycle of cycles) {
    const links = cycle.evidence.filter((step) => / was taken while .* was held$/.test(step.what));
    expect(links.map((step) => step.what)).toEqual(
      cycle.locks.slice(1).map((name, at) => `${name} was taken while ${cycle.locks[at]} was held`),
    );
    expect(links.every((step) => step.where.function !== undefined)).toBe(true);
  }
  expect(new Set(cycles.map((cycle) => cycle.locks.length))).toEqual(new Set([2, 3, 4]));
});
