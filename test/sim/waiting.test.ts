import { describe, expect, it } from 'vitest';
import { run, strategies } from './recorder.js';

describe('waiting', () => {
  for (const kind of ['waitQueue', 'swait', 'rcuwait'] as const) {
    it(`${kind}: no wake-up is lost`, () => {
      for (const preemptRt of [false, true]) {
        for (let seed = 1; seed <= 60; seed++) {
          for (const strategy of strategies(seed)) {
            const { outcome, reports } = run(
              (kernel) => {
                const queue = kernel[kind]('queue');
                const round = kernel.atomic('round');
                kernel.task('waiter', function* () {
                  for (let i = 1; i <= 3; i++) yield* queue.waitEvent(() => round.value >= i);
                });
                kernel.task('waker', function* () {
                  for (let i = 1; i <= 3; i++) {
                    yield* round.inc();
                    yield* queue.wakeUp();
                  }
                });
              },
              { preemptRt },
              strategy,
            );
            expect([outcome, reports]).toEqual(['finished', []]);
          }
        }
      }
    });
  }

  it('finds the wake-up that is lost between a look and a sleep', () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 60; seed++) {
      for (const strategy of strategies(seed)) {
        const { outcome, reports } = run(
          (kernel) => {
            const queue = kernel.waitQueue('queue');
            const ready = kernel.variable('ready', false);
            kernel.task('waiter', function* () {
              const seen = yield* ready.readOnce();
              if (seen) return;
              yield* queue.prepareToWait();
              yield* queue.schedule();
              yield* queue.finishWait();
            });
            kernel.task('waker', function* () {
              yield* ready.writeOnce(true);
              yield* queue.wakeUp();
            });
          },
          {},
          strategy,
        );
        outcomes.add(outcome);
        expect(reports.map((report) => report.rule)).toEqual(outcome === 'stuck' ? ['hang'] : []);
      }
    }
    expect(outcomes).toEqual(new Set(['finished', 'stuck']));
  });

  it('completions, wait bits, semaphores, timeouts', () => {
    for (let seed = 1; seed <= 30; seed++) {
      for (const strategy of strategies(seed)) {
        let timedOut: boolean | undefined;
        const { outcome } = run(
          (kernel) => {
            const done = kernel.completion('done');
            const never = kernel.completion('never');
            const bits = kernel.waitBits();
            bits.set(3);
            const semaphore = kernel.semaphore('sem', 1);
            kernel.task('A', function* () {
              yield* done.wait();
              yield* bits.waitOnBit(3);
              yield* semaphore.down();
              yield* semaphore.up();
              timedOut = !(yield* never.waitTimeout(2));
            });
            kernel.task('B', function* () {
              yield* semaphore.down();
              yield* bits.clearAndWake(3);
              yield* done.complete();
              yield* semaphore.up();
            });
          },
          {},
          strategy,
        );
        expect(outcome).toBe('finished');
        expect(timedOut).toBe(true);
      }
    }
  });

  it('a workqueue runs what comes while its only worker is on its way to sleep', () => {
    for (let seed = 1; seed <= 8; seed++) {
      for (const strategy of strategies(seed)) {
        let ran = 0;
        const { outcome, reports } = run(
          (kernel) => {
            const queue = kernel.workqueue('wq', { maxActive: 1 });
            const work = kernel.work('work', function* countRan() {
              yield* kernel.udelay(1);
              ran++;
            });
            kernel.task('T', function* queueAgain() {
              for (let round = 1; round <= 6; round++) {
                yield* queue.queueWork(work);
                for (let tries = 0; ran < round && tries < 400; tries++) yield* kernel.yieldCpu();
                for (let tries = 0; ran < round && tries < 20; tries++) yield* kernel.scheduleTimeout(1);
                kernel.assert(ran >= round, `nobody has run the work of round ${round}`);
              }
            });
          },
          { cpus: 2 },
          strategy,
        );
        expect([seed, strategy.name, outcome, reports]).toEqual([seed, strategy.name, 'finished', []]);
      }
    }
  });

  it('workqueues run, flush, cancel and delay', () => {
    for (let seed = 1; seed <= 30; seed++) {
      for (const strategy of strategies(seed)) {
        const ran: string[] = [];
        const { outcome } = run(
          (kernel) => {
            const queue = kernel.workqueue('wq');
            const a = kernel.work('a', function* () {
              yield* kernel.udelay(1);
              ran.push('a');
            });
            const b = kernel.work('b', function* () {
              yield* kernel.udelay(1);
              ran.push('b');
            });
            kernel.task('T', function* () {
              yield* queue.queueWork(a);
              yield* queue.flushWork(a);
              expect(ran).toEqual(['a']);
              yield* queue.queueDelayedWork(b, 5);
              yield* queue.cancelWorkSync(b);
              yield* queue.queueDelayedWork(b, 1);
              yield* kernel.msleep(100);
              yield* queue.flush();
            });
          },
          {},
          strategy,
        );
        expect(outcome).toBe('finished');
        expect(ran.filter((name) => name === 'a')).toEqual(['a']);
      }
    }
  });
});
