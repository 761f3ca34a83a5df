import { type Kernel, type KernelOptions, scenario } from '../../src/sim/index.js';
import { judgeRun } from '../../src/sim/run/judge-run.js';
import { lawFor } from '../sim/shipped.js';

const law = lawFor('strict');

/** Findings, as `rule: message`, of a set-up by the clock; two CPUs unless `options` say otherwise. */
export function judgeSetup(setup: (kernel: Kernel) => void, options: KernelOptions = {}): string[] {
  const what = { path: 'set-up', scenario: scenario({ name: 'set-up', maxOperations: 20_000, ...options }, setup) };
  const schedule = { strategy: 'rr', seed: 1, depth: 3, preemptRt: undefined } as const;
  return judgeRun(what, { law, schedule, precise: false }).findings.map(({ rule, message }) => `${rule}: ${message}`);
}
