import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomWalk } from '../../src/explore/random.js';
import type { KernelOptions, RtMutex } from '../../src/sim/index.js';
import { kernelPriority, type Task } from '../../src/sim/task.js';
import { run } from './recorder.js';

/** What a task's effective priority must be: the best among its own and those of all who wait for it, however far. */
function reference(tasks: readonly Task[], locks: readonly RtMutex[], of: Task): number {
  const waitedFor = (task: Task) => locks.find((lock) => lock.waiters.some((frame) => frame.task === task));
  let prio = of.normalPrio;
  for (const task of tasks) {
    for (let at: Task | undefined = task; at !== undefined; at = waitedFor(at)?.holder?.task) {
      if (at === of) prio = Math.min(prio, task.normalPrio);
    }
  }
  return prio;
}

describe('priority inheritance', () => {
  it('equals the slow reference at every step, over chains of locks', () => {
    const priorities = fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 3, maxLength: 6 });
    let boosts = 0;
    fc.assert(
      fc.property(priorities, fc.nat(), (prios, seed) => {
        const tasks: Task[] = [];
        const { outcome } = run(
          (kernel) => {
            const locks = prios.map((_, i) => kernel.rtMutex(`lock${i}`));
            const check = () => {
              for (const task of tasks) {
                expect(task.prio).toBe(reference(tasks, locks, task));
                if (task.prio !== task.normalPrio) boosts++;
              }
            };
            prios.forEach((priority, i) => {
              // Ascending order: no deadlock, but chains of any length.
              const own = locks.slice(i, i + 2);
              const body = function* () {
                for (const lock of own) {
                  yield* lock.lock();
                  check();
                  yield* kernel.udelay(1);
                }
                for (const lock of [...own].reverse()) {
                  yield* lock.unlock();
                  check();
                }
              };
              tasks.push(kernel.task(`t${i}`, body, { priority }));
            });
            kernel.task('observer', function* () {
              for (let i = 0; i < 40; i++) {
                yield* kernel.udelay(1);
                check();
              }
            });
          },
          { cpus: prios.length + 1 },
          new RandomWalk(seed),
        );
        expect(outcome).toBe('finished');
        for (const task of tasks) expect(task.prio).toBe(task.normalPrio);
      }),
      { numRuns: 200, seed: 1 },
    );
    expect(boosts).toBeGreaterThan(100);
  });

  it('numbers priorities as the kernel does', () => {
    expect([kernelPriority('fifo', 99, 0), kernelPriority('fifo', 1, 0), kernelPriority('fair', 0, 0)]).toEqual([
      0, 98, 120,
    ]);
  });
});

describe('reader-writer locks', () => {
  for (const kind of ['rwlock', 'rwsem'] as const) {
    for (const preemptRt of [false, true]) {
      it(`${kind} ${preemptRt ? 'PREEMPT_RT' : 'PREEMPT'}: writers alone, readers together, everybody gets in`, () => {
        const options: KernelOptions = { cpus: 4, preemptRt };
        let together = 0;
        for (let seed = 1; seed <= 40; seed++) {
          let readers = 0;
          let writers = 0;
          let entered = 0;
          const { outcome } = run(
            (kernel) => {
              const rw = kind === 'rwlock' ? kernel.rwlock('rw') : undefined;
              const sem = kind === 'rwsem' ? kernel.rwsem('rw') : undefined;
              for (let t = 0; t < 5; t++) {
                kernel.task(`t${t}`, function* () {
                  for (let i = 0; i < 4; i++) {
                    if ((t + i) % 3 === 0) {
                      if (rw !== undefined) yield* rw.writeLock();
                      if (sem !== undefined) yield* sem.downWrite();
                      expect([++writers, readers]).toEqual([1, 0]);
                      yield* kernel.udelay(1);
                      writers--;
                      if (rw !== undefined) yield* rw.writeUnlock();
                      if (sem !== undefined) yield* sem.upWrite();
                    } else {
                      if (rw !== undefined) yield* rw.readLock();
                      if (sem !== undefined) yield* sem.downRead();
                      readers++;
                      together = Math.max(together, readers);
                      expect(writers).toBe(0);
                      yield* kernel.udelay(1);
                      readers--;
                      if (rw !== undefined) yield* rw.readUnlock();
                      if (sem !== undefined) yield* sem.upRead();
                    }
                    entered++;
                  }
                });
              }
            },
            options,
            new RandomWalk(seed),
          );
          expect([outcome, entered]).toEqual(['finished', 20]);
        }
        expect(together).toBeGreaterThan(1);
      });
    }
  }
});

describe('fairness', () => {
  for (const kind of ['rawSpinlock', 'mutex'] as const) {
    it(`${kind} serves its waiters in the order in which they came`, () => {
      for (let seed = 1; seed <= 60; seed++) {
        const { lines, outcome } = run(
          (kernel) => {
            const lock = kernel[kind]('lock');
            for (const name of ['A', 'B', 'C', 'D']) {
              kernel.task(name, function* () {
                for (let i = 0; i < 3; i++) {
                  yield* lock.lock();
                  yield* kernel.udelay(1);
                  yield* lock.unlock();
                }
              });
            }
          },
          { cpus: 4 },
          new RandomWalk(seed),
        );
        expect(outcome).toBe('finished');
        // First come, first served: the order of arrival is the order of release.
        const order = (sign: string) =>
          lines.filter((line) => line.includes(`: ${sign}lock`)).map((line) => line.split(':')[0]);
        expect(order('-')).toEqual(order('+'));
      }
    });
  }
});
