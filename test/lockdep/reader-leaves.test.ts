import { describe, expect, it } from 'vitest';
import { loadRuleSet } from '../../src/rules/index.js';
import { judgeRun } from '../../src/sim/run/judge-run.js';
import { type Scenario, scenario } from '../../src/sim/scenario.js';

const rules = loadRuleSet();

function rulesShown(what: Scenario): string[] {
  const shown = new Set<string>();
  for (let seed = 1; seed <= 30; seed++) {
    const schedule = { strategy: 'random', seed, depth: 3, preemptRt: undefined } as const;
    const { findings } = judgeRun(
      { path: 'reader.ts', scenario: what },
      { law: { rules, policy: rules.policy('strict') }, schedule, precise: false },
    );
    for (const { rule } of findings) shown.add(rule);
  }
  return [...shown];
}

/** A reader, and two tasks that wait for grace periods: one plainly, one with the mutex. */
function readers(inside: boolean): Scenario {
  return scenario({ name: 'readers' }, (kernel) => {
    const lock = kernel.mutex('lock');
    kernel.task('reader', function* reader() {
      if (!inside) yield* lock.lock();
      yield* kernel.rcu.readLock();
      if (inside) {
        if (yield* lock.trylock()) yield* lock.unlock();
        yield* lock.lock();
      }
      yield* kernel.udelay(100);
      if (inside) yield* lock.unlock();
      yield* kernel.rcu.readUnlock();
      if (!inside) yield* lock.unlock();
    });
    for (const name of ['plain', 'locked']) {
      kernel.task(name, function* waiter() {
        if (name === 'locked') yield* lock.lock();
        yield* kernel.rcu.synchronize();
        if (name === 'locked') yield* lock.unlock();
      });
    }
  });
}

describe('a grace period that a leaving reader ends', () => {
  it('does not need the locks that the reader held before it began', () => {
    expect(rulesShown(readers(false))).toEqual([]);
  });

  it('needs the locks that the reader takes inside', () => {
    expect(rulesShown(readers(true))).toContain('rcu-wait-in-reader');
  });
});
