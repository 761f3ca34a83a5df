import { describe, expect, it } from 'vitest';
import { create } from 'xmlbuilder2';
import { Parameters, runBench } from '../../../src/rcu/bench/index.js';
import { benchPlots } from '../../../src/report/rcu-bench-plots.js';
import { benchText } from '../../../src/report/rcu-bench-text.js';

const SMALL = ['flood-cpus=1', 'flood-step=4', 'gp-cpus=1', 'gp-ms=20', 'oom-objects=600', 'machine-mib=1'];

describe('plots of the bench', async () => {
  const parameters = new Parameters(SMALL, { quick: true });
  const bench = await runBench(['cache', 'flood', 'latency', 'oom', 'machine'], parameters, () => 0);
  const plots = await benchPlots(bench);

  it('are SVG that is well-formed, one file a question', () => {
    expect(plots.map(({ file }) => file)).toEqual([
      'cache-misses.svg',
      'flood-outstanding.svg',
      'flood-limit.svg',
      'latency-ways.svg',
      'latency-scaling.svg',
      'oom-list-share.svg',
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
    expect(text).toMatch(/^raw-zone-lock +4 .* &zone->lock /m);
    expect(text).toMatch(/^\* flood-step=4 /m);
  });
});
