/**
 * Checks the simulated RCU with a fault in its locking, one after the other:
 *
 *     npm run campaign:check-rcu-mutants -- [NAME...]
 *
 * Each of `fixtures/rcu-mutants.yaml` must be found, by one of the rules and at one of the locks that it names.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadRuleSet } from '../../src/rules/index.js';
import { judgeTypescript } from '../../src/static/typescript/check.js';
import { mutated, RCU_MUTANTS, shown } from '../../test/static/typescript/rcu-mutants.js';

const asked = new Set(process.argv.slice(2));
const files = readdirSync('src/rcu', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `src/rcu/${name}`)
  .sort();
const rules = loadRuleSet();
const options = { rules, policy: rules.policy('strict'), input: 'rcu-mutants' };
const counts = { certain: 0, possible: 0, missed: 0 };
for (const mutant of RCU_MUTANTS) {
  const { name, file, rt } = mutant;
  if (asked.size > 0 && !asked.has(name)) continue;
  const texts = new Map([[file, mutated(readFileSync(file, 'utf8'), [mutant])]]);
  const { outcomes } = await judgeTypescript(files, {
    ...options,
    texts,
    preemptRt: rt ? true : undefined,
    cache: join('.lockvet-cache', 'rcu-mutants'),
  });
  const all = outcomes.flatMap(({ findings }) => findings);
  const found = shown(mutant, all);
  const [first] = [...found.filter(({ confidence }) => confidence === 'certain'), ...found];
  counts[first?.confidence ?? 'missed']++;
  const place = first === undefined ? '' : `${first.rule} ${first.where.file}:${first.where.line}`;
  console.log(`${name}: ${first?.confidence ?? 'MISSED'} ${place} (${all.length} findings)`);
}
console.log(`${counts.certain} certain, ${counts.possible} possible, ${counts.missed} missed`);
if (counts.missed > 0) process.exitCode = 1;
