/**
 * Campaign: runs the rings of the litmus tests by every interface, under every strategy, on PREEMPT and PREEMPT_RT; prints how often
 * each outcome was there. Besides, all schedules with few delays, as many as SCHEDULES allows, on both kernels.
 * Usage: campaign:rcu-litmus [SEEDS [SCHEDULES]], by default 100 1000. Exit code 1 when a forbidden one is seen, or an allowed one never.
 */
import { isAllowed, LITMUS_FLAVOURS } from '../../src/rcu/index.js';
import { everySchedule } from '../../test/rcu/delay-bounded.js';
import { ALLOWED, closes, FORBIDDEN, suits } from '../../test/rcu/litmus-rings.js';

const [seeds = 100, limit = 1000] = process.argv.slice(2).map(Number);
const total = { rings: 0, schedules: 0 };
console.log(
  '| ring | by | law | seen at its times | rr | random | pct | few delays |\n|---|---|---|---|---|---|---|---|',
);
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
    let seen = 0;
    const every = [false, true].map((preemptRt) =>
      everySchedule(limit, (strategy) => {
        if (closes(shape, by, { strategy, seed: 1, preemptRt })) seen++;
      }),
    );
    const runs = every.reduce((sum, one) => sum + one.runs, 0);
    const any = timed || seen > 0 || counts.some((count) => count > 0);
    total.rings++;
    total.schedules += runs + 3 * 2 * seeds;
    if (any !== allowed) process.exitCode = 1;
    const word = times === undefined ? '' : timed ? 'yes' : 'no';
    const bounded = `${seen} of ${runs} (up to ${every.map(({ delays }) => delays).join(' and ')})`;
    const law = allowed ? 'allowed' : 'forbidden';
    console.log(`| ${shape} | ${by} | ${law} | ${word} | ${counts.join(' | ')} | ${bounded} |`);
  }
}
console.log(`\n${total.rings} rings with an interface, ${total.schedules} schedules besides those at set times`);
