import { describe, expect, it } from 'vitest';
import { loadScenarioFile } from '../../src/cli/load.js';
import { runCampaign } from '../../src/sim/run/campaign.js';
import { cellOf, FOLDER, lawFor, POLICIES, schedules, shipped, stated } from './shipped.js';

const laws = POLICIES.map(lawFor);

describe('shipped scenarios', () => {
  const table = stated();

  it('are all in the README, and nothing else is', () => {
    expect([...table.keys()].sort()).toEqual(shipped().sort());
  });

  for (const [name, cells] of table) {
    it(`${name} has its stated verdicts`, async () => {
      const path = `${FOLDER}/${name}.ts`;
      const [scenario] = await loadScenarioFile(path);
      if (scenario === undefined) throw new Error(`${path} has no scenario`);
      expect(scenario.options.name).toBe(name);
      const found: string[] = [];
      for (const law of laws) {
        for (const preemptRt of [false, true]) {
          const possible = !(preemptRt && scenario.options.preemptCount === false);
          const run = possible ? runCampaign({ path, scenario }, { law, schedules: schedules(preemptRt) }) : undefined;
          found.push(run === undefined ? 'n/a' : cellOf(run.findings));
        }
      }
      expect(found).toEqual(cells);
    });
  }

  for (const name of ['page-nolock-under-raw', 'kmalloc-nolock-under-raw', 'rcu-kvfree-lockless']) {
    it(`${name} is clean under policy lockless`, async () => {
      const path = `${FOLDER}/${name}.ts`;
      const [scenario] = await loadScenarioFile(path);
      if (scenario === undefined) throw new Error(`${path} has no scenario`);
      const law = lawFor('lockless');
      expect(cellOf(runCampaign({ path, scenario }, { law, schedules: schedules(false) }).findings)).toBe('-');
    });
  }
});
