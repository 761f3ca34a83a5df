import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/model/finding.js';
import { loadRuleSet } from '../../../src/rules/index.js';
import { judgeRun } from '../../../src/sim/run/judge-run.js';
import { loadScenarios } from '../../../src/sim/run/load.js';
import { programText } from './random/program-text.js';
import { programs } from './random/random-program.js';
import { ProgramRuns, scenarioOf, schedules } from './random/run-program.js';

const rules = loadRuleSet();
const law = { rules, policy: rules.policy('strict') };

describe('random programs', () => {
  describe('written with types', () => {
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'lockvet-random-'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it('do the same on the same lines', async () => {
      const sample = fc.sample(programs, { numRuns: 12, seed: 8 });
      let compared = 0;
      for (const [i, program] of sample.entries()) {
        const path = join(folder, `p${i}.ts`);
        writeFileSync(path, programText(program, { prefix: `p${i}`, typed: true }));
        const [scenario] = await loadScenarios(path);
        if (scenario === undefined) throw new Error('no scenario');
        const [schedule] = schedules(1, 3);
        if (schedule === undefined) throw new Error('no schedule');
        const typed = judgeRun({ path, scenario }, { law, schedule, precise: true }).findings;
        const text = programText(program, { prefix: `p${i}`, typed: false });
        const same = { path, scenario: scenarioOf(text, path) };
        const plain = judgeRun(same, { law, schedule, precise: true }).findings;
        expect(plain.map(said)).toEqual(typed.map(said));
        compared += typed.length;
      }
      expect(compared).toBeGreaterThan(5);
    });
  });
});

/** A task that raises an interrupt or takes the handler's lock itself, not both in one go. */
const EITHER = `
  const { scenario } = sim;
  return scenario({ name: 'either', cpus: 1 }, (kernel) => {
    const lock = kernel.rawSpinlock('lock');
    const line = kernel.irq('line', function* handler() {
      yield* lock.lock();
      yield* lock.unlock();
    });
    kernel.task('task', function* task() {
      if (kernel.random(2) === 0) {
        yield* line.raise();
      } else {
        yield* lock.lock();
        yield* lock.unlock();
      }
    });
  });`;

/** A handler that ends in the nanosecond in which it takes a lock, and leaves it to a task that sleeps. */
const LEAVES = `
  const { scenario } = sim;
  return scenario({ name: 'leaves', cpus: 1 }, (kernel) => {
    const lock = kernel.spinlock('lock');
    const line = kernel.irq('line', function* handler() {
      yield* lock.lock();
    }, { noThread: true });
    kernel.task('task', function* task() {
      yield* line.raise();
      for (let i = 0; i < 20; i++) yield* kernel.msleep(1);
    });
  });`;

/** Rules that the first schedules show, with lines. */
function shownBy(text: string, options: { readonly again?: boolean }): Set<string> {
  const runs = new ProgramRuns(text, 'p.js', law, options);
  for (const schedule of schedules(20)) runs.run(schedule);
  return new Set(runs.findings.map(({ rule, where }) => `${where.line} ${rule}`));
}

describe('runs of random programs', () => {
  it('show both sides of a branch together where tasks do again what they do', () => {
    expect([...shownBy(EITHER, {})]).toEqual([]);
    expect([...shownBy(EITHER, { again: true })].map((one) => one.slice(one.indexOf(' ') + 1))).toContain(
      'inconsistent-lock-state',
    );
  });

  it('show what a handler does in its last nanosecond, and not what its leavings make of others', () => {
    expect([...shownBy(LEAVES, {})]).toEqual(['6 invalid-wait-context']);
  });
});

function said({ rule, locks, where, message }: Finding): unknown {
  return { rule, locks, message, line: where.line, function: where.function };
}
