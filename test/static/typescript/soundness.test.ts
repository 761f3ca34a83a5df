import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadRuleSet } from '../../../src/rules/index.js';
import { testOptions } from '../want.js';
import { compare, compareTexts } from './random/compare.js';
import { programs } from './random/random-program.js';

/** What every rule on sources is, apart from what a program of this kind cannot break. */
const REACHED = [
  'alloc-under-raw-spinlock',
  'free-under-raw-spinlock',
  'held-at-exit',
  'held-lock-freed',
  'inconsistent-lock-state',
  'invalid-wait-context',
  'nest-lock-not-held',
  'rcu-sleep-in-reader',
  'rcu-usage',
  'recursive-lock',
  'sleep-in-atomic',
  'unlock-not-held',
];

/** `npm run campaign:check-soundness` takes more programs. */
const SCHEDULES = 50;

/** Scenarios, and what check and schedules agree on there. */
const SETTLED: readonly (readonly [what: string, scenario: string, agreed: readonly string[]])[] = [
  [
    'a soft interrupt that sleeps on PREEMPT_RT, in ksoftirqd or in a task with a lock of its own',
    `{ cpus: 1, preemptRt: true }, (kernel) => {
      const lock = kernel.localLock('lock0');
      kernel.openSoftirq(8, function* handler() {
        yield* kernel.mightSleep();
      });
      kernel.task('task0', function* task0() {
        yield* lock.lock();
        yield* kernel.localBhDisable();
        yield* kernel.raiseSoftirq(8);
        yield* kernel.localBhEnable();
        yield* lock.unlock();
      }, { cpu: 0 });
    }`,
    ['sleep-in-atomic'],
  ],
  [
    'an inversion of two locks, and beyond its ends of others if the handler comes early',
    `{ cpus: 1 }, (kernel) => {
      const first = kernel.spinlock('first');
      const second = kernel.spinlock('second');
      const third = kernel.spinlock('third');
      kernel.task('task0', function* task0() {
        yield* kernel.localIrqDisable();
        yield* first.guard(() => second.guard(() => kernel.udelay(1)));
        yield* kernel.localIrqEnable();
        yield* second.guard(() => third.guard(() => kernel.udelay(1)));
      });
      kernel.irq('irq', function* handler() {
        yield* first.guard(() => kernel.udelay(1));
      }, { times: 1 });
    }`,
    ['irq-lock-inversion', 'irq-lock-inversion', 'irq-lock-inversion'],
  ],
  [
    'a hard interrupt that comes in a soft one, and so gives its locks the states of both',
    `{ cpus: 1 }, (kernel) => {
      const first = kernel.spinlock('first4');
      const second = kernel.spinlock('second4');
      const line = kernel.irq('irq4', function* handler() {
        yield* first.guard(() => second.guard(() => kernel.udelay(1)));
      }, { times: 0 });
      kernel.openSoftirq(8, function* softirq() {
        yield* line.raise();
        yield* kernel.udelay(5);
      });
      kernel.task('task0', function* task0() {
        yield* first.lockBh();
        yield* first.unlockBh();
        yield* second.lock();
        yield* second.unlock();
        yield* line.raise();
        yield* kernel.udelay(5);
        yield* kernel.raiseSoftirq(8);
      });
    }`,
    ['inconsistent-lock-state', 'inconsistent-lock-state', 'irq-lock-inversion'],
  ],
  [
    'a soft interrupt that takes what the task has that runs it, on PREEMPT_RT',
    `{ cpus: 1, preemptRt: true }, (kernel) => {
      const lock = kernel.spinlock('lock1');
      kernel.openSoftirq(8, function* handler() {
        yield* lock.lock();
        yield* lock.unlock();
      });
      kernel.task('task0', function* task0() {
        yield* lock.lock();
        yield* kernel.localBhDisable();
        yield* kernel.raiseSoftirq(8);
        yield* kernel.localBhEnable();
        yield* lock.unlock();
      }, { cpu: 0 });
    }`,
    ['lock-order-cycle', 'recursive-lock'],
  ],
  [
    'a cycle through the dependency that closes another one first',
    `{ cpus: 1, preemptRt: true }, (kernel) => {
      const outer = kernel.spinlock('outer');
      const locks = [kernel.spinlock('inner'), kernel.spinlock('inner')];
      kernel.task('task0', function* task0() {
        yield* outer.lockBh();
        yield* locks[1].lock();
        yield* locks[1].unlock();
        yield* outer.unlockBh();
        if (yield* locks[0].trylock()) {
          yield* locks[1].lockBh();
          yield* locks[1].unlockBh();
          yield* locks[0].unlock();
        }
      });
    }`,
    ['lock-order-cycle', 'recursive-lock'],
  ],
  [
    'a lock that is taken twice at two levels, both ways round: each waits for itself, and no two for each other',
    `{ cpus: 2 }, (kernel) => {
      const lock = kernel.rawSpinlock('raw6');
      kernel.task('task0', function* task0() {
        yield* lock.lockNested(1);
        yield* lock.lock();
      });
      kernel.task('task1', function* task1() {
        yield* lock.lock();
        yield* lock.lockNested(1);
      });
    }`,
    ['recursive-lock', 'recursive-lock'],
  ],
  [
    'an NMI that takes what a task takes, on top of a handler, and waits while the task reads',
    `{ cpus: 1 }, (kernel) => {
      const lock = kernel.rawSpinlock('raw8');
      const sleeping = kernel.spinlock('spin8');
      const nmi = kernel.nmi('nmi8', function* watchdog() {
        yield* lock.lock();
        yield* lock.unlock();
        yield* sleeping.lock();
        yield* sleeping.unlock();
        yield* kernel.rcu.synchronize();
      });
      kernel.irq('irq8', function* handler() {
        nmi.raiseNow(1);
        yield* kernel.udelay(1);
        yield* kernel.mightSleep();
      }, { times: 1 });
      kernel.task('task0', function* task0() {
        yield* lock.lock();
        yield* lock.unlock();
        nmi.raiseNow(1);
        yield* kernel.rcu.readLock();
        yield* kernel.udelay(1);
        yield* kernel.rcu.readUnlock();
      });
    }`,
    ['inconsistent-lock-state', 'invalid-wait-context', 'sleep-in-atomic', 'sleep-in-atomic'],
  ],
  [
    'a nesting level in a handler, on top of what its task has: that is no nesting',
    `{ cpus: 1 }, (kernel) => {
      const lock = kernel.rwsem('rwsem9');
      const timer = kernel.hrtimer('timer9', function* handler() {
        if (kernel.random(2) === 0) return;
        yield* lock.downWriteNested(1);
        yield* lock.upWrite();
      });
      kernel.task('task0', function* task0() {
        yield* lock.downWrite();
        yield* timer.start(1000);
        for (let turn = 0; turn < 5; turn++) yield* kernel.udelay(1);
        yield* timer.cancel();
        yield* lock.upWrite();
      });
    }`,
    ['annotation-hides-violation', 'invalid-wait-context', 'sleep-in-atomic'],
  ],
  [
    'a handler that waits while the task that it interrupts has a lock',
    `{ cpus: 3 }, (kernel) => {
      const lock = kernel.mutex('lock3');
      const done = kernel.completion('done');
      const timer = kernel.hrtimer('timer', function* handler() {
        yield* done.waitTimeout(2);
      });
      kernel.kthread('task0', function* task0() {
        yield* done.wait();
        yield* lock.lock();
        yield* timer.start(1000);
        yield* kernel.udelay(5);
        yield* lock.unlock();
      }, { cpu: 1 });
      kernel.task('task1', function* task1() {
        yield* lock.lock();
        yield* done.complete();
        yield* lock.unlock();
      }, { cpu: 2 });
    }`,
    ['sleep-in-atomic'],
  ],
  [
    'a function that sleeps for good in an interrupt, and goes on where its own CPU calls it',
    `{ cpus: 2, preemptRt: true }, (kernel) => {
      const ipi = function* ipi() {
        yield* kernel.msleep(1);
        yield* kernel.localIrqEnable();
        const page = yield* kernel.mm.allocPage(sim.Gfp.GFP_ATOMIC);
        if (page !== null) yield* kernel.mm.freePage(page);
      };
      kernel.task('task0', function* task0() {
        yield* kernel.smpCall(0, ipi);
      }, { cpu: 0 });
      kernel.task('task1', function* task1() {
        yield* kernel.smpCall(0, ipi);
      }, { cpu: 1 });
    }`,
    ['sleep-in-atomic'],
  ],
];

