import { describe, expect, it } from 'vitest';
import { AcquireHas, TaskState } from '../../src/model/events.js';
import { edges, Trial } from './script.js';

/** Recordings begin in the middle, lose events, and lack columns. */

describe('a recording that begins in the middle', () => {
  it('releases of what was never seen taken are its beginning', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex')];
    trial.release(a).release(b).nested(a).nested(b);
    expect([trial.verdict(), trial.validator.state.unknownReleases]).toEqual([[], 2]);
  });

  it('a second release is a fault when the task goes on to take something', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex')];
    trial.nested(a).release(a).nested(b);
    expect(trial.verdict()).toEqual(['unlock-not-held: A']);
  });

  it('each such release is an occurrence', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex')];
    trial.nested(a).release(a).nested(b).release(a).nested(b);
    expect(trial.findings()).toMatchObject([{ rule: 'unlock-not-held', count: 2 }]);
  });

  it('and at the end of the recording', () => {
    const trial = new Trial();
    const a = trial.lock('A', 'mutex');
    trial.nested(a).release(a);
    expect(trial.verdict()).toEqual(['unlock-not-held: A']);
  });

  it('but several unmatched releases in a row mean that acquisitions are missing', () => {
    const trial = new Trial();
    const [a, b, c] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex'), trial.lock('C', 'mutex')];
    trial.nested(a).nested(b).release(a).release(b).nested(c).release(a);
    expect([trial.verdict(), trial.validator.state.unknownReleases]).toEqual([[], 3]);
  });

  it('back in user mode a lock that is still held is a fault, unless the recording is known to miss releases', () => {
    for (const whole of [true, false]) {
      const trial = new Trial();
      const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex')];
      if (!whole) trial.take(b).loseRelease(b).take(b).release(b);
      trial.take(a).userMode();
      expect(trial.verdict()).toEqual(whole ? ['held-at-exit: A'] : []);
    }
  });

  it('a task seen from its fork or from user mode on has no unknown beginning', () => {
    for (const begin of ['fork', 'user'] as const) {
      const trial = new Trial();
      const a = trial.lock('A', 'mutex');
      if (begin === 'fork') trial.fork(5).as(5, 1);
      else trial.as(5, 1).userMode();
      trial.release(a).nested(a);
      expect(trial.verdict()).toEqual(['unlock-not-held: A']);
    }
  });

  it('an interrupt does not release what the interrupted code holds', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'raw_spinlock')];
    trial
      .take(a)
      .hardirq(() => trial.take(b).release(a).release(b))
      .release(a);
    expect([trial.verdict(), trial.validator.state.unknownReleases]).toEqual([[], 1]);
  });
});

describe('lost events', () => {
  it('held locks become doubtful: nothing comes of them', () => {
    const trial = new Trial();
    const [a, b, c] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex'), trial.lock('C', 'spinlock')];
    trial.nested(b, a);
    trial.take(a).lose(0, 5).take(b).take(c).release(c).release(b).release(a);
    expect(trial.verdict()).toEqual([]);
    expect(edges(trial)).toEqual(['B>A', 'B>C']);
  });

  it('a doubtful lock makes no dependency and no state', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'spinlock'), trial.lock('B', 'spinlock')];
    trial.hardirq(() => trial.nested(a));
    trial.irqsOff().take(a).lose().take(b, { trylock: true }).release(b);
    trial.take(b).release(b).irqsOn().release(a);
    expect([trial.verdict(), edges(trial)]).toEqual([[], []]);
  });

  it('locks taken on other CPUs are as sure as before', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex')];
    trial.take(a).lose(1).take(b).release(b).release(a).end();
    expect(edges(trial)).toEqual(['A>B']);
  });

  it('an unmatched release afterwards proves nothing', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex')];
    trial.fork(5).as(5).nested(a).lose().release(a).nested(b);
    expect([trial.verdict(), trial.validator.state.unknownReleases]).toEqual([[], 1]);
  });

  it('a deadlock with itself is not concluded over a gap', () => {
    const trial = new Trial();
    const a = trial.lock('A', 'mutex');
    trial.take(a).take(a).lose();
    expect(trial.verdict()).toEqual([]);
  });

  it('nor is an exit with locks held', () => {
    const trial = new Trial();
    trial.take(trial.lock('A', 'mutex')).lose().switchTo(2, TaskState.Dead);
    expect(trial.verdict()).toEqual([]);
  });

  it('interrupt nesting is forgotten', () => {
    const trial = new Trial({ flags: false, lockdep: false });
    const a = trial.lock('A', 'spinlock');
    trial.enterHardirq();
    trial.lose().nested(a).end();
    expect(trial.validator.state.classes.observedUsage(0) & 1).toBe(0);
  });
});

