import type { StrategyName } from '../../src/explore/token.js';
import { type TortureOptions, type TortureResult, torture } from '../../src/rcu/torture.js';
import { judgeRun } from '../../src/sim/run/judge-run.js';
import { lawFor } from '../sim/shipped.js';

const law = lawFor('strict');

export interface TortureRun {
  /** `rule: message` of everything found. */
  problems: string[];
  gracePeriods: number;
  reads: number;
  updates: number;
  plugged: number;
  operations: number;
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
  const schedule = { strategy, seed, depth: 3, preemptRt };
  const { findings, operations } = judgeRun({ path: 'torture', scenario }, { law, schedule, precise });
  return {
    problems: [...new Set(findings.map(({ rule, message }) => `${rule}: ${message}`))],
    gracePeriods: result?.rcu.stats.gracePeriods ?? 0,
    reads: result?.reads ?? 0,
    updates: result?.updates ?? 0,
    plugged: result?.plugged ?? 0,
    operations,
  };
}
