import { describe, expect, it } from 'vitest';
import { RoundRobin } from '../../src/explore/round-robin.js';
import { Gfp } from '../../src/sim/index.js';
import { CacheModel } from '../../src/sim/mem/cache.js';
import { run, strategies } from './recorder.js';

describe('scheduling', () => {
  it('runs the highest priority first and shares a CPU among equals', () => {
    const order: string[] = [];
    run(
      (kernel) => {
        for (const [name, priority] of [
          ['low', 10],
          ['high', 80],
          ['mid', 40],
        ] as const) {
          kernel.task(
            name,
            function* () {
              yield* kernel.udelay(1);
              order.push(name);
            },
            { priority },
          );
        }
      },
      { cpus: 1 },
    );
    expect(order).toEqual(['high', 'mid', 'low']);
  });

  it('rotates fair tasks by the time slice', () => {
    const turns: string[] = [];
    run(
      (kernel) => {
        for (const name of ['A', 'B']) {
          kernel.task(name, function* () {
            for (let i = 0; i < 10; i++) {
              yield* kernel.udelay(1000);
              if (turns[turns.length - 1] !== name) turns.push(name);
            }
          });
        }
      },
      { cpus: 1 },
    );
    expect(turns.length).toBeGreaterThan(3);
  });

  it('keeps a task with migration disabled on its CPU, and moves others to idle ones', () => {
    for (let seed = 1; seed <= 20; seed++) {
      for (const strategy of strategies(seed)) {
        const { outcome } = run(
          (kernel) => {
            for (const name of ['A', 'B', 'C']) {
              kernel.task(
                name,
                function* () {
                  yield* kernel.migrateDisable();
                  const cpu = kernel.smpProcessorId;
                  yield* kernel.msleep(1);
                  expect(kernel.smpProcessorId).toBe(cpu);
                  yield* kernel.migrateEnable();
                },
                { cpu: 0 },
              );
            }
          },
          { cpus: 3 },
          strategy,
        );
        expect(outcome).toBe('finished');
      }
    }
  });

  it('takes CPUs away and brings them back', () => {
    for (let seed = 1; seed <= 20; seed++) {
      for (const strategy of strategies(seed)) {
        let work = 0;
        const { outcome } = run(
          (kernel) => {
            kernel.task(
              'plug',
              function* () {
                yield* kernel.cpuDown(1);
                yield* kernel.msleep(1);
                yield* kernel.cpuUp(1);
              },
              { affinity: 0 },
            );
            for (const name of ['A', 'B']) {
              kernel.task(
                name,
                function* () {
                  for (let i = 0; i < 5; i++) {
                    yield* kernel.msleep(1);
                    work++;
                  }
                },
                { cpu: 1 },
              );
            }
          },
          {},
          strategy,
        );
        expect([outcome, work]).toEqual(['finished', 10]);
      }
    }
  });

  it('gives hooks the switch, in the context of the task that leaves, interrupts off', () => {
    const seen: string[] = [];
    const { outcome } = run(
      (kernel) => {
        const lock = kernel.rawSpinlock('rnp');
        kernel.hooks.contextSwitch = (_cpu, prev, preempted) =>
          (function* () {
            expect(kernel.irqsDisabled).toBe(true);
            yield* lock.lock();
            seen.push(`${prev.comm} ${preempted}`);
            yield* lock.unlock();
          })();
        kernel.task('A', function* () {
          yield* kernel.msleep(1);
        });
      },
      { cpus: 1 },
    );
    expect(outcome).toBe('finished');
    expect(seen).toContain('A false');
  });

  it('without PREEMPT_COUNT nothing is preempted, and preemptible() is false', () => {
    const { lines } = run(
      (kernel) => {
        kernel.task('A', function* () {
          expect(kernel.preemptible).toBe(false);
          for (let i = 0; i < 20; i++) yield* kernel.udelay(1000);
        });
        kernel.task('B', function* () {
          yield* kernel.condResched();
        });
      },
      { cpus: 1, preemptCount: false },
      new RoundRobin(1),
    );
    expect(lines.filter((line) => line.startsWith('A: switch(0)'))).toEqual([]);
  });

  it('gives up a run that makes no progress', () => {
    const { outcome, reports } = run(
      (kernel) => {
        kernel.task('spin', function* () {
          for (;;) yield* kernel.cpuRelax();
        });
      },
      { maxOperations: 1000 },
    );
    expect(outcome).toBe('limit reached');
    expect(reports.map(({ rule, message }) => [rule, message])).toEqual([
      ['hang', 'spin-1 still runs: no end after 1000 operations'],
    ]);
  });

  it('stops a kernel thread', () => {
    const { outcome } = run((kernel) => {
      const thread = kernel.kthread('worker', function* () {
        while (!kernel.kthreadShouldStop) yield* kernel.msleep(1);
      });
      kernel.task('A', function* () {
        yield* kernel.msleep(10);
        yield* kernel.kthreadStop(thread);
        expect(thread.dead).toBe(true);
      });
    });
    expect(outcome).toBe('finished');
  });
});

describe('cache model', () => {
  it('misses an eighth as often over an array of pointers as over a list of objects', () => {
    const cache = new CacheModel({ lineSize: 64 }, 1);
    for (let i = 0; i < 512; i++) cache.access(0, 0, i * 8, 8, false);
    expect(cache.stats[0]?.misses).toBe(64);
    const list = new CacheModel({ lineSize: 64 }, 1);
    for (let i = 0; i < 512; i++) list.access(0, 0, i * 192, 8, false);
    expect(list.stats[0]?.misses).toBe(512);
  });

  it('evicts the least recently used line of a set', () => {
    const cache = new CacheModel({ levels: [{ sets: 1, ways: 2, latency: 1 }] }, 1);
    for (const line of [0, 1, 0, 2, 0, 1]) cache.access(0, 0, line * 64, 1, false);
    expect(cache.stats[0]).toMatchObject({ accesses: 6, misses: 4 });
  });

  it('takes a line that one CPU writes away from the others', () => {
    const cache = new CacheModel({}, 2);
    cache.access(0, 0, 0, 8, true);
    cache.access(0, 0, 0, 8, true);
    cache.access(1, 0, 0, 8, false);
    expect([cache.stats[0]?.misses, cache.stats[1]?.coherenceMisses]).toEqual([1, 1]);
    cache.access(1, 0, 0, 8, true);
    cache.access(0, 0, 0, 8, false);
    expect(cache.stats[0]?.coherenceMisses).toBe(1);
  });

  it('makes operations on variables cost what the caches say', () => {
    const time = (cache: object | undefined) =>
      run(
        (kernel) => {
          const variable = kernel.variable('x', 0);
          kernel.task('A', function* () {
            for (let i = 0; i < 100; i++) yield* variable.readOnce();
            const page = yield* kernel.mm.allocPage(Gfp.GFP_KERNEL);
            if (page !== null) yield* kernel.mm.freePage(page);
          });
        },
        cache === undefined ? {} : { cache },
      ).time;
    expect(time({ memoryLatency: 100_000 })).toBeGreaterThan(time(undefined) + 99_000);
  });
});
