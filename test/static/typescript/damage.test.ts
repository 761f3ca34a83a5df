import { describe, expect, it } from 'vitest';
import { loadRuleSet } from '../../../src/rules/index.js';
import { OF_RUNS } from '../want.js';
import { ProgramRuns, schedules } from './random/run-program.js';

const rules = loadRuleSet();
const law = { rules, policy: rules.policy('strict') };

/** What counts of what schedules show of a program: rule and function. */
function shown(body: string, options = '{}'): string[] {
  const runs = new ProgramRuns(program(body, options), 'program.ts', law);
  for (const schedule of schedules(30)) runs.run(schedule);
  const ofLocking = runs.findings.filter(({ rule }) => !OF_RUNS.has(rule));
  return [...new Set(ofLocking.map(({ rule, where }) => `${rule} ${where.function}`))].sort();
}

function program(body: string, options: string): string {
  return `return sim.scenario({ name: 'program', ...${options} }, (kernel) => {\n${body}\n});`;
}

describe('what a schedule shows counts until something damages the run', () => {
  it('a hard interrupt that leaves bottom halves or preemption off: whoever runs then does not do so by his own code', () => {
    for (const off of ['localBhDisable', 'preemptDisable']) {
      const body = `
        const work = kernel.irqWork('work', function* handler() {
          yield* kernel.${off}();
        });
        kernel.task('task0', function* task0() {
          yield* work.queue();
          yield* kernel.mightSleep();
        }, { cpu: 0 });`;
      expect(shown(body, '{ cpus: 1 }'), off).toEqual([]);
    }
  });

  it('a handler in a thread that leaves interrupts off: its next turn finds them so', () => {
    const body = `
      const line = kernel.irq('irq', function* handler() {
        const page = yield* kernel.mm.allocPage(sim.Gfp.GFP_ATOMIC);
        if (page !== null) yield* kernel.mm.freePage(page);
        yield* kernel.localIrqDisable();
      }, { times: 0 });
      kernel.task('task0', function* task0() {
        yield* line.raise();
        yield* line.raise();
      }, { cpu: 1 });`;
    expect(shown(body, '{ cpus: 2, preemptRt: true }')).toEqual([]);
  });

  it('what an annotation hides is hidden by it, also where the damage shows the same without one', () => {
    const body = `
      const raw = kernel.rawSpinlock('raw');
      const tasklet = kernel.tasklet('tasklet', function* handler() {
        yield* raw.lock();
      });
      kernel.task('task0', function* task0() {
        yield* raw.lockNested(1);
        yield* raw.unlock();
        yield* tasklet.schedule();
        yield* kernel.msleep(1);
      }, { cpu: 0 });`;
    expect(shown(body, '{ cpus: 1 }')).toEqual(['annotation-hides-violation handler']);
  });

  it('a function that another CPU runs in an interrupt leaves something behind like any handler', () => {
    const body = `
      kernel.task('task0', function* task0() {
        yield* kernel.smpCall(1, function* remote() {
          yield* kernel.localBhDisable();
        });
      }, { cpu: 0 });
      kernel.task('task1', function* task1() {
        yield* kernel.mightSleep();
      }, { cpu: 1 });`;
    expect(shown(body, '{ cpus: 2 }')).toEqual([]);
    expect(shown(body.replace('smpCall(1', 'smpCall(0'), '{ cpus: 2 }')).toEqual([]);
  });

  it('a function called on the own CPU is part of its caller, which goes on with what it left', () => {
    const body = `
      kernel.task('task0', function* task0() {
        yield* kernel.smpCall(0, function* remote() {
          yield* kernel.localBhDisable();
        });
        yield* kernel.mightSleep();
        yield* kernel.localBhEnable();
      }, { cpu: 0 });`;
    expect(shown(body, '{ cpus: 1 }')).toContain('sleep-in-atomic task0');
  });

  it('a handler waits as the task that it interrupts, and reads nothing that the task reads: also in the very nanosecond', () => {
    const waits = {
      irq: `kernel.irq('irq', function* handler() { yield* kernel.rcu.synchronize(); }, { cpu: 0, times: 3 });`,
      call: `kernel.task('task1', function* task1() {
          yield* kernel.smpCall(0, function* handler() { yield* kernel.rcu.synchronize(); });
        }, { cpu: 1 });`,
    };
    for (const handler of Object.values(waits)) {
      const body = `${handler}
        kernel.task('task0', function* task0() {
          yield* kernel.rcu.readLock();
          yield* kernel.udelay(1);
          yield* kernel.rcu.readUnlock();
        }, { cpu: 0 });`;
      expect(shown(body, '{ cpus: 2 }')).toEqual(['sleep-in-atomic handler']);
    }
  });

  it('a hard interrupt that switches bottom halves on which its task has off: what the task holds is not held so by its own code', () => {
    const body = `
      const lock = kernel.spinlock('lock');
      const raw = kernel.rawSpinlock('raw');
      // It has run when the handler comes.
      const tasklet = kernel.tasklet('tasklet', function* tasklet() { yield* lock.guard(() => kernel.udelay(1)); });
      const work = kernel.irqWork('work', function* handler() {
        yield* raw.lock();
        yield* raw.unlockBh();
        yield* raw.lockIrq();
        yield* raw.unlockIrq();
      });
      kernel.task('task0', function* task0() {
        yield* tasklet.schedule();
        yield* kernel.msleep(1);
        yield* lock.lockBh();
        yield* work.queue();
        yield* kernel.udelay(50);
        yield* lock.unlockBh();
      }, { cpu: 0 });`;
    expect(shown(body, '{ cpus: 1 }')).toEqual([]);
  });

  it('the last release of a handler, which ends in the same nanosecond with a lock left behind, is still its own', () => {
    const body = `
      const lock = kernel.spinlock('lock');
      const raw = kernel.rawSpinlock('raw');
      kernel.irq('irq', function* handler() {
        yield* raw.lock();
        yield* lock.unlock();
      }, { cpu: 0, times: 1 });`;
    expect(shown(body, '{ cpus: 1 }')).toEqual(['unlock-not-held undefined']);
  });
});
