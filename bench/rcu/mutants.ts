/**
 * Campaign: puts each fault into RCU and tortures it until a check notices; prints what did, and after how many schedules.
 * Usage: campaign:rcu-mutants [schedules a fault]. Exit code 1 when a fault is not caught.
 */
import { FAULTS, type FaultName } from '../../src/rcu/index.js';
import { FLAVOUR_FAULTS, type FlavourFault, huntFlavour } from '../../test/rcu/flavours.js';
import { hunt } from '../../test/rcu/mutants.js';

const limit = Number(process.argv[2] ?? 60);
const names =
  process.argv.length > 3 ? process.argv.slice(3) : [...Object.keys(FAULTS), ...Object.keys(FLAVOUR_FAULTS)];
const words: Readonly<Record<string, string>> = { ...FAULTS, ...FLAVOUR_FAULTS };
let missed = 0;
console.log('| fault | what it does | caught by | schedules | in | first message |\n|---|---|---|---|---|---|');
for (const name of names) {
  const caught = name in FLAVOUR_FAULTS ? huntFlavour(name as FlavourFault, limit) : hunt(name as FaultName, limit);
  const { rules, schedules, schedule, message } = caught;
  if (rules.length === 0) missed++;
  const text = message.replaceAll('|', '\\|').slice(0, 120);
  const by = rules.join(', ') || 'NOT CAUGHT';
  console.log(`| ${name} | ${words[name]} | ${by} | ${schedules} | ${schedule} | ${text} |`);
}
console.log(`\n${names.length - missed} of ${names.length} faults caught, at most ${limit} schedules each`);
process.exitCode = missed > 0 ? 1 : 0;