describe('what check finds stands for what a schedule shows, and the other way round', () => {
  it('where the same violation has two faces, or a run is damaged', async () => {
    const rules = loadRuleSet();
    const texts = SETTLED.map(([, scenario], i) => {
      const text = `sim.scenario({ name: 'program${i}', ...${scenario.replace(' }, (kernel)', ' } }, (kernel)')});`;
      // A run is told on which line it is.
      const lines = text.split('\n').map((line, at) => (line.includes('yield*') ? `at(${at + 1}); ${line}` : line));
      return {
        typed: `import * as sim from 'lockvet/sim'; export default ${text}`,
        plain: `return ${lines.join('\n')}`,
      };
    });
    const law = { rules, policy: rules.policy('strict') };
    const { agreed, disagreements } = await compareTexts(texts, {
      law,
      check: testOptions(),
      schedules: 20,
      more: 10,
    });
    expect(disagreements.map(({ program, kind, rule }) => [SETTLED[program]?.[0], kind, rule])).toEqual([]);
    const counts = new Map<string, number>();
    for (const rule of SETTLED.flatMap(([, , rules]) => rules)) counts.set(rule, (counts.get(rule) ?? 0) + 1);
    expect([...agreed].sort()).toEqual([...counts].sort());
  });
});

describe('random scenarios', () => {
  it('show nothing under any schedule that check does not find', async () => {
    const rules = loadRuleSet();
    const sample = fc.sample(programs, { numRuns: 200, seed: 1 });
    const result = await compare(sample, {
      law: { rules, policy: rules.policy('strict') },
      check: testOptions(),
      schedules: SCHEDULES,
      more: 0,
    });
    expect(result.disagreements).toEqual([]);
    expect(result.showing).toBeGreaterThan(sample.length * 0.3);
    expect(result.showing).toBeLessThan(sample.length * 0.8);
    expect([...result.agreed.keys()].sort()).toEqual(expect.arrayContaining(REACHED));
  }, 240_000);
});
