import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/model/finding.js';
import { loadRuleSet } from '../../../src/rules/index.js';
import { judgeTypescript } from '../../../src/static/typescript/check.js';
import { mutated, RCU_MUTANTS, shown } from './rcu-mutants.js';

describe('faults in the locking of the simulated RCU', () => {
  it.each(RCU_MUTANTS)('$name changes what is there once', (mutant) => {
    const text = readFileSync(mutant.file, 'utf8');
    expect(mutated(text, [mutant])).not.toBe(text);
  });
});

// All at once, in flavours and files that have little to do with each other. `npm run campaign:check-rcu-mutants` checks each by itself.
describe('some faults in the locking of the simulated RCU are found', () => {
  const sample = [
    ['note-changes-unlock-keeps-irqs-off', 'certain'],
    ['srcu-end-cb-mutex', 'certain'],
    ['srcu-synchronize-in-reader', 'certain'],
    ['srcu-callback-sleeps', 'certain'],
    ['tasks-sleeps-in-reader', 'certain'],
    ['tasks-trylock-ignored', 'possible'],
    ['tiny-callbacks-irqs-off', 'certain'],
  ] as const;
  const mutants = sample.flatMap(([name]) => RCU_MUTANTS.filter((mutant) => mutant.name === name));
  let findings: readonly Finding[] = [];

  beforeAll(async () => {
    const rules = loadRuleSet();
    const texts = new Map<string, string>();
    for (const mutant of mutants)
      texts.set(mutant.file, mutated(texts.get(mutant.file) ?? readFileSync(mutant.file, 'utf8'), [mutant]));
    const { outcomes } = await judgeTypescript(
      ['src/rcu/srcu/torture.ts', 'src/rcu/tasks/torture.ts', 'src/rcu/tiny/torture.ts'],
      { rules, policy: rules.policy('strict'), preemptRt: undefined, cache: undefined, input: 'rcu', texts },
    );
    findings = outcomes.flatMap((outcome) => outcome.findings);
  }, 120_000);

  it.each(sample)('%s: %s', (name, confidence) => {
    const [mutant] = mutants.filter((one) => one.name === name);
    const found = mutant === undefined ? [] : shown(mutant, findings);
    expect(found.some((finding) => finding.confidence === confidence)).toBe(true);
  });
});
