import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadScenarioFile } from '../../src/cli/load.js';
import type { Finding } from '../../src/model/finding.js';
import { runCampaign } from '../../src/sim/run/campaign.js';
import { cellOf, lawFor, schedules } from './shipped.js';

/** Rules that no scenario can show. */
const NOT_SIMULATED = ['imported-splat'];
/** Shown by a policy other than the strict one. */
const POLICY: Readonly<Record<string, string>> = { 'gfp-rt-nowait-preemptible': 'gfp-rt-nowait' };

async function findingsOf(rule: string, file: string, preemptRt: boolean): Promise<Finding[]> {
  const path = `rules/${rule}/${file}`;
  const [scenario] = await loadScenarioFile(path);
  if (scenario === undefined) throw new Error(`${path} has no scenario`);
  const law = lawFor(POLICY[rule] ?? 'strict');
  return runCampaign({ path, scenario }, { law, schedules: schedules(preemptRt) }).findings;
}

/** Lines marked `// want RULE` in a file. */
function wanted(rule: string): number[] {
  const lines = readFileSync(`rules/${rule}/bad.ts`, 'utf8').split('\n');
  return lines.flatMap((line, i) => (line.endsWith(`// want ${rule}`) ? [i + 1] : []));
}

describe('examples of the rules', () => {
  const rules = readdirSync('rules').filter((name) => existsSync(`rules/${name}/rule.yaml`));

  it('are there for every rule that a scenario can show', () => {
    const without = rules.filter((rule) => !existsSync(`rules/${rule}/bad.ts`) || !existsSync(`rules/${rule}/good.ts`));
    expect(without).toEqual(NOT_SIMULATED);
  });

  for (const rule of rules.filter((name) => existsSync(`rules/${name}/bad.ts`))) {
    for (const preemptRt of [false, true]) {
      const kernel = preemptRt ? 'PREEMPT_RT' : 'PREEMPT';
      it(`${rule}: bad.ts is found, where it says, good.ts is clean, on ${kernel}`, async () => {
        const bad = await findingsOf(rule, 'bad.ts', preemptRt);
        expect(bad.map((finding) => finding.rule)).toContain(rule);
        for (const line of wanted(rule)) {
          const lines = bad.filter((finding) => finding.rule === rule).map((finding) => finding.where.line);
          expect(lines).toContain(line);
        }
        expect(cellOf(await findingsOf(rule, 'good.ts', preemptRt))).toBe('-');
      });
    }
  }
});
