import { describe, expect, it } from 'vitest';
import { installTreeRcu } from '../../src/rcu/index.js';
import { scenario } from '../../src/sim/index.js';
import { judgeScenario } from './judge-torture.js';
import { SET_PIECES } from './set-pieces.js';

describe('situations made on purpose', () => {
  for (const { name, kernels, make } of SET_PIECES) {
    it(`${name}: nothing is found`, () => {
      for (const preemptRt of kernels) {
        for (const strategy of ['rr', 'random', 'pct'] as const) {
          const seeds = strategy === 'rr' ? [1] : [1, 2, 3];
          for (const seed of seeds) {
            const problems = judgeScenario(make({}), { strategy, seed, preemptRt }).problems;
            expect([strategy, seed, preemptRt, problems]).toEqual([strategy, seed, preemptRt, []]);
          }
        }
      }
    });
  }
});

describe('a stall', () => {
  it('is reported with the CPU or the task that holds the grace period up', () => {
    for (const [byTask, message] of [
      [false, /stall: CPUs 1, tasks none/],
      [true, /stall: CPUs none, tasks reader-\d+/],
    ] as const) {
      const stalled = scenario({ name: 'stall', cpus: 2 }, (kernel) => {
        const rcu = installTreeRcu(kernel, { stallTimeout: 20 });
        kernel.task(
          'reader',
          function* readTooLong() {
            yield* byTask ? rcu.readLock() : rcu.readLockSched();
            for (let i = 0; i < 100; i++) yield* byTask ? kernel.scheduleTimeout(1) : kernel.udelay(4000);
            yield* byTask ? rcu.readUnlock() : rcu.readUnlockSched();
          },
          { affinity: 1 },
        );
        kernel.task('updater', () => rcu.synchronize(), { affinity: 0 });
      });
      const { problems } = judgeScenario(stalled, { strategy: 'rr', seed: 1, preemptRt: false });
      expect(problems.filter((problem) => problem.includes('stall')).join()).toMatch(message);
    }
  });
});
