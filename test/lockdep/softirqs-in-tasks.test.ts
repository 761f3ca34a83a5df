import { describe, expect, it } from 'vitest';
import { Trial } from './script.js';

/**
 * On PREEMPT_RT soft interrupts are part of a task and lockdep_softirq_enter() does nothing: no lock counts as used in one, though the
 * flags column shows them. A recording gives such a kernel away by the lock that it runs them under.
 */
describe.each([true, false])('soft interrupts, the recording with lockdep context bits: %s', (lockdep) => {
  it.each(['softirq_ctrl.lock', '(softirq_ctrl.lock)', undefined])('under %s', (name) => {
    const trial = new Trial({ lockdep });
    const a = trial.lock('A', 'raw_spinlock');
    const ctrl = name === undefined ? undefined : trial.lock(name, 'spinlock');
    trial.take(a).release(a);
    if (ctrl !== undefined) trial.take(ctrl);
    // lockdep's own bits do not tell of it there.
    if (ctrl !== undefined && lockdep) trial.bhOff().take(a).release(a).bhOn();
    else trial.softirq(() => trial.take(a).release(a));
    if (ctrl !== undefined) trial.release(ctrl);
    expect(trial.verdict()).toEqual(name === undefined ? ['inconsistent-lock-state: A'] : []);
  });

  it('a reader that such an interrupt is in counts as one', () => {
    const trial = new Trial({ lockdep });
    const [ctrl, rcu] = [trial.lock('softirq_ctrl.lock', 'spinlock'), trial.lock('rcu_read_lock', 'rcu_read_lock')];
    trial.take(ctrl).take(rcu);
    trial.softirq(() => trial.mightSleep());
    expect(trial.validator.context.rcuReaderDepth).toBe(1);
  });
});
