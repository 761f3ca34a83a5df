import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadScenarioFile } from '../../../src/cli/load.js';
import type { Finding } from '../../../src/model/finding.js';
import { loadRuleSet } from '../../../src/rules/index.js';
import { runCampaign } from '../../../src/sim/run/campaign.js';
import { check } from '../../../src/static/check.js';
import { SEEN_WHEN_IT_HAPPENS, testOptions } from '../want.js';

const rules = loadRuleSet();
const FOLDER = 'fixtures/scenarios';
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3))
  .sort();

/** Rules broken in each scenario as the sources tell. */
const all = new Map<string, Set<string>>();

beforeAll(async () => {
  // Scenarios that break a rule at one place of RCU's code share the finding: one of them is looked at by itself.
  const alone = 'rcu-kvfree-raw-zone-lock';
  const files = names.filter((name) => name !== alone).map((name) => `${FOLDER}/${name}.ts`);
  const { run } = await check(files, testOptions());
  const other = await check([`${FOLDER}/${alone}.ts`], testOptions());
  for (const name of names) {
    const { findings } = name === alone ? other.run : run;
    const own = findings.filter((finding) => touches(finding, `${FOLDER}/${name}.ts`));
    all.set(name, new Set(own.map((finding) => finding.rule)));
  }
}, 120_000);

function touches(finding: Finding, file: string): boolean {
  return [finding.where, ...finding.evidence.map((step) => step.where)].some((where) => where.file === file);
}

/** What some schedule of a scenario shows, but for what can only be seen when it happens. */
async function shown(name: string): Promise<Set<string>> {
  const path = `${FOLDER}/${name}.ts`;
  const [scenario] = await loadScenarioFile(path);
  if (scenario === undefined) throw new Error(`${path} has no scenario`);
  const schedules = [
    { strategy: 'rr' as const, seed: 1, depth: 3, preemptRt: undefined },
    ...[1, 2, 3].map((seed) => ({ strategy: 'random' as const, seed, depth: 3, preemptRt: undefined })),
  ];
  const law = { rules, policy: rules.policy('strict') };
  const { findings } = runCampaign({ path, scenario }, { law, schedules });
  return new Set(findings.map((finding) => finding.rule).filter((rule) => !SEEN_WHEN_IT_HAPPENS.has(rule)));
}

/**
 * What sources say and no schedule of the scenario shows: an allocation or a free under a raw lock may reach the locks of the
 * allocator's slow path, and these scenarios do not let it. Masks that name GFP_RT_NOWAIT are judged by what they say.
 */
const NOT_SHOWN: Readonly<Record<string, readonly string[]>> = {
  'kfree-under-raw': ['invalid-wait-context'],
  'kmalloc-under-raw': ['invalid-wait-context'],
  'page-atomic-under-raw': ['invalid-wait-context'],
  'page-kernel-under-raw': ['invalid-wait-context'],
  'page-nowait-under-raw': ['invalid-wait-context'],
  'page-rt-nowait-mixed': ['gfp-rt-nowait-preemptible', 'invalid-wait-context'],
  'page-rt-nowait-order-1': ['gfp-rt-nowait-preemptible'],
  'page-rt-nowait-preemptible': ['gfp-rt-nowait-preemptible'],
};

describe('shipped scenarios', () => {
  it.each(names)('%s: what a run shows the sources tell, and nothing else', async (name) => {
    const dynamic = await shown(name);
    expect([...dynamic].filter((rule) => all.get(name)?.has(rule) !== true)).toEqual([]);
    const surplus = [...(all.get(name) ?? [])].filter((rule) => !dynamic.has(rule)).sort();
    expect(surplus).toEqual(NOT_SHOWN[name] ?? []);
  });
});
