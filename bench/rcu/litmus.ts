/**
 * Campaign: runs the rings of the litmus tests by every interface, under every strategy, on PREEMPT and PREEMPT_RT; prints how often
 * each outcome was there. Usage: campaign:rcu-litmus [SEEDS]. Exit code 1 when a forbidden one is seen, or an allowed one never.
 */
import { isAllowed, LITMUS_FLAVOURS } from '../../src/rcu/index.js';
import { ALLOWED, closes, FORBIDDEN, suits } from '../../test/rcu/litmus-rings.js';

const seeds = Number(process.argv[2] ?? 100);
console.log('| ring | by | law | seen at its times | rr | random | pct |\n|---|---|---|---|---|---|---|');
for (const shape of [...FORBIDDEN, ...Object.keys(ALLOWED)]) {
  for (const by of LITMUS_FLAVOURS) {
    if (!suits(shape, by)) continue;
    const counts = (['rr', 'random', 'pct'] as const).map((strategy) => {
      let seen = 0;
      for (let seed = 1; seed <= seeds; seed++)
        for (const preemptRt of [false, true]) if (closes(shape, by, { strategy, seed, preemptRt })) seen++;
      return seen;
    });
    const times = ALLOWED[shape];
    const timed = times !== undefined && closes(shape, by, { strategy: 'rr', seed: 1 }, times);
    const allowed = isAllowed(shape);
    const any = timed || counts.some((count) => count > 0);
    if (any !== allowed) process.exitCode = 1;
    const word = times === undefined ? '' : timed ? 'yes' : 'no';
    console.log(`| ${shape} | ${by} | ${allowed ? 'allowed' : 'forbidden'} | ${word} | ${counts.join(' | ')} |`);
  }
}
