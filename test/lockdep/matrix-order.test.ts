import { describe, expect, it } from 'vitest';
import { KINDS, type Kind, MODES, type Mode, REAL_KINDS } from './kinds.js';
import { circleDeadlocks, waitViolation } from './oracle.js';
import { type Lock, Trial } from './script.js';

const CYCLE = 'lock-order-cycle';
const pairs = MODES.flatMap((a) => MODES.map((b) => [a, b] as const));

describe('AB-BA of one kind: how each of the four acquisitions is made', () => {
  const cells = pairs.flatMap(([a1, b1]) => pairs.map(([b2, a2]) => ({ a1, b1, b2, a2 })));
  it.each(cells)('A($a1) B($b1), B($b2) A($a2)', ({ a1, b1, b2, a2 }) => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'rwlock'), trial.lock('B', 'rwlock')];
    trial.nested([a, { mode: a1 }], [b, { mode: b1 }]);
    trial.nested([b, { mode: b2 }], [a, { mode: a2 }]);
    const deadlock = circleDeadlocks([
      { held: a1, wanted: b1 },
      { held: b2, wanted: a2 },
    ]);
    expect(trial.verdict()).toEqual(deadlock ? [`${CYCLE}: A, B`] : []);
  });
});

it('a chain seen before is not judged again', () => {
  const trial = new Trial();
  const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex')];
  trial.nested(a, b);
  for (let i = 0; i < 5; i++) trial.nested(b, a);
  expect(trial.findings()).toMatchObject([{ rule: CYCLE, count: 1 }]);
});

describe('AB-BA with trylocks: who only tries does not wait', () => {
  const cells = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].flatMap((mask) =>
    (['W', 'r'] as const).map((mode) => ({ mask, mode })),
  );
  it.each(cells)('mask $mask of the acquisitions tries, mode $mode', ({ mask, mode }) => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', 'rwsem'), trial.lock('B', 'rwsem')];
    const how = (bit: number) => ({ mode, trylock: (mask & (1 << bit)) !== 0 });
    trial.nested([a, how(0)], [b, how(1)]);
    trial.nested([b, how(2)], [a, how(3)]);
    const deadlock = circleDeadlocks([
      { held: mode, wanted: mode, trylock: how(1).trylock },
      { held: mode, wanted: mode, trylock: how(3).trylock },
    ]);
    expect(trial.verdict()).toEqual(deadlock ? [`${CYCLE}: A, B`] : []);
  });
});

describe('AB-BC-CA: a circle of three in all modes', () => {
  const cells = pairs.flatMap(([a, b]) =>
    pairs.flatMap(([b2, c]) => pairs.map(([c2, a2]) => ({ a, b, b2, c, c2, a2 }))),
  );
  it.each(cells)('A($a) B($b), B($b2) C($c), C($c2) A($a2)', ({ a, b, b2, c, c2, a2 }) => {
    const trial = new Trial();
    const [x, y, z] = [trial.lock('A', 'rwlock'), trial.lock('B', 'rwlock'), trial.lock('C', 'rwlock')];
    trial.nested([x, { mode: a }], [y, { mode: b }]);
    trial.nested([y, { mode: b2 }], [z, { mode: c }]);
    trial.nested([z, { mode: c2 }], [x, { mode: a2 }]);
    const deadlock = circleDeadlocks([
      { held: a, wanted: b },
      { held: b2, wanted: c },
      { held: c2, wanted: a2 },
    ]);
    expect(trial.verdict()).toEqual(deadlock ? [`${CYCLE}: A, B, C`] : []);
  });
});

describe('two kinds in both orders, and in one order twice', () => {
  const modesOf = (kind: Kind): readonly Mode[] => KINDS[kind].modes;
  const cells = REAL_KINDS.flatMap((first) =>
    REAL_KINDS.flatMap((second) =>
      modesOf(first).flatMap((m1) =>
        modesOf(second).flatMap((m2) =>
          ['ABBA', 'ABAB', 'ABBA one task', 'AB B A'].map((order) => ({ first, m1, second, m2, order })),
        ),
      ),
    ),
  );
  it.each(cells)('$first($m1) and $second($m2): $order', ({ first, m1, second, m2, order }) => {
    const trial = new Trial();
    const [a, b] = [trial.lock('A', first), trial.lock('B', second)];
    const expected: string[] = [];
    const expectWait = (outer: Lock, inner: Lock): void => {
      const locks = waitViolation([outer], inner, 'task', false);
      const text = `invalid-wait-context: ${locks?.join(', ')}`;
      if (locks !== undefined && !expected.includes(text)) expected.push(text);
    };
    trial.as(1).nested([a, { mode: m1 }], [b, { mode: m2 }]);
    expectWait(a, b);
    if (order === 'AB B A') {
      trial.nested([b, { mode: m2 }]).nested([a, { mode: m1 }]);
    } else if (order === 'ABAB') {
      trial.as(2, 1).nested([a, { mode: m1 }], [b, { mode: m2 }]);
    } else {
      trial.as(order === 'ABBA' ? 2 : 1, order === 'ABBA' ? 1 : 0).nested([b, { mode: m2 }], [a, { mode: m1 }]);
      expectWait(b, a);
      const deadlock = circleDeadlocks([
        { held: m1, wanted: m2 },
        { held: m2, wanted: m1 },
      ]);
      if (deadlock) expected.push(`${CYCLE}: A, B`);
    }
    expect(trial.verdict()).toEqual(expected.sort());
  });
});

describe('orders of longer chains of writers', () => {
  const orders = [
    'AB BC CA',
    'AB BC AC',
    'AB CD DA',
    'AB CD BC DA',
    'ABC CA',
    'ABC BA',
    'ABC AC',
    'AB BC CD DB',
    'AB CB',
  ];
  const circular: Readonly<Record<string, string>> = {
    'AB BC CA': 'A, B, C',
    'AB CD BC DA': 'A, B, C, D',
    // C is no direct dependency of A: taking B in between waited, which proves A before B before C.
    'ABC CA': 'A, B, C',
    'ABC BA': 'A, B',
    'AB BC CD DB': 'B, C, D',
  };
  const cells = orders.flatMap((order) =>
    (['raw_spinlock', 'spinlock', 'mutex', 'rt_mutex', 'local_lock'] as const).map((kind) => ({ order, kind })),
  );
  it.each(cells)('$order of $kind', ({ order, kind }) => {
    const trial = new Trial();
    const locks = new Map(['A', 'B', 'C', 'D'].map((name) => [name, trial.lock(name, kind)]));
    order.split(' ').forEach((word, i) => {
      const chain = [...word].map((letter) => locks.get(letter)).filter((lock) => lock !== undefined);
      trial.as(i + 1).nested(...chain);
    });
    const cycle = circular[order];
    expect(trial.verdict()).toEqual(cycle === undefined ? [] : [`${CYCLE}: ${cycle}`]);
  });
});
