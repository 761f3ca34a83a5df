import { describe, expect, it } from 'vitest';
import type { FloodMethod } from '../../../src/model/rcu-bench.js';
import { flood } from '../../../src/rcu/bench/flood.js';
import { floodFigures } from '../../../src/rcu/bench/flood-search.js';
import { countGracePeriods } from '../../../src/rcu/bench/grace-periods.js';
import { Parameters } from '../../../src/rcu/bench/parameters.js';

const METHODS = ['call_rcu', 'kvfree-list', 'kvfree-arrays'] as const;
/** Objects that are dear to make: CPUs have enough of a few. */
const DEAR = 'flood-work-ns=2000';
const parameters = new Parameters([DEAR], { quick: true });
const low = (method: FloodMethod) => flood({ method, cpus: 2, rate: 0.1 }, parameters).run;

describe('floods', () => {
  it.each(METHODS)('%s keeps up with a low rate, loses to a high one, and frees everything in the end', (method) => {
    const few = low(method);
    expect(few).toMatchObject({ runsAway: false, allFreed: true });
    expect(few.gracePeriods).toBeGreaterThan(5);
    // What is outstanding is what a few grace periods take, not what came in all.
    expect(few.peak).toBeLessThan(few.produced / 2);
    const many = flood({ method, cpus: 1, rate: 1 }, parameters).run;
    expect(many).toMatchObject({ runsAway: true, allFreed: true });
    // Into arrays where there are any.
    expect(few.inArrays > 0.9).toBe(method === 'kvfree-arrays');
    if (method !== 'kvfree-arrays') expect(few.inArrays).toBe(0);
  });

  it('come out the same every time, and otherwise with another machine', () => {
    const of = { method: 'kvfree-arrays', cpus: 2, rate: 0.1 } as const;
    const once = flood(of, parameters);
    expect(flood(of, parameters)).toEqual(once);
    expect(flood(of, new Parameters([DEAR, 'memory-ns=800'], { quick: true }))).not.toEqual(once);
  });

  it('tell a backlog from interrupts that cannot hand in so much', () => {
    // 64 objects an interrupt at the most.
    const seldom = new Parameters(['flood-irq-us=1000', 'flood-jiffy-us=5000'], { quick: true });
    const { run } = flood({ method: 'call_rcu', cpus: 1, rate: 0.1 }, seldom);
    expect(run).toMatchObject({ runsAway: true, behind: true, allFreed: true });
    expect(flood({ method: 'call_rcu', cpus: 1, rate: 1 }, parameters).run).toMatchObject({ behind: false });
  });
});

describe('the search for the highest rate', () => {
  it('ends at neighbouring rates of which the lower holds and the higher runs away, however far from the first', () => {
    const settings = [DEAR, 'flood-cpus=1', 'gp-cpus=1', 'gp-ms=10', 'flood-step=4', 'flood-start=0.01'];
    const { limits, runs, series } = floodFigures(new Parameters(settings, { quick: true }));
    expect(limits.map(({ method }) => method)).toEqual(METHODS);
    for (const { method, holds, runsAway, ofInterrupts } of limits) {
      expect(runsAway / holds).toBeCloseTo(4, 1);
      expect(ofInterrupts).toBe(false);
      expect(runs.find((run) => run.method === method && run.rate === holds)?.runsAway).toBe(false);
      expect(runs.find((run) => run.method === method && run.rate === runsAway)?.runsAway).toBe(true);
    }
    expect(series).toHaveLength(6);
    expect(series.every(({ points }) => points.length > 20)).toBe(true);
  });
});

describe('batching', () => {
  it('asks for fewer grace periods', () => {
    const light = new Parameters(['gp-cpus=2', 'gp-gap-us=1000', 'gp-ms=160'], { quick: true });
    const [plain, arrays] = (['call_rcu', 'kvfree-arrays'] as const).map((method) =>
      countGracePeriods(method, 250, light),
    );
    expect(plain?.objects).toBe(arrays?.objects);
    expect(arrays?.gracePeriods).toBeGreaterThan(5);
    expect((plain?.gracePeriods ?? 0) / (arrays?.gracePeriods ?? 1)).toBeGreaterThan(2);
  });
});
