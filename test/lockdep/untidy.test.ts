import { describe, expect, it } from 'vitest';
import { AcquireHas, TaskState } from '../../src/model/events.js';
import { type Kind, MODES } from './kinds.js';
import { blocks } from './oracle.js';
import { type Lock, Trial } from './script.js';

/** Recordings lose releases, and begin in the middle. What follows tells a lost release from a fault. */

const SPINNING: readonly Kind[] = ['raw_spinlock', 'spinlock', 'rwlock'];

function edges(trial: Trial): string[] {
  const { graph, classes } = trial.validator.state;
  const found: string[] = [];
  for (let edge = 0; edge < graph.edgeLimit; edge++) {
    if (graph.kindsOf(edge) === 0) continue;
    found.push(`${classes.displayName(graph.fromOf(edge))}>${classes.displayName(graph.toOf(edge))}`);
  }
  return found.sort();
}

const lost = (trial: Trial): number => trial.validator.state.lostReleases;

describe('a spinning lock whose release was lost', () => {
  const signs: readonly { what: string; show(trial: Trial, other: Lock, rq: Lock): void }[] = [
    { what: 'preemption depth 0 at an acquisition', show: (t, m) => t.nested(m) },
    { what: 'preemption depth 0 where memory is freed', show: (t, m) => t.free(m) },
    { what: 'preemption depth 0 where interrupts are switched on', show: (t) => t.irqsOff().irqsOn() },
    { what: 'preemption depth 0 at might_sleep()', show: (t) => t.mightSleep() },
    { what: 'user mode', show: (t) => t.userMode() },
    { what: 'a voluntary switch', show: (t, _, rq) => t.take(rq).switchTo(2).as(1).release(rq) },
  ];
  it.each(signs.flatMap((sign) => SPINNING.map((kind) => ({ ...sign, kind }))))('$kind: $what', ({ kind, show }) => {
    const trial = new Trial();
    // mutex_lock() disables preemption before it tells lockdep, rt_mutex_lock() does not.
    const [a, m] = [trial.lock('A', kind), trial.lock('M', 'rt_mutex')];
    trial.take(a).loseRelease(a);
    show(trial, m, trial.lock('&rq->__lock', 'raw_spinlock'));
    trial.as(1).nested(m);
    expect(trial.verdict()).toEqual([]);
    expect([edges(trial).filter((edge) => !edge.endsWith('rq->__lock')), lost(trial)]).toEqual([[], 1]);
  });

  it('is dropped while others below and above stay', () => {
    const trial = new Trial();
    const [m, a, n] = [trial.lock('M', 'mutex'), trial.lock('A', 'spinlock'), trial.lock('N', 'rt_mutex')];
    trial.take(m).take(a).loseRelease(a).take(n).release(n).release(m);
    expect(trial.verdict()).toEqual([]);
    expect([edges(trial), lost(trial)]).toEqual([['M>A', 'M>N'], 1]);
  });

  it('takes its dependencies and findings with it', () => {
    const trial = new Trial();
    const [a, b, c] = [trial.lock('A', 'spinlock'), trial.lock('B', 'spinlock'), trial.lock('C', 'mutex')];
    trial.nested(b, a);
    trial
      .take(a)
      .loseRelease(a)
      .preemptOff()
      .take(b)
      .release(b)
      .preemptOff()
      .take(c, { trylock: true })
      .release(c)
      .preemptOn()
      .preemptOn();
    trial.userMode();
    expect(trial.verdict()).toEqual([]);
    expect(edges(trial)).toEqual(['B>A']);
  });

  it('but a dependency that another holding confirms stands', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex')];
    trial.take(a).take(b).release(b).loseRelease(a).userMode();
    trial.as(2, 1).nested(a, b);
    trial.end();
    expect(edges(trial)).toEqual(['A>B']);
  });

  it('a chain is judged again after its dependency was withdrawn', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex')];
    for (const pid of [1, 2]) trial.as(pid, pid).take(a).take(b).release(b).loseRelease(a).userMode();
    expect(edges(trial)).toEqual([]);
    trial.nested(a, b);
    expect(edges(trial)).toEqual(['A>B']);
  });

  it('held with preemption off across a voluntary switch is no lost release', () => {
    const trial = new Trial();
    const [a, m] = [trial.lock('A', 'spinlock'), trial.lock('M', 'rt_mutex')];
    trial.take(a).switchTo(2).as(1).take(m, { trylock: true }).release(m).release(a);
    trial.end();
    expect(lost(trial)).toBe(0);
    expect(trial.validator.state.unknownReleases).toBe(0);
  });

  it('the scheduler takes its own lock before the switch: that one stays', () => {
    const trial = new Trial();
    const [a, rq] = [trial.lock('A', 'spinlock'), trial.lock('rq', 'raw_spinlock')];
    trial.take(a).loseRelease(a).preemptOff().take(rq).preemptOn();
    trial.switchTo(2).as(1).release(rq);
    expect([trial.verdict(), trial.validator.state.unknownReleases]).toEqual([[], 0]);
  });

  it('without flags nothing is concluded from a depth', () => {
    const trial = new Trial({ flags: false });
    const [a, m] = [trial.lock('A', 'spinlock'), trial.lock('M', 'mutex')];
    trial.take(a).nested(m).release(a).end();
    expect(lost(trial)).toBe(0);
  });
});

