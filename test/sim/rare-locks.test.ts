import { describe, expect, it } from 'vitest';
import type { WwMutex } from '../../src/sim/index.js';
import type { IrqFlags } from '../../src/sim/lock/irq-mode.js';
import { run, strategies } from './recorder.js';

const KERNELS = [
  { name: 'PREEMPT', preemptRt: false },
  { name: 'PREEMPT_RT', preemptRt: true },
] as const;

describe('seqlock_t', () => {
  for (const { name, preemptRt } of KERNELS) {
    it(`${name}: an accepted read is never torn, writers exclude each other`, () => {
      const seen = { torn: 0, retries: 0, accepted: 0 };
      for (let seed = 1; seed <= 25; seed++) {
        for (const strategy of strategies(seed)) {
          let writers = 0;
          const { outcome, reports } = run(
            (kernel) => {
              const lock = kernel.seqlock('seq');
              const x = kernel.variable('x', 0);
              const y = kernel.variable('y', 0);
              for (const writer of ['W1', 'W2']) {
                kernel.task(writer, function* () {
                  for (let i = 0; i < 3; i++) {
                    yield* lock.writeLock();
                    expect(++writers).toBe(1);
                    const next = (yield* x.readOnce()) + 1;
                    yield* x.writeOnce(next);
                    yield* y.writeOnce(next);
                    writers--;
                    yield* lock.writeUnlock();
                  }
                });
              }
              for (const reader of ['R1', 'R2']) {
                kernel.task(reader, function* () {
                  let last = 0;
                  for (let i = 0; i < 5; ) {
                    const sequence = yield* lock.readBegin();
                    const pair = [yield* x.readOnce(), yield* y.readOnce()] as const;
                    if (pair[0] !== pair[1]) seen.torn++;
                    if (yield* lock.readRetry(sequence)) {
                      seen.retries++;
                      yield* kernel.cpuRelax();
                      continue;
                    }
                    expect(pair[0]).toBe(pair[1]);
                    // Every write moves the sequence by two; what was accepted is the state after that many.
                    expect(sequence).toBe(2 * pair[0]);
                    expect(pair[0]).toBeGreaterThanOrEqual(last);
                    last = pair[0];
                    seen.accepted++;
                    i++;
                  }
                });
              }
            },
            { cpus: 4, preemptRt, maxOperations: 20_000 },
            strategy,
          );
          expect([outcome, reports]).toEqual(['finished', []]);
        }
      }
      expect(seen.accepted).toBe(25 * 3 * 10);
      expect(Math.min(seen.torn, seen.retries)).toBeGreaterThan(20);
    });
  }
});

describe('seqcount_t', () => {
  it('makes a reader retry exactly when a writer was inside since', () => {
    const answers = new Set<boolean>();
    for (let seed = 1; seed <= 40; seed++) {
      for (const strategy of strategies(seed)) {
        let inside = false;
        let sections = 0;
        run(
          (kernel) => {
            const count = kernel.seqcount('count');
            kernel.task('writer', function* () {
              for (let i = 0; i < 4; i++) {
                yield* count.writeBegin();
                inside = true;
                sections++;
                yield* kernel.udelay(1);
                yield* count.writeEnd();
                inside = false;
              }
            });
            for (const reader of ['R1', 'R2']) {
              kernel.task(reader, function* () {
                for (let i = 0; i < 6; i++) {
                  const sequence = yield* count.readBegin();
                  const before = [inside, sections];
                  yield* kernel.udelay(1);
                  const retry = yield* count.readRetry(sequence);
                  expect(retry).toBe(before[0] === true || before[1] !== sections);
                  answers.add(retry);
                }
              });
            }
          },
          { cpus: 3 },
          strategy,
        );
      }
    }
    expect(answers).toEqual(new Set([false, true]));
  });
});

describe('ww_mutex', () => {
  for (const { name, preemptRt } of KERNELS) {
    it(`${name}: any sets in any order get done, one holder each, an older context never backs off for younger ones`, () => {
      let backOffs = 0;
      for (let seed = 1; seed <= 40; seed++) {
        for (const strategy of strategies(seed)) {
          let done = 0;
          const { outcome, reports } = run(
            (kernel) => {
              const ww = kernel.wwClass('ww');
              const mutexes = Array.from({ length: 4 }, () => ww.mutex());
              // Plain accesses: the mutex alone orders them.
              const values = mutexes.map((_, i) => kernel.variable(`v${i}`, 0));
              const holder = new Map<WwMutex, string>();
              const alive: number[] = [];
              for (const task of ['A', 'B', 'C', 'D']) {
                kernel.task(task, function* () {
                  const context = ww.context();
                  alive.push(context.stamp);
                  yield* context.init();
                  const order = [...mutexes];
                  for (let i = order.length - 1; i > 0; i--) {
                    const j = kernel.random(i + 1);
                    [order[i], order[j]] = [order[j] as WwMutex, order[i] as WwMutex];
                  }
                  order.length = 2 + kernel.random(3);
                  const held: WwMutex[] = [];
                  const took = (mutex: WwMutex) => {
                    expect(holder.get(mutex)).toBe(undefined);
                    holder.set(mutex, task);
                    held.push(mutex);
                  };
                  for (let at = 0; at < order.length; ) {
                    const mutex = order[at] as WwMutex;
                    if (held.includes(mutex)) {
                      at++;
                      continue;
                    }
                    if (yield* mutex.lock(context)) {
                      took(mutex);
                      continue;
                    }
                    backOffs++;
                    expect(Math.min(...alive)).toBeLessThan(context.stamp);
                    for (const other of held.splice(0)) {
                      holder.delete(other);
                      yield* other.unlock();
                    }
                    yield* mutex.lockSlow(context);
                    took(mutex);
                    at = 0;
                  }
                  for (const mutex of held) {
                    expect(holder.get(mutex)).toBe(task);
                    const value = values[mutexes.indexOf(mutex)];
                    if (value !== undefined) yield* value.write((yield* value.read()) + 1);
                  }
                  for (const mutex of held) {
                    holder.delete(mutex);
                    yield* mutex.unlock();
                  }
                  yield* context.fini();
                  alive.splice(alive.indexOf(context.stamp), 1);
                  done++;
                });
              }
            },
            { cpus: 3, preemptRt, maxOperations: 20_000 },
            strategy,
          );
          expect([outcome, done, reports]).toEqual(['finished', 4, []]);
        }
      }
      expect(backOffs).toBeGreaterThan(20);
    });
  }
});

