import { Pct } from './pct.js';
import { RandomWalk } from './random.js';
import { RoundRobin } from './round-robin.js';
import type { Strategy } from './strategy.js';

/** Strategies that a seed alone determines. */
export const STRATEGY_NAMES = ['rr', 'random', 'pct'] as const;
export type StrategyName = (typeof STRATEGY_NAMES)[number];

/** Everything that determines a run of a scenario besides the scenario. */
export interface Schedule {
  readonly strategy: StrategyName;
  readonly seed: number;
  /** PCT's bug depth; others ignore it. */
  readonly depth: number;
  /** Replaces the scenario's choice of kernel; undefined: as the scenario says. */
  readonly preemptRt: boolean | undefined;
}

/** First part of a token. A change that makes old tokens mean another schedule raises it. */
const VERSION = '1';
const FORM = /^(\d+)-(rr|random|pct)-(\d+)(?:-d(\d+))?(?:-(rt|nort))?$/;

/**
 * A schedule as a short word, e.g. `1-random-17` or `1-pct-4-d3-rt`: version, strategy, seed, then what is not the
 * default.
 */
export function replayToken(schedule: Schedule): string {
  const { strategy, seed, depth, preemptRt } = schedule;
  const parts = [VERSION, strategy, String(seed)];
  if (strategy === 'pct') parts.push(`d${depth}`);
  if (preemptRt !== undefined) parts.push(preemptRt ? 'rt' : 'nort');
  return parts.join('-');
}

/** Reads a token; a sentence that says what is wrong with it otherwise. */
export function parseToken(token: string): Schedule | string {
  const match = FORM.exec(token);
  if (match === null) return `"${token}" is no replay token (they read like 1-random-17)`;
  if (match[1] !== VERSION)
    return `replay token "${token}" is of version ${match[1]}, this lockvet reads version ${VERSION}`;
  const strategy = STRATEGY_NAMES.find((name) => name === match[2]) ?? 'rr';
  const preemptRt = match[5] === undefined ? undefined : match[5] === 'rt';
  return { strategy, seed: Number(match[3]), depth: Number(match[4] ?? DEFAULT_DEPTH), preemptRt };
}

/** PCT's bug depth where none is given: most bugs need at most three ordering constraints. */
export const DEFAULT_DEPTH = 3;

/** The strategy of a schedule, fresh. */
export function strategyOf(schedule: Schedule): Strategy {
  if (schedule.strategy === 'random') return new RandomWalk(schedule.seed);
  if (schedule.strategy === 'pct') return new Pct(schedule.seed, schedule.depth);
  return new RoundRobin(schedule.seed);
}