describe('the same instance again', () => {
  const kinds: readonly Kind[] = ['raw_spinlock', 'rwlock', 'mutex', 'rwsem'];
  const cells = kinds.flatMap((kind) =>
    MODES.flatMap((held) => MODES.map((taken) => ({ kind, held, taken }))).filter(
      ({ held, taken }) =>
        kind === 'rwlock' || (kind === 'rwsem' ? held !== 'R' && taken !== 'R' : held === 'W' && taken === 'W'),
    ),
  );

  it.each(cells)('$kind: $taken inside $held, and the task goes on', ({ kind, held, taken }) => {
    const trial = new Trial();
    const [a, m] = [trial.lock('A', kind), trial.lock('M', 'mutex')];
    trial.take(a, { mode: held }).loseRelease(a).take(a, { mode: taken }).release(a).nested(m);
    // Readers of both kinds may hold it twice: one release is missing, but which one does not matter.
    trial.userMode();
    expect(trial.verdict()).toEqual([]);
    expect(edges(trial)).toEqual([]);
    expect(lost(trial)).toBe(1);
  });

  it.each(cells)('$kind: $taken inside $held, and both are released', ({ kind, held, taken }) => {
    const trial = new Trial();
    const a = trial.lock('A', kind);
    trial.take(a, { mode: held }).take(a, { mode: taken }).release(a).release(a).nested(trial.lock('M', 'mutex'));
    // A writer cannot have had it twice, so no such recording is whole; a reader that waits behind writers can.
    const recursion = held !== 'W' && taken === 'r';
    expect(trial.verdict().filter((text) => text.startsWith('recursive'))).toEqual(
      recursion ? ['recursive-lock: A'] : [],
    );
  });

  it.each(cells)('$kind: $taken inside $held, and nothing follows', ({ kind, held, taken }) => {
    const trial = new Trial();
    const a = trial.lock('A', kind);
    trial.take(a, { mode: held }).take(a, { mode: taken });
    expect(trial.verdict()).toEqual(blocks(held, taken) ? ['recursive-lock: A'] : []);
    expect(lost(trial)).toBe(0);
  });

  it('a task that spins may still be interrupted', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'spinlock'), trial.lock('B', 'spinlock')];
    trial
      .take(a)
      .take(a)
      .hardirq(() => trial.nested(b));
    expect(trial.verdict()).toEqual(['recursive-lock: A']);
  });

  it('a task that sleeps on a mutex still takes the locks of the wait itself', () => {
    const trial = new Trial();
    const [a, wait] = [trial.lock('A', 'mutex'), trial.lock('&lock->wait_lock', 'raw_spinlock')];
    trial.take(a).take(a).take(wait).release(wait).switchTo(2);
    expect(trial.verdict()).toEqual(['recursive-lock: A']);
  });

  it('but one that spins cannot take another', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'spinlock'), trial.lock('B', 'raw_spinlock')];
    trial.take(a).loseRelease(a).take(a).take(b).release(b).release(a);
    expect(trial.verdict()).toEqual([]);
  });

  it('a trylock of what the task holds had lost its release too', () => {
    const trial = new Trial();
    const [a, m] = [trial.lock('A', 'mutex'), trial.lock('M', 'mutex')];
    trial.take(a).take(a, { trylock: true }).take(m).release(m).release(a);
    expect(trial.verdict()).toEqual([]);
    expect([lost(trial), edges(trial)]).toEqual([1, ['A>M']]);
  });

  it('a deadlock with itself counts once however it is met', () => {
    const trial = new Trial();
    const a = trial.lock('A', 'mutex');
    trial.take(a).take(a);
    const [finding] = trial.findings();
    expect(finding).toMatchObject({ count: 1, severity: 'error', confidence: 'certain' });
  });

  it('pseudo locks that are not validated nest freely', () => {
    const trial = new Trial();
    const rcu = trial.lock('rcu_read_lock', 'rcu_read_lock');
    trial.take(rcu).take(rcu).release(rcu).release(rcu);
    expect([trial.verdict(), lost(trial)]).toEqual([[], 0]);
  });
});

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

