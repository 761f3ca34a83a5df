import { describe, expect, it } from 'vitest';
import { LockdepCtx } from '../../src/model/events.js';
import { type Op, Softirq } from '../../src/sim/index.js';
import { run, strategies } from './recorder.js';

const quiet = (lines: string[]) => lines.filter((line) => !/switch|<idle>: irqs/.test(line));

describe('interrupts', () => {
  it('run the soft interrupt of a timer at the end of the clock interrupt', () => {
    const { lines, outcome } = run(
      (kernel) => {
        const lock = kernel.spinlock('lock');
        const done = kernel.completion('done');
        const timer = kernel.timer('timer', function* timerFn() {
          yield* lock.lock();
          yield* lock.unlock();
          yield* done.complete();
        });
        kernel.task('A', function* () {
          yield* timer.modTimer(1);
          yield* done.wait();
        });
      },
      { cpus: 1 },
    );
    expect(outcome).toBe('finished');
    expect(quiet(lines)).toEqual(
      expect.arrayContaining([
        'A: might sleep d0',
        'A: wait done d0',
        '<idle>: bh off d0',
        '<idle>: softirq 1 d0',
        '<idle>: +(timer) d0',
        '<idle>: +lock d1',
        '<idle>: wake done d1',
        '<idle>: bh on d0',
        'A: woken done d0',
      ]),
    );
  });

  it('are held off while masked, under every strategy', () => {
    for (const preemptRt of [false, true]) {
      for (let seed = 1; seed <= 40; seed++) {
        for (const strategy of strategies(seed)) {
          let inside = false;
          let came = 0;
          const { outcome } = run(
            (kernel) => {
              const line = () => {
                expect(inside).toBe(false);
                came++;
              };
              kernel.irq(
                'dev',
                function* handler() {
                  line();
                  yield* kernel.udelay(1);
                },
                { times: 3, noThread: true },
              );
              kernel.task('A', function* () {
                for (let i = 0; i < 5; i++) {
                  yield* kernel.localIrqDisable();
                  inside = true;
                  yield* kernel.udelay(1);
                  inside = false;
                  yield* kernel.localIrqEnable();
                  yield* kernel.udelay(1);
                }
              });
            },
            { cpus: 1, preemptRt },
            strategy,
          );
          expect(outcome).toBe('finished');
          expect(came).toBe(3);
        }
      }
    }
  });

  it('run raised soft interrupts when bottom halves come on, in ksoftirqd otherwise', () => {
    for (const preemptRt of [false, true]) {
      const { lines } = run(
        (kernel) => {
          const lock = kernel.spinlock('lock');
          kernel.openSoftirq(Softirq.NetRx, function* netRx() {
            yield* lock.lock();
            yield* lock.unlock();
          });
          kernel.task('A', function* () {
            yield* lock.lockBh();
            yield* kernel.raiseSoftirq(Softirq.NetRx);
            yield* lock.unlockBh();
            yield* kernel.raiseSoftirq(Softirq.NetRx);
            yield* kernel.msleep(1);
          });
        },
        { cpus: 1, preemptRt },
      );
      expect(lines.filter((line) => line.includes('softirq 3')).map((line) => line.split(':')[0])).toEqual([
        'A',
        'ksoftirqd/0',
      ]);
    }
  });

  it("hold PREEMPT_RT's bottom-half lock in a section of a raw_spinlock_t, too", () => {
    const { lines } = run(
      (kernel) => {
        const raw = kernel.rawSpinlock('raw');
        kernel.task('A', function* () {
          yield* raw.lockBh();
          yield* raw.unlockBh();
        });
      },
      { cpus: 1, preemptRt: true },
    );
    expect(lines.filter((line) => /^A: [+-]/.test(line))).toEqual([
      'A: +softirq_ctrl.lock d0',
      'A: +raw d1',
      'A: -raw d1',
      'A: -softirq_ctrl.lock d0',
    ]);
  });

  it("do not release PREEMPT_RT's bottom-half lock where bottom halves are not off", () => {
    const { lines } = run(
      (kernel) => {
        kernel.task('A', function* () {
          yield* kernel.localBhEnable();
          yield* kernel.localBhDisable();
          yield* kernel.localBhEnable();
        });
      },
      { cpus: 1, preemptRt: true },
    );
    expect(lines.filter((line) => /^A: [+-]/.test(line))).toEqual([
      'A: +softirq_ctrl.lock d0',
      'A: -softirq_ctrl.lock d0',
    ]);
  });

  it('puts right what handlers of timers and soft interrupts leave of preempt_count(), on PREEMPT_RT but for bottom halves', () => {
    for (const preemptRt of [false, true]) {
      const counts: string[] = [];
      run(
        (kernel) => {
          const { cpu } = kernel.machine;
          const noted = (who: string): void => {
            counts.push(`${who} ${cpu.preemptCount} ${cpu.bhCount}`);
          };
          const leaves = function* (): Op<void> {
            yield* kernel.preemptDisable();
            yield* kernel.localBhDisable();
          };
          const looks = function* (): Op<void> {
            yield* kernel.udelay(1);
            noted('next');
          };
          const timers = [kernel.timer('first', leaves), kernel.timer('second', looks)];
          kernel.openSoftirq(Softirq.NetRx, leaves);
          kernel.openSoftirq(Softirq.Block, looks);
          kernel.task('A', function* taskFn() {
            for (const timer of timers) yield* timer.modTimer(1);
            yield* kernel.msleep(20);
            noted('task');
            yield* kernel.localBhDisable();
            yield* kernel.raiseSoftirq(Softirq.NetRx);
            yield* kernel.raiseSoftirq(Softirq.Block);
            yield* kernel.localBhEnable();
            noted('task');
          });
        },
        { cpus: 1, preemptRt },
      );
      // There ksoftirqd keeps its CPU's bottom-half lock, and no further soft interrupt runs.
      const both = ['next 0 1', 'task 0 0', 'next 0 1', 'task 0 0'];
      expect(counts).toEqual(preemptRt ? ['next 0 3'] : both);
    }
  });

  it('threads handlers on PREEMPT_RT only', () => {
    for (const preemptRt of [false, true]) {
      const contexts: boolean[] = [];
      run(
        (kernel) => {
          kernel.irq(
            'dev',
            function* handler() {
              contexts.push(kernel.inHardirq);
              yield* kernel.udelay(1);
            },
            { times: 1 },
          );
          kernel.task('A', function* () {
            yield* kernel.msleep(1);
          });
        },
        { preemptRt },
      );
      expect(contexts).toEqual([!preemptRt]);
    }
  });

  it('lets IPIs, irq_work, tasklets, hrtimers and NMIs run', () => {
    for (const preemptRt of [false, true]) {
      const ran: string[] = [];
      const { outcome } = run(
        (kernel) => {
          const mark = (name: string) =>
            function* () {
              ran.push(name);
              yield* kernel.udelay(1);
            };
          const work = kernel.irqWork('work', mark('irq_work'));
          const tasklet = kernel.tasklet('tasklet', mark('tasklet'));
          const hard = kernel.hrtimer('hard', mark('hard'), { hard: true });
          const soft = kernel.hrtimer('soft', mark('soft'), { soft: true });
          kernel.nmi('nmi', mark('nmi')).raiseNow(1);
          kernel.task('A', function* () {
            yield* kernel.smpCall(1, mark('ipi'));
            yield* work.queue();
            yield* tasklet.schedule();
            yield* hard.start(1000);
            yield* soft.start(1000);
            yield* kernel.msleep(10);
          });
        },
        { preemptRt },
      );
      expect(outcome).toBe('finished');
      expect([...ran].sort()).toEqual(['hard', 'ipi', 'irq_work', 'nmi', 'soft', 'tasklet']);
    }
  });

  it('an NMI leaves what lockdep knows of the handler that it interrupts: PREEMPT_RT would run that one in a thread', () => {
    const inside: boolean[] = [];
    for (const strategy of strategies(1)) {
      run(
        (kernel) => {
          const nmi = kernel.nmi('nmi', function* () {
            const { hardirqDepth, lockdepContext } = kernel.machine.cpu;
            if (hardirqDepth > 0) inside.push((lockdepContext & LockdepCtx.Threaded) !== 0);
            yield* kernel.udelay(1);
          });
          kernel.irq(
            'dev',
            function* handler() {
              nmi.raiseNow(0);
              for (let turn = 0; turn < 10; turn++) yield* kernel.udelay(1);
            },
            { times: 3 },
          );
          kernel.task('A', function* () {
            yield* kernel.msleep(10);
          });
        },
        {},
        strategy,
      );
    }
    expect(new Set(inside)).toEqual(new Set([true]));
  });

  it('what is deleted, cancelled or flushed does not run afterwards, also when its interrupt has come already', () => {
    for (const preemptRt of [false, true]) {
      for (let seed = 1; seed <= 12; seed++) {
        for (const strategy of strategies(seed)) {
          const gone = new Set<string>();
          const late: string[] = [];
          const { outcome } = run(
            (kernel) => {
              const handler = (name: string) =>
                function* () {
                  yield* kernel.udelay(1);
                  if (gone.has(name)) late.push(name);
                };
              const timer = kernel.timer('timer', handler('timer'));
              const soft = kernel.hrtimer('soft', handler('soft'), { soft: true });
              const queue = kernel.workqueue('wq');
              const work = kernel.work('work', handler('work'));
              kernel.task('T', function* () {
                yield* timer.modTimer(0);
                yield* soft.start(0);
                yield* queue.queueDelayedWork(work, 0);
                yield* kernel.udelay(1);
                yield* timer.deleteSync();
                gone.add('timer');
                yield* soft.cancel();
                gone.add('soft');
                yield* queue.cancelWorkSync(work);
                gone.add('work');
                yield* kernel.msleep(2);
              });
            },
            { cpus: 2, preemptRt },
            strategy,
          );
          expect([seed, preemptRt, outcome, late]).toEqual([seed, preemptRt, 'finished', []]);
        }
      }
    }
  });
});
