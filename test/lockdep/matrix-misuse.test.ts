import { describe, expect, it } from 'vitest';
import { TaskState } from '../../src/model/events.js';
import { CONTEXTS, type Context, type Kind, REAL_KINDS } from './kinds.js';
import { type Lock, Trial } from './script.js';

/** A situation, and the rule that it breaks. */
interface Situation {
  readonly what: string;
  readonly rule?: string;
  /** In task context only. */
  readonly taskOnly?: boolean;
  run(trial: Trial, a: Lock, b: Lock): void;
}

const SITUATIONS: readonly Situation[] = [
  { what: 'taken and released', run: (t, a) => t.nested(a) },
  {
    what: 'released in the order of taking',
    run: (t, a, b) => t.take(b, { trylock: true }).take(a, { trylock: true }).release(b).release(a),
  },
  { what: 'released twice', rule: 'unlock-not-held', run: (t, a) => t.nested(a).release(a).preemptOff() },
  {
    what: 'another instance is released',
    rule: 'unlock-not-held',
    run: (t, a) => {
      const other = t.sibling(a);
      t.nested(other).take(a).release(other).preemptOff().release(a);
    },
  },
  { what: 'freed while held', rule: 'held-lock-freed', run: (t, a) => t.take(a).free(a).release(a) },
  {
    what: 'its last byte freed while held',
    rule: 'held-lock-freed',
    run: (t, a) => t.take(a).free(a, -47, 1).release(a),
  },
  {
    what: 'memory up to its first byte freed',
    rule: 'held-lock-freed',
    run: (t, a) => t.take(a).free(a, 15, 16).release(a),
  },
  { what: 'memory before it freed', run: (t, a) => t.take(a).free(a, 16, 16).release(a) },
  { what: 'memory behind it freed', run: (t, a) => t.take(a).free(a, -48, 16).release(a) },
  { what: 'freed when released', run: (t, a) => t.nested(a).free(a) },
  {
    what: 'under a nest lock that is not held',
    rule: 'nest-lock-not-held',
    run: (t, a, b) => t.take(a, { nest: b, trylock: true }).release(a),
  },
  {
    what: 'under a nest lock that was released',
    rule: 'nest-lock-not-held',
    run: (t, a, b) => t.take(b, { trylock: true }).release(b).take(a, { nest: b, trylock: true }).release(a),
  },
  {
    what: 'under a nest lock',
    run: (t, a, b) => t.take(b, { trylock: true }).take(a, { nest: b, trylock: true }).release(a).release(b),
  },
  {
    what: 'held at exit',
    rule: 'held-at-exit',
    taskOnly: true,
    run: (t, a) => t.take(a).take(t.lock('rq', 'raw_spinlock'), { trylock: true }).switchTo(2, TaskState.Dead),
  },
  { what: 'released before exit', taskOnly: true, run: (t, a) => t.nested(a).switchTo(2, TaskState.Dead) },
  {
    what: 'released by another task',
    rule: 'unlock-not-held',
    taskOnly: true,
    run: (t, a) =>
      t.nested(a).as(2, 1).take(a).as(1).release(a).preemptOff().as(2, 1).release(a).as(1).nested(t.lock('C', 'mutex')),
  },
];

const cells = SITUATIONS.flatMap((situation) =>
  REAL_KINDS.flatMap((kind: Kind) =>
    CONTEXTS.filter((context: Context) => context === 'task' || !situation.taskOnly).map((context) => ({
      what: situation.what,
      situation,
      kind,
      context,
    })),
  ),
);

describe('misuse', () => {
  it.each(cells)('$kind in $context: $what', ({ situation, kind, context }) => {
    const trial = new Trial();
    const a = trial.lock('A', kind);
    const b = trial.lock('B', kind);
    trial.within(context, () => situation.run(trial, a, b));
    const findings = trial.findings().filter((finding) => finding.rule !== 'invalid-wait-context');
    const rules = situation.rule === undefined ? [] : [`${situation.rule}: A`];
    expect(findings.map((finding) => `${finding.rule}: ${finding.locks.join(', ')}`)).toEqual(rules);
  });

  it('names every lock that is held at exit, but not the scheduler lock that the exit itself takes', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'rwsem')];
    trial.take(a).take(b, { mode: 'r' }).take(trial.lock('&rq->__lock', 'raw_spinlock'));
    trial.switchTo(2, TaskState.Dead);
    expect(trial.verdict()).toEqual(['held-at-exit: A, B']);
  });
});

it.each(['mutex', 'work'] as const)(
  'spinlocks one after another under a %s as nest lock are no failed attempts',
  (kind) => {
    const trial = new Trial();
    const [n, a] = [trial.lock('N', kind), trial.lock('A', 'spinlock')];
    const other = trial.sibling(a);
    trial.take(n).take(a, { nest: n }).release(a).take(other, { nest: n }).release(other).release(n);
    expect(trial.verdict()).toEqual([]);
  },
);

describe('what lockdep_set_class() and downgrade change', () => {
  it('a lock goes on under its new class', () => {
    const trial = new Trial();
    const [a, b, c] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex'), trial.lock('C', 'mutex')];
    trial.nested(c, b).take(a);
    trial.setClass(a, 'B', b);
    trial.take(c).release(c).release(a);
    expect(trial.verdict()).toEqual(['lock-order-cycle: B, C']);
  });

  it('the locks above it are taken again', () => {
    const trial = new Trial();
    const [a, b, c] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex'), trial.lock('C', 'mutex')];
    trial.nested(c, b).take(a).take(c);
    trial.setClass(a, 'B', b);
    trial.release(c).release(a);
    expect(trial.verdict()).toEqual(['lock-order-cycle: B, C']);
  });

  it('the old class keeps nothing of what follows', () => {
    const trial = new Trial();
    const [a, b, c] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex'), trial.lock('C', 'mutex')];
    trial.nested(c, a).take(a);
    trial.setClass(a, 'B', b);
    trial.take(c).release(c).release(a);
    expect(trial.verdict()).toEqual([]);
  });

  it('a downgraded writer blocks like a reader', () => {
    const verdicts = [true, false].map((downgraded) => {
      const trial = new Trial();
      const [a, b] = [trial.lock('A', 'rwsem'), trial.lock('B', 'rwlock')];
      trial.take(a);
      if (downgraded) trial.downgrade(a);
      trial.take(b, { mode: 'W' }).release(b).release(a);
      trial.take(b, { mode: 'W' }).take(a, { mode: 'R' }).release(a).release(b);
      return trial.verdict().filter((line) => line.startsWith('lock-order'));
    });
    expect(verdicts).toEqual([[], ['lock-order-cycle: A, B']]);
  });
});
