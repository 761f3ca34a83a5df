import { describe, expect, it } from 'vitest';
import { oomFigures } from '../../../src/rcu/bench/oom.js';
import { Parameters } from '../../../src/rcu/bench/parameters.js';

describe('failing page allocations', () => {
  const parameters = new Parameters(['oom-percent=0,50,99,100'], { quick: true });
  const { rows, recovery } = oomFigures(parameters);
  const sharesOf = (way: string) => rows.filter((row) => row.way === way).map(({ listShare }) => listShare);

  it('lose nothing', () => {
    expect(rows).toHaveLength(9);
    for (const row of rows) expect(row).toMatchObject({ lost: 0, objects: 1200, freed: 1200 });
    for (const run of recovery) expect(run.lost).toBe(0);
  });

  it('send ever more to the list', () => {
    for (const way of ['prefilled', 'lockless']) {
      const shares = sharesOf(way);
      expect(shares.toSorted((a, b) => a - b)).toEqual(shares);
      expect(shares[3]).toBe(1);
    }
    const [none = 1, half = 1, most = 0] = sharesOf('lockless');
    // It asks again with each object, and an array that it got holds 508.
    expect(none).toBe(0);
    expect(half).toBeLessThan(0.02);
    expect(most).toBeGreaterThan(0.05);
    expect(sharesOf('list-only')).toEqual([1]);
  });

  it('are over when memory is back', () => {
    for (const { gone, back, firstArray, drained } of recovery) {
      expect(back).toBeGreaterThan(gone);
      expect(firstArray).toBeGreaterThan(0);
      expect(drained).toBeGreaterThan(firstArray);
    }
  });

  it('come out the same every time', () => {
    const small = new Parameters(['oom-percent=50', 'oom-objects=300'], { quick: true });
    expect(oomFigures(small)).toEqual(oomFigures(small));
  });
});