describe('percpu_rw_semaphore', () => {
  for (const { name, preemptRt } of KERNELS) {
    it(`${name}: readers together, writers alone, a waiting writer is passed by no later reader`, () => {
      let together = 0;
      let waited = 0;
      for (let seed = 1; seed <= 25; seed++) {
        for (const strategy of strategies(seed)) {
          let readers = 0;
          let writers = 0;
          let entered = 0;
          const { outcome, reports } = run(
            (kernel) => {
              const sem = kernel.percpuRwsem('sem');
              for (let t = 0; t < 4; t++) {
                kernel.task(`R${t}`, function* () {
                  for (let i = 0; i < 5; i++) {
                    yield* sem.downRead();
                    together = Math.max(together, ++readers);
                    expect(writers).toBe(0);
                    if (sem.waiters.some((waiter) => !waiter.reads)) {
                      waited++;
                      // Nobody gets in before the writer that waits.
                      expect(yield* sem.downReadTrylock()).toBe(false);
                    }
                    yield* kernel.udelay(1);
                    readers--;
                    entered++;
                    yield* sem.upRead();
                  }
                });
              }
              for (let t = 0; t < 2; t++) {
                kernel.task(`W${t}`, function* () {
                  for (let i = 0; i < 3; i++) {
                    yield* sem.downWrite();
                    expect([++writers, readers]).toEqual([1, 0]);
                    yield* kernel.udelay(1);
                    writers--;
                    entered++;
                    yield* sem.upWrite();
                  }
                });
              }
            },
            { cpus: 4, preemptRt },
            strategy,
          );
          expect([outcome, entered, reports]).toEqual(['finished', 26, []]);
        }
      }
      expect(together).toBeGreaterThan(1);
      expect(waited).toBeGreaterThan(10);
    });

    it(`${name}: no reader comes in once a writer waits`, () => {
      for (let seed = 1; seed <= 20; seed++) {
        for (const strategy of strategies(seed)) {
          const { outcome } = run(
            (kernel) => {
              const sem = kernel.percpuRwsem('sem');
              let written = false;
              for (const reader of ['R1', 'R2', 'R3']) {
                kernel.task(reader, function* () {
                  for (let i = 0; i < 50 && !written; i++) {
                    yield* sem.downRead();
                    // With one writer, whoever had to wait came after it.
                    expect(sem.waiters.some((waiter) => !waiter.reads)).toBe(false);
                    yield* kernel.udelay(1);
                    yield* sem.upRead();
                  }
                });
              }
              kernel.task('W', function* () {
                yield* sem.downWrite();
                written = true;
                yield* sem.upWrite();
              });
            },
            { cpus: 4, preemptRt, maxOperations: 20_000 },
            strategy,
          );
          expect(outcome).toBe('finished');
        }
      }
    });
  }
});

describe('local_lock_t', () => {
  for (const { name, preemptRt } of KERNELS) {
    it(`${name}: one holder a CPU, which stays there, and several at once on the machine`, () => {
      let most = 0;
      for (let seed = 1; seed <= 25; seed++) {
        for (const strategy of strategies(seed)) {
          const inside = [0, 0, 0];
          let entered = 0;
          const { outcome, reports } = run(
            (kernel) => {
              const lock = kernel.localLock('local');
              for (let t = 0; t < 6; t++) {
                const body = function* () {
                  for (let i = 0; i < 3; i++) {
                    const irqsave = (t + i) % 2 === 0;
                    let flags: IrqFlags = 0;
                    if (irqsave) flags = yield* lock.lockIrqsave();
                    else yield* lock.lock();
                    const cpu = kernel.smpProcessorId;
                    inside[cpu] = (inside[cpu] ?? 0) + 1;
                    expect(inside[cpu]).toBe(1);
                    most = Math.max(most, inside.filter((n) => n > 0).length);
                    expect(kernel.irqsDisabled).toBe(irqsave && !preemptRt);
                    expect(kernel.preemptible).toBe(preemptRt);
                    yield* kernel.udelay(3000);
                    expect(kernel.smpProcessorId).toBe(cpu);
                    inside[cpu] = (inside[cpu] ?? 0) - 1;
                    if (irqsave) yield* lock.unlockIrqrestore(flags);
                    else yield* lock.unlock();
                    expect([kernel.current.migrateDisabled, kernel.irqsDisabled]).toEqual([0, false]);
                    entered++;
                  }
                };
                kernel.task(`t${t}`, body, { cpu: t % 3 });
              }
            },
            { cpus: 3, preemptRt },
            strategy,
          );
          expect([outcome, entered, reports]).toEqual(['finished', 18, []]);
        }
      }
      expect(most).toBe(3);
    });
  }
});
