import type { StrategyName } from '../../src/explore/token.js';
import { type TortureOptions, type TortureResult, torture } from '../../src/rcu/torture.js';
import type { Scenario } from '../../src/sim/index.js';
import { judgeRun } from '../../src/sim/run/judge-run.js';
import { lawFor } from '../sim/shipped.js';

const law = lawFor('strict');

export interface TortureRun {
  /** `rule: message` of everything found. */
  problems: string[];
  gracePeriods: number;
  reads: number;
  updates: number;
  /** Callbacks that were invoked. */
  callbacks: number;
  plugged: number;
  operations: number;
}

/** One run of any scenario, judged the same way. */
export function judgeScenario(
  scenario: Scenario,
  how: { strategy: StrategyName; seed: number; preemptRt: boolean; precise?: boolean },
): { problems: string[]; operations: number } {
  const { strategy, seed, preemptRt, precise = false } = how;
  const schedule = { strategy, seed, depth: 3, preemptRt };
  const { findings, operations } = judgeRun({ path: scenario.options.name, scenario }, { law, schedule, precise });
  return { problems: [...new Set(findings.map(({ rule, message }) => `${rule}: ${message}`))], operations };
}

/** One run of the torture scenario, judged by the validator, the rules and the kernel's own checks. */
export function judgeTorture(
  options: TortureOptions & { strategy: StrategyName; seed: number; precise?: boolean },
): TortureRun {
  const { strategy, seed, preemptRt = false, precise = false } = options;
  let result: TortureResult | undefined;
  const scenario = torture(options, (it) => {
    result = it;
  });
  const judged = judgeScenario(scenario, { strategy, seed, preemptRt, precise });
  return {
    ...judged,
    gracePeriods: result?.rcu.stats.gracePeriods ?? 0,
    reads: result?.reads ?? 0,
    updates: result?.updates ?? 0,
    callbacks: result?.rcu.stats.invoked ?? 0,
    plugged: result?.plugged ?? 0,
  };
}
