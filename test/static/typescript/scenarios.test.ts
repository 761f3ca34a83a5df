import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadScenarioFile } from '../../../src/cli/load.js';
import type { Schedule } from '../../../src/explore/token.js';
import type { Finding } from '../../../src/model/finding.js';
import { loadRuleSet } from '../../../src/rules/index.js';
import { runCampaign } from '../../../src/sim/run/campaign.js';
import type { Scenario } from '../../../src/sim/scenario.js';
import { check } from '../../../src/static/check.js';
import { SEEN_WHEN_IT_HAPPENS, testOptions } from '../want.js';
import { describeModels, MODEL_FILES } from './models.js';
import { withoutPages, withoutSlab, withSlabsToGiveUp } from './witnesses.js';

const rules = loadRuleSet();
const FOLDER = 'fixtures/scenarios';
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3))
  .sort();

/** What the sources of each scenario tell. */
const all = new Map<string, readonly Finding[]>();
let ofModels: readonly Finding[] = [];

beforeAll(async () => {
  // Scenarios that break a rule at one place of RCU's code share the finding: one of them is looked at by itself.
  const alone = 'rcu-kvfree-raw-zone-lock';
  const files = names.filter((name) => name !== alone).map((name) => `${FOLDER}/${name}.ts`);
  const { run } = await check(files, testOptions());
  const other = await check([`${FOLDER}/${alone}.ts`, ...MODEL_FILES], testOptions());
  ofModels = other.run.findings;
  for (const name of names) {
    const { findings } = name === alone ? other.run : run;
    all.set(
      name,
      findings.filter((finding) => touches(finding, `${FOLDER}/${name}.ts`)),
    );
  }
});

function touches(finding: Finding, file: string): boolean {
  return [finding.where, ...finding.evidence.map((step) => step.where)].some((where) => where.file === file);
}

type Machines = (of: Scenario) => readonly Scenario[];

async function scenarioOf(name: string): Promise<Scenario> {
  const [scenario] = await loadScenarioFile(`${FOLDER}/${name}.ts`);
  if (scenario === undefined) throw new Error(`${name} has no scenario`);
  return scenario;
}

function run(name: string, scenario: Scenario, strategies: readonly Schedule[], policy = 'strict'): readonly Finding[] {
  const law = { rules, policy: rules.policy(policy) };
  const { findings } = runCampaign({ path: `${FOLDER}/${name}.ts`, scenario }, { law, schedules: strategies });
  return findings.filter(({ rule }) => !SEEN_WHEN_IT_HAPPENS.has(rule));
}

const BY_THE_CLOCK: Schedule = { strategy: 'rr', seed: 1, depth: 3, preemptRt: undefined };
const SCHEDULES = [
  BY_THE_CLOCK,
  ...[1, 2, 3].map((seed): Schedule => ({ strategy: 'random', seed, depth: 3, preemptRt: undefined })),
];

/**
 * What sources say and no schedule of the scenario shows on its own machine: an allocation or a free under a raw lock may reach the
 * locks of the allocator's slow path, and these scenarios do not let it. With each the machines on which it does, or the policy that
 * makes a run judge it.
 */
const NOT_SHOWN: Readonly<Record<string, { readonly on: Machines; readonly policy?: string }>> = {
  'kfree-under-raw': { on: withSlabsToGiveUp },
  'kmalloc-under-raw': { on: withoutSlab },
  'page-atomic-under-raw': { on: withoutPages },
  'page-kernel-under-raw': { on: withoutPages },
  'page-nowait-under-raw': { on: withoutPages },
  'page-rt-nowait-mixed': { on: withoutPages, policy: 'gfp-rt-nowait' },
  'page-rt-nowait-order-1': { on: withoutPages, policy: 'gfp-rt-nowait' },
  'page-rt-nowait-preemptible': { on: withoutPages, policy: 'gfp-rt-nowait' },
};

/** What no run can show: it sees the value of a mask, and GFP_RT_NOWAIT ored with a flag is that flag. */
const OF_SOURCES: ReadonlySet<string> = new Set(['page-rt-nowait-mixed:8 gfp-rt-nowait-preemptible ']);

describe('shipped scenarios', () => {
  it.each(names)('%s: what a run shows the sources tell, and nothing else', async (name) => {
    const shown = new Set(run(name, await scenarioOf(name), SCHEDULES).map(({ rule }) => rule));
    const told = all.get(name) ?? [];
    expect([...shown].filter((rule) => !told.some((finding) => finding.rule === rule))).toEqual([]);
    const surplus = told.filter(({ rule }) => !shown.has(rule));
    expect(surplus.length > 0).toBe(name in NOT_SHOWN);
  });

  it.each(Object.entries(NOT_SHOWN))(
    '%s: a schedule shows the rest on another machine',
    async (name, { on, policy }) => {
      const scenario = await scenarioOf(name);
      const missing = new Set((all.get(name) ?? []).map((finding) => placeOf(name, finding)));
      for (const finding of run(name, scenario, SCHEDULES)) missing.delete(placeOf(name, finding));
      for (const machine of on(scenario)) {
        for (const finding of run(name, machine, [BY_THE_CLOCK], policy)) missing.delete(placeOf(name, finding));
        if (missing.size === 0) break;
      }
      expect([...missing].filter((place) => !OF_SOURCES.has(place))).toEqual([]);
      // What a run comes to show is no limit any more.
      expect([...OF_SOURCES].filter((place) => place.startsWith(`${name}:`) && !missing.has(place))).toEqual([]);
    },
  );
});

describeModels(() => ofModels);

function placeOf(name: string, { rule, where, locks }: Finding): string {
  return `${name}:${where.line} ${rule} ${locks.join(' ')}`;
}
