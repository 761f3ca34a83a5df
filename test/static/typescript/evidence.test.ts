import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/model/finding.js';
import { check } from '../../../src/static/check.js';
import { testOptions } from '../want.js';

const SCENARIOS = ['completion-under-lock', 'flush-work-under-lock'].map((name) => `fixtures/scenarios/${name}.ts`);
const HELPERS = 'fixtures/typescript/shared-helpers.ts';

let findings: readonly Finding[] = [];

beforeAll(async () => {
  findings = (await check([...SCENARIOS, HELPERS], testOptions())).run.findings;
});

/** Line and function of each step. */
function places(file: string): string[] | undefined {
  const finding = findings.find(({ where }) => where.file === `fixtures/scenarios/${file}.ts`);
  return finding?.evidence.map(({ where }) => `${where.line ?? ''} ${where.function}`);
}

describe('evidence of a wait under what the signal needs', () => {
  it('leads from the lock to the wait, and from the other acquisition to the signal', () => {
    expect(places('completion-under-lock')).toEqual([
      '8 waitUnderLock',
      '9 waitUnderLock',
      '13 lockThenComplete',
      '14 lockThenComplete',
    ]);
  });

  it('ends with the end of a work item, which has no line of its own', () => {
    expect(places('flush-work-under-lock')).toEqual(['13 flushUnderLock', '14 flushUnderLock', '8 workFn', ' workFn']);
  });
});

describe('evidence of locks that helpers take', () => {
  const steps = (rule: string): string[] | undefined =>
    findings
      .find((finding) => finding.where.file === HELPERS && finding.rule === rule)
      ?.evidence.map(({ where }) => `${where.line ?? ''} ${where.function}`);

  it('goes by the caller at hand, not by the one that was met first', () => {
    expect(steps('invalid-wait-context')).toEqual(['59 writes', '25 write', '14 lockPort', '26 write', '30 drain']);
    expect(steps('held-at-exit')).toEqual([
      '62 closes',
      '34 shutdown',
      '14 lockPort',
      '35 shutdown',
      '35 shutdown',
      ' closes',
    ]);
  });
});