describe('tasks that come and go', () => {
  it('a new task under an old pid holds nothing', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex')];
    trial.as(5, 1).take(a).as(1).fork(5).as(5, 1).nested(b).end();
    expect(edges(trial)).toEqual([]);
    trial.as(5, 1).take(a).switchTo(6, TaskState.Dead).as(5, 1).nested(b);
    expect(edges(trial)).toEqual([]);
  });

  it('idle tasks are one a CPU', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'raw_spinlock'), trial.lock('B', 'raw_spinlock')];
    trial.as(0, 0).take(a).as(0, 1).nested(b).as(0, 0).release(a).end();
    expect(edges(trial)).toEqual([]);
  });
});

describe('what a recording may lack', () => {
  it('stock lines know names only: nesting of one name is possible, not certain', () => {
    const trial = new Trial({ has: 0, lockdep: false });
    const a = trial.lock('A', 'mutex');
    const [b, other] = [trial.lock('B', 'mutex'), trial.sibling(a)];
    trial.nested(a, other).nested(a, b).nested(b, other);
    const findings = trial.findings();
    expect(findings.map(({ rule, severity, confidence }) => [rule, severity, confidence])).toEqual([
      ['lock-order-cycle', 'warning', 'possible'],
    ]);
    expect(trial.validator.state.unjudgedNestings).toBeGreaterThan(0);
  });

  it('with keys but no subclasses levels of nesting fall together', () => {
    const trial = new Trial({ has: AcquireHas.Key | AcquireHas.Wait, lockdep: false });
    const a = trial.lock('A', 'mutex');
    trial.nested(a, trial.sibling(a));
    expect([trial.verdict(), trial.validator.state.unjudgedNestings]).toEqual([[], 1]);
  });

  it('where "read" is all a recording says, readers of sleeping locks do not recurse, those of others do', () => {
    const has = AcquireHas.Key | AcquireHas.Wait | AcquireHas.Subclass | AcquireHas.Check;
    for (const kind of ['rwsem', 'rwlock'] as const) {
      const trial = new Trial({ has });
      const a = trial.lock('A', kind);
      trial.nested([a, { mode: 'r' }], [trial.sibling(a), { mode: 'r' }]);
      expect(trial.verdict()).toEqual(kind === 'rwsem' ? ['recursive-lock: A'] : []);
    }
  });

  it('one key under two names is the key that is never validated', () => {
    const trial = new Trial();
    const a = trial.lock('A', 'mutex');
    const [b, c] = [trial.lock('B', 'mutex', a), trial.lock('C', 'mutex')];
    trial.nested(a).nested(b).nested(a, b).nested(a, c).nested(c, a);
    expect([trial.verdict(), edges(trial)]).toEqual([[], []]);
  });

  it('where the key is known to be, two names on another key mean that its memory is used again', () => {
    const trial = new Trial({}, { noValidateKey: { hi: -1, lo: 0x666 } });
    const a = trial.lock('A', 'mutex');
    const [b, c] = [trial.lock('B', 'mutex', a), trial.lock('C', 'mutex')];
    trial.nested(a).nested(b, c).nested(c, b);
    expect(trial.verdict()).toEqual(['lock-order-cycle: B, C']);
    const silent = new Trial({}, { noValidateKey: { hi: -1, lo: 0x40000100 } });
    const [d, e] = [silent.lock('D', 'mutex'), silent.lock('E', 'mutex')];
    silent.nested(d, e).nested(e, d);
    expect(silent.verdict()).toEqual([]);
  });

  it('interrupts switched on are inferred where no event tells', () => {
    const trial = new Trial({ lockdep: false });
    const a = trial.lock('A', 'spinlock');
    const { h } = trial;
    trial.irqsOff();
    trial.validator.state.seesIrqEvents = false;
    trial.take(a);
    trial.quietly(() => trial.irqsOn());
    trial.release(a).end();
    expect(h.line).toBeGreaterThan(0);
    expect(trial.validator.state.classes.observedUsage(0) & 0b100).toBe(0b100);
  });
});
