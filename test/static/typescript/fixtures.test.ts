import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadScenarioFile } from '../../../src/cli/load.js';
import type { Finding } from '../../../src/model/finding.js';
import { judgeRun } from '../../../src/sim/run/judge-run.js';
import { check } from '../../../src/static/check.js';
import { reported, SEEN_WHEN_IT_HAPPENS, testOptions, wanted } from '../want.js';

const FOLDER = 'fixtures/typescript';
const files = readdirSync(FOLDER)
  .sort()
  .map((name) => join(FOLDER, name));

let findings: readonly Finding[] = [];

beforeAll(async () => {
  findings = (await check(files, testOptions())).run.findings;
});

describe('findings in TypeScript fixtures', () => {
  it.each(files)('%s: stand where the comments want them', (file) => {
    expect(reported(findings.filter((finding) => finding.where.file === file))).toEqual(wanted(file));
  });

  it('say how the code gets there, call by call', () => {
    const finding = findings.find((one) => one.rule === 'alloc-under-raw-spinlock');
    const steps = finding?.evidence.map(({ what, where }) => `${where.line} ${what}`) ?? [];
    expect(steps).toContain('78 useMemory() calls under()');
    expect(steps).toContain('8 under() calls a callback');
    expect(steps.some((step) => step.startsWith('6 ') && step.includes('&dev->lock0'))).toBe(true);
  });

  it('say which way of which function leaves with a lock', () => {
    const steps = findings
      .filter(({ rule, where }) => rule === 'held-at-exit' && where.file === 'fixtures/typescript/leaves.ts')
      .map(({ evidence }) => evidence.map(({ what, where }) => `${where.line} ${what}`));
    expect(steps).toEqual([
      [
        '36 add() calls reserve()',
        expect.stringMatching(/^15 early.* was taken$/),
        '16 this.entries < 64: true',
        '16 reserve() returns with early held',
        '38 early.full: true',
        '40 add() returns with early held',
        expect.any(String),
      ],
      [
        expect.stringMatching(/ ask\(\) calls take\(\)$/),
        expect.stringMatching(/^24 asked.* was taken$/),
        '25 count > 8: true',
        '25 take() returns with asked held',
        expect.any(String),
      ],
      [
        expect.stringMatching(/^57 forgotten.* was taken$/),
        '58 debug: false',
        '63 log() ends with forgotten held',
        expect.any(String),
      ],
      [expect.stringMatching(/^67 first.* was taken$/), '71 scan() ends with first held', expect.any(String)],
      expect.any(Array),
      [expect.stringMatching(/^67 second.* was taken$/), '71 scan() ends with second held', expect.any(String)],
    ]);
  });

  it('that follow from a lock left behind come after that, and say so', () => {
    const own = findings.filter(({ where }) => where.file === 'fixtures/typescript/follow-ups.ts');
    expect(own.map(({ rule, confidence }) => `${rule} ${confidence}`)).toEqual([
      'held-at-exit certain',
      'recursive-lock possible',
      'lock-order-cycle possible',
      'held-at-exit certain',
      'sleep-in-atomic possible',
      'invalid-wait-context certain',
      'sleep-in-atomic certain',
    ]);
    const steps = own.map(({ evidence }) => evidence.map(({ what, where }) => `${where.line} ${what}`));
    expect(steps[1]).toEqual([
      '67 adds() calls add()',
      expect.stringMatching(/^19 table_lock.* was taken$/),
      '20 this.busy: true',
      '20 add() returns with table_lock held',
      '69 adds() calls add()',
      expect.stringMatching(/^19 table_lock.* is taken again$/),
      expect.stringMatching(/^20 .*table_lock/),
    ]);
    // What is wrong without the lock says nothing of it.
    expect(steps[5]?.some((step) => step.includes('table_lock'))).toBe(false);
  });

  it('have lines that exist: the end of a task has none of its own', () => {
    const places = findings.flatMap((finding) => [finding.where, ...finding.evidence.map((step) => step.where)]);
    expect(findings.some((finding) => finding.rule === 'held-at-exit')).toBe(true);
    expect(places.filter((where) => where.line === 0)).toEqual([]);
  });

  it('are what runs show on their lines where tasks wait by hand, on both kernels', async () => {
    const path = join(FOLDER, 'schedules.ts');
    const law = testOptions();
    const schedule = { strategy: 'rr', seed: 1, depth: 3, preemptRt: undefined } as const;
    for (const scenario of await loadScenarioFile(path)) {
      const { findings } = judgeRun({ path, scenario }, { law, schedule, precise: true });
      // The switch that follows has no line.
      const placed = findings.filter(({ rule, where }) => where.line !== undefined && !SEEN_WHEN_IT_HAPPENS.has(rule));
      expect(reported(placed)).toEqual([...new Set(wanted(path))]);
    }
  });
});
