import type { Strategy } from '../../src/explore/strategy.js';
import { type StrategyName, strategyOf } from '../../src/explore/token.js';
import { Engines } from '../../src/judge/index.js';
import { SRCU_FAULTS, type SrcuFaultName } from '../../src/rcu/srcu/faults.js';
import { srcuTorture } from '../../src/rcu/srcu/torture.js';
import { TASKS_FAULTS, type TasksFaultName } from '../../src/rcu/tasks/faults.js';
import { tasksTorture } from '../../src/rcu/tasks/torture.js';
import { TINY_FAULTS, type TinyFaultName } from '../../src/rcu/tiny/faults.js';
import { tinyTorture } from '../../src/rcu/tiny/torture.js';
import type { PipelineResult } from '../../src/rcu/torturing/pipeline.js';
import { NO_VALIDATE_KEY } from '../../src/sim/addresses.js';
import { type Scenario, simulate } from '../../src/sim/index.js';
import { lawFor } from '../sim/shipped.js';
import type { Caught } from './mutants.js';
import { StretchedStrategy } from './stretched-strategy.js';

const law = lawFor('strict');

/** The flavours besides Tree RCU, whose torture is `judge-torture.ts`. */
export const FLAVOURS = ['srcu', 'tasks', 'tiny'] as const;
export type Flavour = (typeof FLAVOURS)[number];

/** Faults of all of them, by name. */
export const FLAVOUR_FAULTS = { ...SRCU_FAULTS, ...TASKS_FAULTS, ...TINY_FAULTS } as const;
export type FlavourFault = keyof typeof FLAVOUR_FAULTS;

/** PREEMPT_RT or not: the kernels that a flavour is for. */
export function kernelsOf(flavour: Flavour): readonly boolean[] {
  return flavour === 'tiny' ? [false] : [false, true];
}

export interface FlavourRun extends PipelineResult {
  /** `rule: message` of everything found. */
  problems: string[];
  operations: number;
}

interface FlavourOptions {
  strategy: StrategyName | Strategy;
  seed: number;
  preemptRt: boolean;
  fault?: FlavourFault;
  maxOperations?: number;
  /** Only some users; default all. */
  users?: readonly string[];
}

/** One torture run of a flavour, judged by the validator, the rules and the kernel's own checks. */
export function judgeFlavour(flavour: Flavour, options: FlavourOptions): FlavourRun {
  const { strategy, seed, preemptRt } = options;
  let result: PipelineResult = { reads: 0, updates: 0, gracePeriods: 0, plugged: 0 };
  const what = scenarioOf(flavour, options, (it) => {
    result = it;
  });
  let engines: Engines | undefined;
  const { operations } = simulate(what, {
    strategy: typeof strategy === 'string' ? strategyOf({ strategy, seed, depth: 3, preemptRt }) : strategy,
    overrides: { preemptRt },
    sink: (names) => {
      const source = { names, file: flavour, ticksPerSecond: 1e9, simulated: true, noValidateKey: NO_VALIDATE_KEY };
      engines = new Engines({ ...source, annotations: false }, law);
      return engines.sink;
    },
  });
  const findings = engines?.findings() ?? [];
  return {
    ...result,
    problems: [...new Set(findings.map(({ rule, message }) => `${rule}: ${message}`))],
    operations,
  };
}

function scenarioOf(
  flavour: Flavour,
  { fault, maxOperations, users }: Pick<FlavourOptions, 'fault' | 'maxOperations' | 'users'>,
  onResult: (result: PipelineResult) => void,
): Scenario {
  const limit = maxOperations === undefined ? {} : { maxOperations };
  const faults = fault === undefined ? [] : [fault];
  switch (flavour) {
    case 'srcu':
      return srcuTorture({ ...limit, ...(users && { users }), srcu: { faults: faults as SrcuFaultName[] } }, onResult);
    case 'tasks':
      return tasksTorture(
        { ...limit, ...(users && { users, cpus: 4 }), tasks: { faults: faults as TasksFaultName[] } },
        onResult,
      );
    case 'tiny':
      return tinyTorture({ ...limit, rcu: { faults: faults as TinyFaultName[] } }, onResult);
  }
}

/** Faults that show among a few users only. */
const NARROW: Partial<Record<FlavourFault, readonly string[]>> = {
  'srcu-skip-first-scan': ['plain', 'blink', 'expediting'],
  'srcu-locks-first': ['plain', 'blink', 'expediting'],
  // CPUs must be idle but for interrupts, some must be free of them.
  'tasks-not-framed': ['synchronizing'],
};

const STRATEGIES = ['rr', 'random', 'pct'] as const;

/** Tortures the flavour of a fault with it, until something is found or `limit` schedules were run. */
export function huntFlavour(fault: FlavourFault, limit: number): Caught {
  for (let run = 0; run < limit; run++) {
    const options = optionsOf(fault, run);
    const { problems } = judgeFlavour(flavourOf(fault), { ...options, fault, maxOperations: 60_000 });
    if (problems.length === 0) continue;
    const rules = [...new Set(problems.map((problem) => problem.slice(0, problem.indexOf(':'))))];
    const name = typeof options.strategy === 'string' ? options.strategy : 'stretched random';
    const schedule = `${name} ${options.seed} ${options.preemptRt ? 'PREEMPT_RT' : 'PREEMPT'}`;
    const message = problems.find((problem) => problem.startsWith('assertion-failed')) ?? problems[0] ?? '';
    return { fault, schedules: run + 1, schedule, rules, message };
  }
  return { fault, schedules: limit, schedule: '', rules: [], message: '' };
}

function flavourOf(fault: FlavourFault): Flavour {
  return FLAVOURS.find((flavour) => fault.startsWith(`${flavour}-`)) ?? 'srcu';
}

function optionsOf(fault: FlavourFault, run: number): FlavourOptions {
  const users = NARROW[fault];
  if (users !== undefined && flavourOf(fault) === 'srcu') {
    // Faults of counting: a plain random walk hits their windows, a few operations wide, too rarely.
    const strategy = new StretchedStrategy(run + 1, { srcu_read_lock: 300, srcu_read_unlock: 300 });
    return { strategy, seed: run + 1, preemptRt: false, users };
  }
  const kernels = kernelsOf(flavourOf(fault));
  const turn = Math.floor(run / STRATEGIES.length);
  return {
    strategy: STRATEGIES[run % STRATEGIES.length] ?? 'rr',
    seed: 1 + Math.floor(turn / kernels.length),
    preemptRt: kernels[turn % kernels.length] ?? false,
    ...(users && { users }),
  };
}
