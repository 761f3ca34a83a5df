/**
 * Campaign: tortures RCU under random and PCT schedules on PREEMPT and PREEMPT_RT; prints every seed that shows something.
 * Usage: campaign:rcu-torture [--flavour tree|srcu|tasks|tiny|all] [FIRST LAST]. Exit code 1 when anything is found.
 */
import { parseArgs } from 'node:util';
import { FLAVOURS, type Flavour, judgeFlavour, kernelsOf } from '../../test/rcu/flavours.js';
import { judgeTorture } from '../../test/rcu/judge-torture.js';

const { values, positionals } = parseArgs({
  options: { flavour: { type: 'string', default: 'tree' } },
  allowPositionals: true,
});
const first = Number(positionals[0] ?? 1);
const last = Number(positionals[1] ?? 100);
const known = ['tree', ...FLAVOURS] as const;
const chosen = known.filter((name) => values.flavour === 'all' || values.flavour === name);
if (chosen.length === 0) {
  console.error(`--flavour: "${values.flavour}" is none of ${known.join(', ')}, all`);
  process.exit(2);
}

function judge(flavour: 'tree' | Flavour, strategy: 'random' | 'pct', seed: number, preemptRt: boolean) {
  return flavour === 'tree'
    ? judgeTorture({ strategy, seed, preemptRt })
    : judgeFlavour(flavour, { strategy, seed, preemptRt });
}

for (const flavour of chosen) {
  const total = { runs: 0, failing: 0, gracePeriods: 0, reads: 0, updates: 0 };
  for (let seed = first; seed <= last; seed++) {
    for (const strategy of ['random', 'pct'] as const) {
      for (const preemptRt of flavour === 'tree' ? [false, true] : kernelsOf(flavour)) {
        const result = judge(flavour, strategy, seed, preemptRt);
        total.runs++;
        total.gracePeriods += result.gracePeriods;
        total.reads += result.reads;
        total.updates += result.updates;
        if (result.problems.length === 0) continue;
        total.failing++;
        const kernel = preemptRt ? 'PREEMPT_RT' : 'PREEMPT';
        console.log(`${flavour} ${strategy} ${seed} ${kernel}: ${result.problems.join('; ')}`);
      }
    }
  }
  console.log(
    `${flavour}: ${total.runs} runs, ${total.failing} with findings; ` +
      `${total.gracePeriods} grace periods, ${total.reads} reads, ${total.updates} updates`,
  );
  if (total.failing > 0) process.exitCode = 1;
}
