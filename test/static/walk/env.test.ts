import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Env } from '../../../src/static/walk/env.js';
import { constant, join, type Value, valueKey } from '../../../src/static/walk/value.js';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const assignments = fc.array(
  fc.tuple(fc.constantFrom(...NAMES), fc.option(fc.nat(5).map(constant), { nil: undefined })),
  { maxLength: 12 },
);

/** The same as a table. */
function tableOf(steps: readonly (readonly [string, Value | undefined])[]): Map<string, Value> {
  const table = new Map<string, Value>();
  for (const [name, value] of steps) {
    if (value === undefined) table.delete(name);
    else table.set(name, value);
  }
  return table;
}

function keysOf(get: (name: string) => Value | undefined): (string | undefined)[] {
  return NAMES.map((name) => {
    const value = get(name);
    return value && valueKey(value);
  });
}

describe('Env', () => {
  it('is a table that never changes', () => {
    fc.assert(
      fc.property(assignments, fc.constantFrom(...NAMES), (steps, name) => {
        const env = steps.reduce((at, [key, value]) => at.with(key, value), Env.empty());
        const before = keysOf((key) => env.get(key));
        expect(before).toEqual(keysOf((key) => tableOf(steps).get(key)));
        env.with(name, constant('other'));
        expect(keysOf((key) => env.get(key))).toEqual(before);
      }),
    );
  });

  it('joins what both have, whatever the order of their names', () => {
    fc.assert(
      fc.property(assignments, assignments, assignments, (common, left, right) => {
        const start = common.reduce((at, [key, value]) => at.with(key, value), Env.empty());
        const of = (steps: typeof left): Env => steps.reduce((at, [key, value]) => at.with(key, value), start);
        const [a, b] = [tableOf([...common, ...left]), tableOf([...common, ...right])];
        const joined = of(left).joined(of(right));
        const wanted = (name: string): Value | undefined => {
          const [mine, other] = [a.get(name), b.get(name)];
          return mine === undefined || other === undefined ? undefined : join(mine, other);
        };
        expect(keysOf((name) => joined.get(name))).toEqual(keysOf(wanted));
        expect(joined.isIn(joined)).toBe(true);
        expect(of(left).isIn(of(right))).toBe(
          [...a].every(([name, value]) => {
            const other = b.get(name);
            return other !== undefined && valueKey(other) === valueKey(value);
          }),
        );
      }),
    );
  });
});
