import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenarioFile } from '../../../src/cli/load.js';
import type { Schedule } from '../../../src/explore/token.js';
import type { Finding } from '../../../src/model/finding.js';
import { loadRuleSet } from '../../../src/rules/index.js';
import { runCampaign } from '../../../src/sim/run/campaign.js';
import type { Scenario } from '../../../src/sim/scenario.js';
import { PLACELESS, reported, SEEN_WHEN_IT_HAPPENS, wanted } from '../want.js';

const FOLDER = 'fixtures/models';
const models = readdirSync(FOLDER).sort();
/** All files of the models, for one check with others that are as slow to read. */
export const MODEL_FILES: readonly string[] = models.flatMap((model) =>
  readdirSync(join(FOLDER, model))
    .sort()
    .map((name) => join(FOLDER, model, name)),
);

const rules = loadRuleSet();
/** Files with a scenario; the others are what scenarios share. */
const variants = MODEL_FILES.filter((file) => /^export default /m.test(readFileSync(file, 'utf8')));

/** Rules whose finding has no one place here: or no event tells it. */
const NO_ONE_PLACE: ReadonlySet<string> = new Set([...PLACELESS, 'unlock-not-held', 'held-lock-freed']);

/** Seeds of random schedules tried after the one by the clock. */
const SEEDS = 40;

/** The last step of a finding that is in the models: of what happens in RCU the call that leads there. */
function lineOf({ where, evidence }: Finding): string {
  const inModels = [where, ...evidence.map((step) => step.where).reverse()].find(({ file }) =>
    file?.startsWith(FOLDER),
  );
  return `${inModels?.file}:${inModels?.line}`;
}

function touches({ where, evidence }: Finding, file: string): boolean {
  return [where, ...evidence.map((step) => step.where)].some((place) => place.file === file);
}

/** What is equal in a finding of the sources and the one of a run. */
function keyOf(finding: Finding): string {
  const locks = [...new Set(finding.locks)].sort().join(' ');
  return NO_ONE_PLACE.has(finding.rule) ? `${finding.rule} of ${locks}` : `${finding.rule} at ${lineOf(finding)}`;
}

function run(file: string, scenario: Scenario, seed: number): readonly Finding[] {
  const law = { rules, policy: rules.policy('strict') };
  const strategy = seed === 0 ? ('rr' as const) : ('random' as const);
  const schedule: Schedule = { strategy, seed: Math.max(seed, 1), depth: 3, preemptRt: undefined };
  return runCampaign({ path: file, scenario }, { law, schedules: [schedule] }).findings;
}

const isClean = (file: string): boolean => basename(file).startsWith('clean');

async function scenarioOf(file: string): Promise<Scenario> {
  const [scenario] = await loadScenarioFile(file);
  if (scenario === undefined) throw new Error(`${file} has no scenario`);
  return scenario;
}

/** Holds each model's sources and schedules against each other. `checked`: what check says of all {@link MODEL_FILES}. */
export function describeModels(checked: () => readonly Finding[]): void {
  /** What sources tell of a variant that a schedule can show; doc comments that ask for locks no run reads. */
  const ownOf = (file: string): readonly Finding[] =>
    checked().filter((finding) => touches(finding, file) && finding.rule !== 'assertion-failed');

  describe('models of drivers', () => {
    it.each(MODEL_FILES)('%s: findings stand where the comments want them', (file) => {
      const own = checked()
        .filter((finding) => lineOf(finding).startsWith(`${file}:`))
        .map((finding) => ({ ...finding, where: { line: Number(lineOf(finding).split(':')[1]) } }));
      expect(reported(own)).toEqual(wanted(file));
    });

    it.each(variants.filter(isClean))('%s: nothing is wrong, in the sources or under a schedule', async (file) => {
      expect(ownOf(file)).toEqual([]);
      const scenario = await scenarioOf(file);
      for (let seed = 0; seed <= 2; seed++) expect(run(file, scenario, seed)).toEqual([]);
    });

    it.each(variants.filter((file) => !isClean(file)))('%s: schedules show what the sources tell', async (file) => {
      const own = ownOf(file);
      expect(checked().some((finding) => touches(finding, file))).toBe(true);
      const scenario = await scenarioOf(file);
      const open = new Set(own.map(keyOf));
      const rulesTold = new Set(own.map(({ rule }) => rule));
      for (let seed = 0; seed <= SEEDS && (open.size > 0 || seed === 0); seed++) {
        for (const finding of run(file, scenario, seed)) {
          open.delete(keyOf(finding));
          if (!SEEN_WHEN_IT_HAPPENS.has(finding.rule)) expect(rulesTold).toContain(finding.rule);
        }
      }
      expect([...open]).toEqual([]);
    });
  });
}
