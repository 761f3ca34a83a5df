import { describe, expect, it } from 'vitest';
import { KINDS, type Kind, MODES, REAL_KINDS } from './kinds.js';
import { blocks } from './oracle.js';
import { Trial } from './script.js';

const RECURSION = ['recursive-lock: A'];

describe('a class held already is taken again', () => {
  const HOW = ['plain', 'subclass', 'trylock', 'nest lock', 'held by trylock', 'other class in between'] as const;
  const cells = MODES.flatMap((held) => MODES.flatMap((taken) => HOW.map((how) => ({ held, taken, how }))));
  it.each(cells)('$taken inside $held, another instance, $how', ({ held, taken, how }) => {
    const trial = new Trial();
    const a = trial.lock('A', 'rwlock');
    const other = trial.sibling(a);
    const nest = trial.lock('N', 'mutex');
    const between = trial.lock('B', 'raw_spinlock');
    trial.take(nest).take(a, { mode: held, trylock: how === 'held by trylock' });
    if (how === 'other class in between') trial.take(between, { trylock: true });
    trial.take(other, {
      mode: taken,
      trylock: how === 'trylock' || how === 'other class in between',
      subclass: how === 'subclass' ? 1 : 0,
      ...(how === 'nest lock' && { nest }),
    });
    const annotated = how === 'subclass' || how === 'nest lock';
    const tries = how === 'trylock' || how === 'other class in between';
    if (how !== 'nest lock') trial.release(other);
    if (how === 'other class in between') trial.release(between);
    if (how === 'nest lock') trial.release(other);
    trial.release(a).release(nest);
    expect(trial.verdict()).toEqual(blocks(held, taken) && !annotated && !tries ? RECURSION : []);
  });
});

describe('recursion through every kind of lock', () => {
  const cells = REAL_KINDS.flatMap((kind: Kind) =>
    KINDS[kind].modes.flatMap((held) =>
      KINDS[kind].modes.flatMap((taken) => [true, false].map((same) => ({ kind, held, taken, same }))),
    ),
  );
  it.each(cells)('$kind: $taken inside $held, same instance $same', ({ kind, held, taken, same }) => {
    const trial = new Trial();
    const a = trial.lock('A', kind);
    const other = same ? a : trial.sibling(a);
    trial.take(a, { mode: held }).take(other, { mode: taken });
    const deadlocks = blocks(held, taken);
    // Taken twice and blocked: the task never comes to a release.
    if (!(same && deadlocks)) trial.release(other).release(a);
    expect(trial.verdict()).toEqual(deadlocks ? RECURSION : []);
  });
});

describe('nesting levels are classes of their own', () => {
  it.each([
    [0, 1, []],
    [1, 1, ['recursive-lock: A/1']],
    [1, 2, []],
  ] as const)('level %i then level %i', (first, second, expected) => {
    const trial = new Trial();
    const a = trial.lock('A', 'mutex');
    trial.nested([a, { subclass: first }], [trial.sibling(a), { subclass: second }]);
    expect(trial.verdict()).toEqual(expected);
  });

  it('levels taken both ways round make a cycle', () => {
    const trial = new Trial();
    const a = trial.lock('A', 'mutex');
    const b = trial.sibling(a);
    trial.nested(a, [b, { subclass: 1 }]).nested([b, { subclass: 1 }], a);
    expect(trial.verdict()).toEqual(['lock-order-cycle: A, A/1']);
  });

  it('another lock of the same name is another class', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'mutex'), trial.lock('A', 'mutex')];
    trial.nested(a, b).nested(b, a);
    expect(trial.verdict()).toEqual(['lock-order-cycle: A, A#2']);
  });
});
