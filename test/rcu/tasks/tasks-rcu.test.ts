import { describe, expect, it } from 'vitest';
import { installTreeRcu, type TasksFaultName, TasksRcu } from '../../../src/rcu/index.js';
import type { Kernel, Op } from '../../../src/sim/index.js';
import { judgeSetup } from '../judge-setup.js';

/** Whether synchronize_rcu_tasks() has returned before a task that does `body` for 100 ms has gone on to sleep. */
function passes(body: (kernel: Kernel, tasks: TasksRcu) => Op<void>): boolean {
  let asleep = false;
  let early: boolean | undefined;
  const findings = judgeSetup((kernel) => {
    installTreeRcu(kernel);
    const tasks = new TasksRcu(kernel);
    kernel.task(
      'busy',
      function* keepBusy() {
        while (kernel.jiffies < 25) yield* body(kernel, tasks);
        asleep = true;
        yield* kernel.msleep(100);
      },
      { affinity: 0 },
    );
    kernel.task(
      'updater',
      function* wait() {
        yield* tasks.synchronize();
        early = !asleep;
      },
      { affinity: 1 },
    );
  });
  expect(findings).toEqual([]);
  if (early === undefined) throw new Error('the grace period did not end');
  return early;
}

describe('Tasks RCU', () => {
  it('waits for a task that does not go to sleep by itself', () => {
    expect(passes((kernel) => kernel.udelay(1000))).toBe(false);
  });

  it('takes neither preemption nor cond_resched() for a quiescent state', () => {
    expect(
      passes(function* preempted(kernel) {
        kernel.machine.cpu.needResched = true;
        yield* kernel.udelay(1000);
        yield* kernel.condResched();
      }),
    ).toBe(false);
  });

  it('takes sleep, user mode and cond_resched_tasks_rcu_qs() for quiescent', () => {
    expect(passes((kernel) => kernel.msleep(1))).toBe(true);
    expect(passes((kernel) => kernel.userMode(1000))).toBe(true);
    expect(
      passes(function* loop(kernel, tasks) {
        yield* kernel.udelay(1000);
        yield* tasks.condReschedQs();
      }),
    ).toBe(true);
  });

  it('waits for interrupts of idle CPUs by the grace periods of RCU around its scan', () => {
    // Some for the kthreads.
    const FOUR = { cpus: 4 };
    const isOverFirst = (faults: readonly TasksFaultName[]): boolean => {
      let over = false;
      let first = false;
      const findings = judgeSetup((kernel) => {
        const tasks = new TasksRcu(kernel, { rcu: installTreeRcu(kernel), faults });
        const line = kernel.irq(
          'long',
          function* handle() {
            for (let ms = 0; ms < 40; ms++) yield* kernel.udelay(1000);
            over = true;
          },
          { cpu: 3, noThread: true },
        );
        line.raiseNow(5_000_000);
        kernel.task(
          'updater',
          function* wait() {
            yield* kernel.msleep(8);
            yield* tasks.synchronize();
            first = over;
          },
          { affinity: 0 },
        );
      }, FOUR);
      expect(findings).toEqual([]);
      return first;
    };
    expect(isOverFirst([])).toBe(true);
    expect(isOverFirst(['tasks-not-framed'])).toBe(false);
  });

  it('lets callbacks be queued under a raw_spinlock_t, and waits for all of them', () => {
    for (const preemptRt of [false, true]) {
      let ran = 0;
      const findings = judgeSetup(
        (kernel) => {
          const tasks = new TasksRcu(kernel);
          const raw = kernel.rawSpinlock('raw');
          kernel.task('caller', function* callUnderRaw() {
            for (let i = 0; i < 3; i++) {
              const flags = yield* raw.lockIrqsave();
              yield* tasks.call(function* count() {
                yield* kernel.udelay(1);
                ran++;
              });
              yield* raw.unlockIrqrestore(flags);
            }
            yield* tasks.barrier();
            kernel.assert(ran === 3, 'too early');
          });
        },
        { preemptRt },
      );
      expect(findings).toEqual([]);
      expect(ran).toBe(3);
    }
  });
});
