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

/** A soft interrupt that sleeps on PREEMPT_RT, in ksoftirqd or in a task that has a lock of its own. */
const IN_TASK = `return sim.scenario({ name: 'in-task', cpus: 1, preemptRt: true }, (kernel) => {
  const lock = kernel.localLock('lock');
  kernel.openSoftirq(8, function* handler() {
    yield* kernel.mightSleep();
  });
  kernel.task('task0', function* task0() {
    yield* lock.lock();
    yield* kernel.localBhDisable();
    yield* kernel.raiseSoftirq(8);
    yield* kernel.localBhEnable();
    yield* lock.unlock();
  });
});`;

/** Schedules show an inversion of `first` and `third`, too, if the handler comes early. */
const BEYOND = `return sim.scenario({ name: 'beyond', cpus: 1 }, (kernel) => {
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
});`;

describe('what check finds stands for what a schedule shows', () => {
  it('with the locks of the task that a soft interrupt runs in, and beyond the ends of an inversion', async () => {
    const rules = loadRuleSet();
    const texts = [IN_TASK, BEYOND].map((plain) => ({
      typed: `import * as sim from 'lockvet/sim'; ${plain.replace('return', 'export default')}`,
      plain,
    }));
    const law = { rules, policy: rules.policy('strict') };
    const result = await compareTexts(texts, { law, check: testOptions(), schedules: 20, more: 0 });
    expect([...result.agreed].sort()).toEqual([
      ['irq-lock-inversion', 3],
      ['sleep-in-atomic', 1],
    ]);
    expect(result.disagreements).toEqual([]);
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
