import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/model/finding.js';
import { Trial } from './script.js';

/** The recorded kernel's own lockdep as a second judge: its context bits move while it is on, and stay when it has reported. */

type Setting = 'alive' | 'frozen' | 'ends' | 'simulated' | 'no bits';

function abba(setting: Setting): { trial: Trial; findings: Finding[] } {
  const trial = new Trial({ lockdep: setting !== 'no bits' }, { simulated: setting === 'simulated' });
  const [a, b, c] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex'), trial.lock('C', 'raw_spinlock')];
  trial.nested(c).nested(a, b);
  if (setting === 'frozen') trial.frozen = trial.lockdepBits();
  trial.nested(b, a);
  if (setting !== 'ends') trial.irqsOff().nested(c).irqsOn().nested(c);
  return { trial, findings: trial.findings() };
}

describe("the recorded kernel's lockdep", () => {
  it.each([
    ['alive', 'possible', 'warning'],
    ['frozen', 'certain', 'error'],
    ['ends', 'certain', 'error'],
    ['simulated', 'certain', 'error'],
    ['no bits', 'certain', 'error'],
  ] as const)('%s: %s', (setting, confidence, severity) => {
    const { findings } = abba(setting);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ rule: 'lock-order-cycle', confidence, severity });
    const said = findings[0]?.evidence.some(({ what }) => what.includes('was on and silent'));
    expect(said).toBe(setting === 'alive');
  });

  it('is watched on the CPU of the finding only', () => {
    const trial = new Trial({}, { simulated: false });
    const [a, b, c] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex'), trial.lock('C', 'raw_spinlock')];
    trial.nested(a, b).as(2, 1).nested(c).as(1, 0).nested(b, a);
    trial.as(2, 1).irqsOff().nested(c).irqsOn();
    expect(trial.findings()[0]).toMatchObject({ severity: 'error' });
  });

  it('that was off when a finding was made has no say in it', () => {
    const trial = new Trial({}, { simulated: false });
    const [a, b, c] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex'), trial.lock('C', 'raw_spinlock')];
    trial.nested(a, b);
    trial.frozen = trial.lockdepBits();
    trial.irqsOff().nested(c).irqsOn(); // the bits say on, the processor says off: it has reported
    trial.nested(b, a);
    trial.frozen = undefined;
    trial.irqsOff().nested(c).irqsOn(); // reset, as between two cases of the selftest
    expect(trial.findings()[0]).toMatchObject({ severity: 'error' });
  });

  it('that reported a finding and was reset later does not take it back', () => {
    const trial = new Trial({}, { simulated: false });
    const [a, b, c] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex'), trial.lock('C', 'raw_spinlock')];
    trial.nested(a, b);
    trial.frozen = trial.lockdepBits();
    trial.nested(b, a).irqsOff().nested(c).irqsOn();
    trial.frozen = undefined;
    trial.irqsOff().nested(c).irqsOn();
    expect(trial.findings()[0]).toMatchObject({ severity: 'error' });
  });

  it('that froze is not believed about contexts any more', () => {
    const trial = new Trial({}, { simulated: false });
    const [a, b] = [trial.lock('A', 'spinlock'), trial.lock('B', 'spinlock')];
    trial.nested(b);
    trial.frozen = trial.lockdepBits();
    trial
      .hardirq(() => trial.nested(a))
      .irqsOff()
      .nested(a)
      .irqsOn();
    // Frozen bits say that A was taken with interrupts on each time: they must not make it inconsistent.
    expect(trial.verdict()).toEqual([]);
    expect(trial.validator.state.classes.observedUsage(1)).toBe(0b0001);
  });

  it('knows classes apart that the events show as one: the finding goes, and the instance has a class of its own', () => {
    const trial = new Trial({}, { simulated: false });
    const [a, c] = [trial.lock('A', 'mutex'), trial.lock('C', 'raw_spinlock')];
    const other = trial.sibling(a);
    trial.nested(c).nested(a, other).irqsOff().nested(c).irqsOn().nested(a, other).nested(other, a);
    // Silent about the nesting, it kept the two apart: then both orders are a cycle of two classes.
    expect(trial.verdict()).toEqual(['lock-order-cycle: A, A/1']);
  });

  it('a nesting that it reported stands', () => {
    const trial = new Trial({}, { simulated: false });
    const [a, c] = [trial.lock('A', 'mutex'), trial.lock('C', 'raw_spinlock')];
    trial.nested(c);
    trial.frozen = trial.lockdepBits();
    trial.nested(a, trial.sibling(a)).irqsOff().nested(c).irqsOn();
    expect(trial.findings()[0]).toMatchObject({ rule: 'recursive-lock', severity: 'error' });
  });
});
