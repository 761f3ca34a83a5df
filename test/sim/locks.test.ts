import { describe, expect, it } from 'vitest';
import { RandomWalk } from '../../src/explore/random.js';
import { run, strategies } from './recorder.js';

describe('raw_spinlock_t', () => {
  it('masks what its form masks, in the kernel order', () => {
    const { lines } = run(
      (kernel) => {
        const lock = kernel.rawSpinlock('lock');
        kernel.task('A', function* () {
          const flags = yield* lock.lockIrqsave();
          yield* lock.unlockIrqrestore(flags);
        });
      },
      { cpus: 1 },
    );
    expect(lines.slice(3)).toEqual([
      'A: irqs off d0',
      'A: +lock d1',
      'A: -lock d1',
      'A: irqs on d1',
      'A: irqs off d0',
      'A: switch(2) to <idle> d2',
      '<idle>: irqs on d0',
    ]);
  });

  it('reports a lock that is taken twice as the deadlock it is', () => {
    const { reports, outcome } = run((kernel) => {
      const lock = kernel.rawSpinlock('lock');
      kernel.task('A', function* () {
        yield* lock.lock();
        yield* lock.lock();
      });
    });
    expect(outcome).toBe('stuck');
    expect(reports.map((r) => [r.rule, r.locks])).toEqual([['deadlock', ['lock']]]);
  });
});

describe('mutex', () => {
  it('deadlocks ABBA under some schedule, and only reports what happened', () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 40; seed++) {
      for (const strategy of strategies(seed)) {
        const { outcome, reports } = run(
          (kernel) => {
            const a = kernel.mutex('a');
            const b = kernel.mutex('b');
            kernel.task('A', function* () {
              yield* a.guard(() => b.guard(() => kernel.udelay(1)));
            });
            kernel.task('B', function* () {
              yield* b.guard(() => a.guard(() => kernel.udelay(1)));
            });
          },
          {},
          strategy,
        );
        outcomes.add(outcome);
        expect(reports.length).toBe(outcome === 'stuck' ? 1 : 0);
        if (outcome === 'stuck') expect(reports[0]?.locks).toEqual(['a', 'b']);
      }
    }
    expect(outcomes).toEqual(new Set(['finished', 'stuck']));
  });
});

describe('exclusion', () => {
  for (const kind of ['rawSpinlock', 'spinlock', 'mutex', 'rtMutex'] as const) {
    for (const preemptRt of [false, true]) {
      it(`${kind} ${preemptRt ? 'PREEMPT_RT' : 'PREEMPT'}: one holder at a time, everybody gets it`, () => {
        for (let seed = 1; seed <= 30; seed++) {
          let inside = 0;
          let entered = 0;
          const { outcome } = run(
            (kernel) => {
              const lock = kernel[kind]('lock');
              for (const name of ['A', 'B', 'C', 'D', 'E']) {
                kernel.task(name, function* () {
                  for (let i = 0; i < 4; i++) {
                    yield* lock.lock();
                    expect(++inside).toBe(1);
                    yield* kernel.udelay(1);
                    inside--;
                    entered++;
                    yield* lock.unlock();
                  }
                });
              }
            },
            { cpus: 3, preemptRt },
            new RandomWalk(seed),
          );
          expect(outcome).toBe('finished');
          expect(entered).toBe(20);
        }
      });
    }
  }
});
