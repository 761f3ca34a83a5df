import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/model/finding.js';
import { loadRuleSet } from '../../src/rules/index.js';
import { judgeRun } from '../../src/sim/run/judge-run.js';
import { type Scenario, scenario } from '../../src/sim/scenario.js';
import { type Lock, Trial } from './script.js';

const IRQS_ON = 'interrupts are switched on while A is held';
const BH_ON = 'bottom halves are switched on while A is held';

/** `function: what` of each step of the evidence. */
function steps(finding: Finding | undefined): string[] {
  return finding?.evidence.map(({ what, where }) => `${where.function?.replace(/\+.*/, '')}: ${what}`) ?? [];
}

/** The task has A with interrupts off, and `culprit` switches them on. */
function switchOn(trial: Trial, a: Lock, how: 'irqs' | 'bh'): void {
  const ip = trial.names.intern('culprit+0x1/0x2');
  if (how === 'irqs') trial.irqsOff();
  else trial.bhOff();
  trial.take(a);
  if (how === 'irqs') trial.sink.hardirqsOn(trial.h, ip);
  else trial.sink.softirqsOn(trial.h, ip);
  trial.release(a);
}

describe('a lock that is held when interrupts are switched on', () => {
  it.each([
    ['irqs', 'hardirq', IRQS_ON, 'HARDIRQ'],
    ['irqs', 'softirq', IRQS_ON, 'SOFTIRQ'],
    ['bh', 'softirq', BH_ON, 'SOFTIRQ'],
  ] as const)('%s, %s: the evidence and the place name who does so', (how, irq, what, state) => {
    const trial = new Trial();
    const a = trial.lock('A', 'raw_spinlock');
    trial[irq](() => trial.take(a, { by: 'handler' }).release(a));
    switchOn(trial, a, how);
    const finding = trial.findings().find(({ message }) => message.includes(`{IN-${state}-W}`));
    expect(finding?.where.function).toBe('culprit+0x1/0x2');
    expect(steps(finding)).toEqual([
      `handler: {IN-${state}-W} state was registered here`,
      'A_user: A{2:2} was taken',
      `culprit: ${what}`,
    ]);
  });

  it('the evidence names who did so where the interrupt comes later', () => {
    const trial = new Trial();
    const a = trial.lock('A', 'raw_spinlock');
    switchOn(trial, a, 'irqs');
    trial.irqsOff().irqsOn();
    trial.hardirq(() => trial.take(a, { by: 'handler' }).release(a));
    const [finding] = trial.findings();
    expect(finding?.where.function).toBe('handler+0x10/0x40');
    expect(steps(finding)).toEqual([
      'A_user: A{2:2} was taken',
      `culprit: ${IRQS_ON}: {HARDIRQ-ON-W} state was registered here`,
      'handler: A{2:2} is taken',
    ]);
  });

  it('an inversion names who does so, too', () => {
    const trial = new Trial();
    const [s, a] = [trial.lock('S', 'raw_spinlock'), trial.lock('A', 'raw_spinlock')];
    trial.hardirq(() => trial.nested(s));
    trial.irqsOff().nested(s, a).irqsOn();
    switchOn(trial, a, 'irqs');
    const [finding] = trial.findings();
    expect(finding?.rule).toBe('irq-lock-inversion');
    expect(finding?.where.function).toBe('culprit+0x1/0x2');
    expect(steps(finding)).toEqual([
      'S_user: S became IN-HARDIRQ-W here',
      'S_user: S was taken',
      'A_user: A was taken while S was held',
      'A_user: A{2:2} was taken',
      `culprit: ${IRQS_ON}: A became HARDIRQ-ON-W here`,
    ]);
  });

  it('a recording without events of that tells it from the release', () => {
    const trial = new Trial({ lockdep: false });
    const a = trial.lock('A', 'raw_spinlock');
    let leave = (): void => {};
    trial
      .quietly(() => {
        leave = trial.enterHardirq();
      })
      .nested(a)
      .quietly(() => leave())
      .quietly(() => trial.irqsOff())
      .take(a)
      .quietly(() => trial.irqsOn())
      .release(a);
    const [finding] = trial.findings();
    expect(steps(finding).at(-1)).toBe('undefined: interrupts were switched on while A was held, before its release');
  });

  it('a run says on which line', () => {
    const finding = shown(
      scenario({ name: 'switched' }, (kernel) => {
        const a = kernel.rawSpinlock('A');
        const other = kernel.rawSpinlock('B');
        const line = kernel.irq('line', function* handler() {
          yield* a.lock();
          yield* a.unlock();
        });
        function* culprit() {
          yield* other.unlockIrq();
        }
        kernel.task('user', function* user() {
          yield* line.raise();
          yield* other.lockIrq();
          yield* a.lock();
          yield* culprit();
          yield* a.unlock();
        });
      }),
    );
    expect(finding?.where.function).toBe('culprit');
    expect(steps(finding)).toEqual([
      'handler: {IN-HARDIRQ-W} state was registered here',
      'user: A{2:2} was taken',
      `culprit: ${IRQS_ON}`,
    ]);
    const [, taken, on] = finding?.evidence ?? [];
    expect(finding?.where.line).toBe(on?.where.line);
    expect(on?.where.line).toBeLessThan(taken?.where.line ?? 0);
  });
});

describe('what recurs', () => {
  it('is a finding of each function that does so, in the same order of locks too', () => {
    const trial = new Trial();
    const a = trial.lock('A', 'mutex');
    const other = trial.sibling(a);
    for (const by of ['one', 'two', 'one']) trial.take(a, { by }).take(other, { by }).release(other).release(a);
    expect(trial.findings().map(({ where }) => where.function)).toEqual(['one+0x10/0x40', 'two+0x10/0x40']);
  });
});

/** What a run of the scenario shows of interrupts. */
function shown(what: Scenario): Finding | undefined {
  const rules = loadRuleSet();
  const schedule = { strategy: 'rr', seed: 0, depth: 3, preemptRt: undefined } as const;
  const law = { rules, policy: rules.policy('strict') };
  const { findings } = judgeRun({ path: 'switched.ts', scenario: what }, { law, schedule, precise: true });
  return findings.find(({ rule }) => rule === 'inconsistent-lock-state');
}
