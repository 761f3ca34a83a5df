import { describe, expect, it } from 'vitest';
import { type Kind, MODES } from './kinds.js';
import { blocks } from './oracle.js';
import { edges, type Lock, Trial } from './script.js';

/** Recordings lose releases, and begin in the middle. What follows tells a lost release from a fault. */

const SPINNING: readonly Kind[] = ['raw_spinlock', 'spinlock', 'rwlock'];

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

  it('and so does one that is held by two, of which one is lost', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex')];
    const [c, d] = [trial.sibling(a), trial.sibling(b)];
    trial.take(a).take(b).release(b).as(2, 1).take(c).take(d).release(d);
    trial.as(1, 0).loseRelease(a).userMode().as(2, 1).release(c).end();
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

  it('a chain that was refused for a withdrawn dependency is judged again', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex')];
    trial.take(a).take(b).release(b);
    trial.as(2, 1).nested(b, a);
    trial.as(1).loseRelease(a).userMode();
    trial.as(2, 1).nested(b, a);
    expect(edges(trial)).toEqual(['B>A']);
    expect(trial.verdict().filter((text) => text.startsWith('lock-order'))).toEqual([]);
  });

  it('no longer limits what the locks above it allow', () => {
    const trial = new Trial();
    const [a, m, n] = [trial.lock('A', 'spinlock'), trial.lock('M', 'mutex'), trial.lock('N', 'rwsem')];
    trial.take(a).loseRelease(a).preemptOff().take(m, { trylock: true }).preemptOn().take(n).release(n).release(m);
    expect([trial.verdict(), lost(trial)]).toEqual([[], 1]);
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

  it('across a voluntary switch makes no dependency afterwards', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'spinlock'), trial.lock('B', 'spinlock')];
    const rq = trial.lock('rq', 'raw_spinlock');
    trial.take(a).loseRelease(a).take(rq).switchTo(2).as(1).release(rq).take(b).release(b);
    expect(trial.verdict()).toEqual([]);
    expect(edges(trial)).not.toContain('A>B');
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

  it('and is no deadlock even if nothing follows', () => {
    const trial = new Trial();
    const a = trial.lock('A', 'mutex');
    trial.take(a).take(a, { trylock: true });
    expect([trial.verdict(), lost(trial)]).toEqual([[], 1]);
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
