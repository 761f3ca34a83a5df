import { describe, expect, it } from 'vitest';
import { create } from 'xmlbuilder2';
import { Parameters, runBench } from '../../../src/rcu/bench/index.js';
import { benchPlots } from '../../../src/report/rcu-bench-plots.js';
import { benchText } from '../../../src/report/rcu-bench-text.js';

const SMALL = [
  ...['flood-cpus=1', 'flood-step=4', 'flood-start=0.05', 'flood-work-ns=2000', 'gp-cpus=1', 'gp-ms=20'],
  ...['latency-cpus=2', 'latency-rounds=1', 'latency-objects=30', 'oom-objects=300', 'machine-mib=1'],
];

describe('plots of the bench', async () => {
  const parameters = new Parameters(SMALL, { quick: true });
  const bench = await runBench(['cache', 'flood', 'latency', 'oom', 'machine'], parameters, () => 0);
  const plots = await benchPlots(bench);

  it('are SVG that is well-formed, one file a question', () => {
    expect(plots.map(({ file }) => file)).toEqual([
      'cache-misses.svg',
      'cache-times.svg',
      'flood-outstanding.svg',
      'flood-limit.svg',
      'grace-periods.svg',
      'latency-ways.svg',
      'latency-scaling.svg',
      'oom-list-share.svg',
      'oom-cost.svg',
      'oom-recovery.svg',
      'machine.svg',
    ]);
    for (const { svg } of plots) {
      const root = create(svg).root().toObject();
      expect(Object.keys(root)).toEqual(['svg']);
      expect(svg).toContain('<path');
    }
    const [cache] = plots;
    expect(cache?.svg).toContain('1/7.94');
    expect(cache?.svg).toContain('arrays');
  });

  it('have the same bytes every time', async () => {
    expect(await benchPlots(bench)).toEqual(plots);
  });

  it('show what the tables show', () => {
    const text = benchText(bench);
    expect(text).toMatch(/^ +64 +8 +256 +1000 +1\.000 +0\.126 +7\.94 /m);
    expect(text).toMatch(/^raw-zone-lock +2 .* &zone->lock /m);
    expect(text).toMatch(/^\* flood-step=4 /m);
    const [outstanding] = bench.flood?.series ?? [];
    const last = outstanding?.points[outstanding.points.length - 1]?.[1].toLocaleString('en');
    expect(text).toMatch(new RegExp(`^call_rcu\\(\\) .* ${last}$`, 'm'));
  });
});
