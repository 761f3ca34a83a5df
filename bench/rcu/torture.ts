/**
 * Campaign: tortures RCU under random and PCT schedules on PREEMPT and PREEMPT_RT; prints every seed that shows something.
 * Usage: campaign:rcu-torture [FIRST LAST]. Exit code 1 when anything is found.
 */
import { judgeTorture } from '../../test/rcu/judge-torture.js';

const first = Number(process.argv[2] ?? 1);
const last = Number(process.argv[3] ?? 100);
const total = { runs: 0, failing: 0, gracePeriods: 0, reads: 0, updates: 0 };
for (let seed = first; seed <= last; seed++) {
  for (const strategy of ['random', 'pct'] as const) {
    for (const preemptRt of [false, true]) {
      const result = judgeTorture({ strategy, seed, preemptRt });
      total.runs++;
      total.gracePeriods += result.gracePeriods;
      total.reads += result.reads;
      total.updates += result.updates;
      if (result.problems.length === 0) continue;
      total.failing++;
      console.log(`${strategy} ${seed} ${preemptRt ? 'PREEMPT_RT' : 'PREEMPT'}: ${result.problems.join('; ')}`);
    }
  }
}
console.log(
  `${total.runs} runs, ${total.failing} with findings; ` +
    `${total.gracePeriods} grace periods, ${total.reads} reads, ${total.updates} updates`,
);
process.exitCode = total.failing > 0 ? 1 : 0;