describe('provisional findings', () => {
  it('a cycle rests on the held lock: it stands when that is released', () => {
    for (const released of [true, false]) {
      const trial = new Trial();
      const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex')];
      trial.nested(a, b).take(b).take(a).release(a);
      if (released) trial.release(b);
      else trial.lose().userMode();
      expect(trial.verdict()).toEqual(released ? ['lock-order-cycle: A, B'] : []);
    }
  });

  it('at the end of the recording they stand unless their task went on for long', () => {
    for (const further of [10, 600]) {
      const trial = new Trial();
      const [a, b, c] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex'), trial.lock('C', 'mutex')];
      trial.nested(a, b).take(b).take(a).release(a);
      for (let i = 0; i < further; i++) trial.nested(c);
      expect(trial.verdict()).toEqual(further === 10 ? ['lock-order-cycle: A, B'] : []);
    }
  });

  it.each([
    ['held-lock-freed', (t: Trial, a: Lock) => t.take(a).free(a)],
    [
      'inconsistent-lock-state',
      (t: Trial, a: Lock) =>
        t
          .hardirq(() => t.nested(a))
          .irqsOff()
          .take(a)
          .irqsOn(),
    ],
    [
      'irq-lock-inversion',
      (t: Trial, a: Lock, b: Lock) =>
        t
          .hardirq(() => t.nested(a))
          .nested(b)
          .irqsOff()
          .take(a)
          .take(b)
          .release(b)
          .irqsOn(),
    ],
    ['invalid-wait-context', (t: Trial, a: Lock, _: Lock, m: Lock) => t.take(a).take(m).release(m)],
  ] as const)('%s falls when the release was lost', (rule, provoke) => {
    for (const released of [true, false]) {
      const trial = new Trial();
      const [a, b, m] = [trial.lock('A', 'raw_spinlock'), trial.lock('B', 'raw_spinlock'), trial.lock('M', 'mutex')];
      provoke(trial, a, b, m);
      if (released) trial.release(a);
      else trial.loseRelease(a).userMode();
      const rules = trial.findings().map((finding) => finding.rule);
      if (released) expect(rules).toContain(rule);
      else expect(rules.filter((found) => found === rule && rule !== 'irq-lock-inversion')).toEqual([]);
    }
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
