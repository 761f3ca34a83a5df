import type { StrategyName } from '../../src/explore/token.js';
import type { FaultName } from '../../src/rcu/index.js';
import { judgeTorture } from './judge-torture.js';

/** What found a fault, and after how many schedules. */
export interface Caught {
  fault: string;
  /** Schedules that were run, the one that showed it included. */
  schedules: number;
  schedule: string;
  /** The rules that fired, and the first message. Empty: not caught. */
  rules: string[];
  message: string;
}

const STRATEGIES: readonly StrategyName[] = ['rr', 'random', 'pct'];

/** Tortures RCU with one fault under rr, random and pct schedules in turn, until something is found or `limit` were run. */
export function hunt(fault: FaultName, limit: number): Caught {
  for (let run = 0; run < limit; run++) {
    const strategy = STRATEGIES[run % STRATEGIES.length] ?? 'rr';
    const seed = 1 + Math.floor(run / STRATEGIES.length / 2);
    const preemptRt = Math.floor(run / STRATEGIES.length) % 2 === 1;
    const { problems } = judgeTorture({
      strategy,
      seed,
      preemptRt,
      failing: fault === 'kvfree-headless-early' ? 60 : 20,
      rcu: { faults: [fault] },
      maxOperations: 60_000,
    });
    if (problems.length === 0) continue;
    const rules = [...new Set(problems.map((problem) => problem.slice(0, problem.indexOf(':'))))];
    const schedule = `${strategy} ${seed} ${preemptRt ? 'PREEMPT_RT' : 'PREEMPT'}`;
    return { fault, schedules: run + 1, schedule, rules, message: best(problems) };
  }
  return { fault, schedules: limit, schedule: '', rules: [], message: '' };
}

/** The most telling problem: RCU's own assertion, or else the first. */
function best(problems: readonly string[]): string {
  return problems.find((problem) => problem.includes('rcu: ')) ?? problems[0] ?? '';
}
