import { describe, expect, it } from 'vitest';
import type { Kernel } from '../../src/sim/kernel.js';
import { runCampaign } from '../../src/sim/run/campaign.js';
import { scenario } from '../../src/sim/scenario.js';
import { run, strategies } from './recorder.js';
import { cellOf, lawFor, schedules } from './shipped.js';

/** The rules that a set-up breaks, as the table of scenarios writes them. */
function broken(setup: (kernel: Kernel) => void): string {
  const what = { path: 'test.ts', scenario: scenario({ name: 'test' }, setup) };
  return cellOf(runCampaign(what, { law: lawFor('strict'), schedules: schedules(false) }).findings);
}

describe('contexts', () => {
  it('bodies of tasks and handlers may be one operation', () => {
    for (const strategy of strategies(1)) {
      const { outcome, reports } = run(
        (kernel) => {
          const done = kernel.completion('done');
          const soft = kernel.tasklet('soft', () => done.completeAll());
          kernel.irq('hard', () => soft.schedule(), { times: 1 });
          kernel.task('raise', () => kernel.raiseSoftirq(3));
          kernel.openSoftirq(3, () => kernel.udelay(1));
          kernel.task('wait', () => done.waitTimeout(9));
        },
        {},
        strategy,
      );
      expect([outcome, reports]).toEqual(['finished', []]);
    }
  });

  it('a callback of the small RCU may not sleep', () => {
    const callback = (body: (kernel: Kernel) => ReturnType<Kernel['udelay']>) =>
      broken((kernel) => {
        kernel.task('call', () => kernel.rcu.call(() => body(kernel)));
      });
    expect(callback((kernel) => kernel.udelay(1))).toBe('-');
    expect(callback((kernel) => kernel.msleep(1))).toBe('sleep-in-atomic');
  });

  it('a reader of a seqcount is no reader that an interrupt could wait for; a writer is', () => {
    const clock = (writes: boolean) =>
      broken((kernel) => {
        const seq = kernel.seqcount('clock');
        const change = function* () {
          yield* seq.writeBegin();
          yield* seq.writeEnd();
        };
        kernel.irq('tick', change, { times: 1, noThread: true });
        kernel.task('use', () => (writes ? change() : seq.readBegin()));
      });
    expect(clock(false)).toBe('-');
    expect(clock(true)).toBe('inconsistent-lock-state');
  });

  it('a work item does not need what its worker took for an earlier one', () => {
    const flushing = (locks: 'earlier' | 'itself') =>
      broken((kernel) => {
        const mutex = kernel.mutex('m');
        const queue = kernel.workqueue('q', { maxActive: 1 });
        const work = (name: string) =>
          kernel.work(name, () => (name === locks ? mutex.guard(() => kernel.udelay(1)) : kernel.udelay(1)));
        const [earlier, itself] = [work('earlier'), work('itself')];
        kernel.task('flush', function* () {
          yield* queue.queueWork(earlier);
          yield* queue.flushWork(earlier);
          yield* mutex.lock();
          yield* queue.queueWork(itself);
          yield* queue.flushWork(itself);
          yield* mutex.unlock();
        });
      });
    expect(flushing('earlier')).toBe('-');
    expect(flushing('itself')).toMatch(/hang|wait-event-cycle/);
  });
});
