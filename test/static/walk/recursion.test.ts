import { describe, expect, it } from 'vitest';
import { TouchedLocks } from '../../../src/static/walk/covered.js';
import { LockStates } from '../../../src/static/walk/lock-state.js';
import { Recursions } from '../../../src/static/walk/recursion.js';
import { alternatives, constant, join, numberOf, type Value } from '../../../src/static/walk/value.js';
import type { CallEnds, CallResult } from '../../../src/static/walk/walk.js';

/** What a call returns, by what those that it calls return; undefined: it does not come to an end. */
type Body = (call: (name: string) => Value | undefined) => Value | undefined;

/** Walks the first of some calls; the numbers that each comes to and how often its body was walked. */
function walked(bodies: Readonly<Record<string, Body>>): Record<string, { numbers: number[]; times: number }> {
  const locks = new LockStates().of({ held: [], irqsOff: false, preempt: 0, bh: 0, lockdepOff: 0 });
  const recursions = new Recursions(new TouchedLocks());
  const results = new Map<string, CallResult>();
  const times = new Map<string, number>();
  const call = (name: string): Value | undefined => {
    let result = results.get(name);
    if (result === undefined) {
      result = {
        call: { parent: undefined, file: '', function: name, line: 0 },
        returns: [],
        throws: [],
        signals: [],
        waits: [],
        unfinished: undefined,
      };
      results.set(name, result);
      const isAll = recursions.walk(result, (): CallEnds => {
        times.set(name, (times.get(name) ?? 0) + 1);
        const v = bodies[name]?.(call);
        const returns = v === undefined ? [] : [{ locks, known: new Map(), v, needs: [], doubtful: false }];
        return { returns, throws: [], signals: [], waits: [] };
      });
      expect(isAll).toBe(true);
    }
    recursions.use(result);
    return result.returns[0]?.v;
  };
  call(Object.keys(bodies)[0] ?? '');
  const numbersOf = (v: Value | undefined): number[] =>
    (v === undefined ? [] : alternatives(v)).map((part) => numberOf(part) ?? Number.NaN).sort((a, b) => a - b);
  return Object.fromEntries(
    [...results].map(([name, { returns, unfinished }]) => {
      expect(unfinished).toBeUndefined();
      return [name, { numbers: numbersOf(returns[0]?.v), times: times.get(name) ?? 0 }];
    }),
  );
}

/** Each number of a value and the next one, as far as three. */
function upToThree(v: Value): Value {
  return alternatives(v)
    .map((part) => constant(Math.min(3, (numberOf(part) ?? 0) + 1)))
    .reduce<Value>(join, v);
}

describe('calls that lead back to themselves', () => {
  it('come to all that any number of turns comes to, each of them', () => {
    const { f, g } = walked({
      f: (call) => {
        const v = call('g');
        return v === undefined ? constant(0) : join(constant(0), upToThree(v));
      },
      g: (call) => call('f'),
    });
    expect(f?.numbers).toEqual([0, 1, 2, 3]);
    expect(g?.numbers).toEqual([0, 1, 2, 3]);
  });

  it('are walked again only where what they used has grown', () => {
    const { f, above, back, beside, alone } = walked({
      f: (call) => {
        call('above');
        call('beside');
        return constant(0);
      },
      above: (call) => call('back'),
      back: (call) => {
        call('f');
        return constant(1);
      },
      beside: (call) => call('alone'),
      alone: () => constant(2),
    });
    // What f returns is news to the one that calls it, whose result is none to the one above.
    expect(back).toEqual({ numbers: [1], times: 2 });
    expect(above).toEqual({ numbers: [1], times: 1 });
    expect(f).toEqual({ numbers: [0], times: 1 });
    expect(beside).toEqual({ numbers: [2], times: 1 });
    expect(alone).toEqual({ numbers: [2], times: 1 });
  });

  it('are done where two rings have a call in common', () => {
    const { a, b, c } = walked({
      a: (call) => call('b'),
      b: (call) => {
        const [one, other] = [call('a'), call('c')];
        const v = one !== undefined && other !== undefined ? join(one, other) : (one ?? other);
        return v === undefined ? constant(0) : join(constant(0), upToThree(v));
      },
      c: (call) => {
        const v = call('b');
        call('c');
        return v;
      },
    });
    expect([a?.numbers, b?.numbers, c?.numbers]).toEqual(Array(3).fill([0, 1, 2, 3]));
  });

  it('that never come to an end come to nothing', () => {
    const { f, g } = walked({ f: (call) => call('g'), g: (call) => call('f') });
    expect([f, g]).toEqual([
      { numbers: [], times: 1 },
      { numbers: [], times: 1 },
    ]);
  });
});
