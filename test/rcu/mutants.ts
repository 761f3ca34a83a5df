import type { StrategyName } from '../../src/explore/token.js';
import type { FaultName } from '../../src/rcu/index.js';
import { judgeScenario, judgeTorture } from './judge-torture.js';
import { SET_PIECES } from './set-pieces.js';

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

/**
 * Tortures RCU with one fault, and in every other run puts it into one of the situations made on purpose, under rr, random and pct
 * schedules in turn, until something is found or `limit` were run.
 */
export function hunt(fault: FaultName, limit: number): Caught {
  for (let run = 0; run < limit; run++) {
    const { problems, what } = run % 2 === 0 ? tortured(fault, run / 2) : posed(fault, (run - 1) / 2);
    if (problems.length === 0) continue;
    const rules = [...new Set(problems.map((problem) => problem.slice(0, problem.indexOf(':'))))];
    return { fault, schedules: run + 1, schedule: what, rules, message: best(problems) };
  }
  return { fault, schedules: limit, schedule: '', rules: [], message: '' };
}

interface Look {
  problems: string[];
  /** What was run, for the table. */
  what: string;
}

function tortured(fault: FaultName, run: number): Look {
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
  return { problems, what: `torture, ${strategy} ${seed} ${kernelName(preemptRt)}` };
}

function posed(fault: FaultName, run: number): Look {
  const all = SET_PIECES.flatMap(({ name, kernels, make }) => kernels.map((preemptRt) => ({ name, preemptRt, make })));
  const chosen = all[run % all.length];
  if (chosen === undefined) throw new Error('there are no set pieces');
  const { name, preemptRt, make } = chosen;
  const round = Math.floor(run / all.length);
  const strategy = STRATEGIES[round % STRATEGIES.length] ?? 'rr';
  const seed = 1 + Math.floor(round / STRATEGIES.length);
  const { problems } = judgeScenario(make({ faults: [fault] }), { strategy, seed, preemptRt });
  return { problems, what: `${name}, ${strategy} ${seed} ${kernelName(preemptRt)}` };
}

function kernelName(preemptRt: boolean): string {
  return preemptRt ? 'PREEMPT_RT' : 'PREEMPT';
}

/** The most telling problem: an assertion of RCU's own or of its torture, or else the first. */
function best(problems: readonly string[]): string {
  return problems.find((problem) => /\b(rcu|torture): /.test(problem)) ?? problems[0] ?? '';
}
