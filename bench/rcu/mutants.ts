/**
 * Campaign: puts each fault into RCU and tortures it until a check notices; prints what did, and after how many schedules.
 * Usage: campaign:rcu-mutants [schedules a fault]. Exit code 1 when a fault is not caught.
 */
import { FAULTS, type FaultName } from '../../src/rcu/index.js';
import { hunt } from '../../test/rcu/mutants.js';

const limit = Number(process.argv[2] ?? 60);
const names = process.argv.length > 3 ? process.argv.slice(3) : Object.keys(FAULTS);
let missed = 0;
console.log('| fault | what it does | caught by | schedules | first message |\n|---|---|---|---|---|');
for (const name of names) {
  const fault = name as FaultName;
  const { rules, schedules, message } = hunt(fault, limit);
  if (rules.length === 0) missed++;
  const text = message.replaceAll('|', '\\|').slice(0, 120);
  console.log(`| ${fault} | ${FAULTS[fault]} | ${rules.join(', ') || 'NOT CAUGHT'} | ${schedules} | ${text} |`);
}
console.log(`\n${names.length - missed} of ${names.length} faults caught, at most ${limit} schedules each`);
process.exitCode = missed > 0 ? 1 : 0;
