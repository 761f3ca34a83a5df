import { describe, expect, it } from 'vitest';
import { flood } from '../../../src/rcu/bench/flood.js';
import { floodFigures } from '../../../src/rcu/bench/flood-search.js';
import { countGracePeriods } from '../../../src/rcu/bench/grace-periods.js';
import { Parameters } from '../../../src/rcu/bench/parameters.js';

const METHODS = ['call_rcu', 'kvfree-list', 'kvfree-arrays'] as const;
const parameters = new Parameters([], { quick: true });

describe('floods', () => {
  it.each(METHODS)('%s keeps up with a low rate, loses to a high one, and frees everything in the end', (method) => {
    const low = flood({ method, cpus: 2, rate: 0.4 }, parameters).run;
    expect(low).toMatchObject({ runsAway: false, allFreed: true });
    expect(low.gracePeriods).toBeGreaterThan(5);
    // What is outstanding is what a few grace periods take, not what came in all.
    expect(low.peak).toBeLessThan(low.produced / 2);
    const high = flood({ method, cpus: 1, rate: 6 }, parameters).run;
    expect(high).toMatchObject({ runsAway: true, allFreed: true });
  });

  it('put objects into arrays where there are any', () => {
    const shares = METHODS.map((method) => flood({ method, cpus: 1, rate: 0.5 }, parameters).run.inArrays);
    expect(shares[0]).toBe(0);
    expect(shares[1]).toBe(0);
    expect(shares[2]).toBeGreaterThan(0.9);
  });

  it('come out the same every time, and otherwise with another machine', () => {
    const of = { method: 'kvfree-arrays', cpus: 2, rate: 0.5 } as const;
    const once = flood(of, parameters);
    expect(flood(of, parameters)).toEqual(once);
    expect(flood(of, new Parameters(['memory-ns=800'], { quick: true }))).not.toEqual(once);
  });
});

describe('the search for the highest rate', () => {
  it('ends at neighbouring rates of which the lower holds and the higher runs away', () => {
    const { limits, runs, series } = floodFigures(
      new Parameters(['flood-cpus=1', 'flood-step=3', 'gp-ms=10'], { quick: true }),
    );
    expect(limits.map(({ method }) => method)).toEqual(METHODS);
    for (const { method, holds, runsAway } of limits) {
      expect(runsAway / holds).toBeCloseTo(3, 1);
      expect(runs.find((run) => run.method === method && run.rate === holds)?.runsAway).toBe(false);
      expect(runs.find((run) => run.method === method && run.rate === runsAway)?.runsAway).toBe(true);
    }
    expect(series).toHaveLength(6);
    expect(series.every(({ points }) => points.length > 20)).toBe(true);
  });
});

describe('batching', () => {
  it('asks for fewer grace periods', () => {
    const [plain, arrays] = (['call_rcu', 'kvfree-arrays'] as const).map((method) =>
      countGracePeriods(method, 250, parameters),
    );
    expect(plain?.objects).toBe(arrays?.objects);
    expect(arrays?.gracePeriods).toBeGreaterThan(5);
    expect((plain?.gracePeriods ?? 0) / (arrays?.gracePeriods ?? 1)).toBeGreaterThan(2);
  });
});
