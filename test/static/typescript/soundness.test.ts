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

describe('what check finds stands for what a schedule shows', () => {
  it('of a soft interrupt that sleeps on PREEMPT_RT, in ksoftirqd or in a task with a lock of its own', async () => {
    const rules = loadRuleSet();
    const plain = `return sim.scenario({ name: 'program', cpus: 1, preemptRt: true }, (kernel) => {
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
      }, { cpu: 0 });
    });`;
    const typed = `import * as sim from 'lockvet/sim'; ${plain.replace('return', 'export default')}`;
    const law = { rules, policy: rules.policy('strict') };
    const result = await compareTexts([{ typed, plain }], { law, check: testOptions(), schedules: 20, more: 0 });
    expect([...result.agreed]).toEqual([['sleep-in-atomic', 1]]);
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
