import type { Strategy } from '../../src/explore/strategy.js';
import { type StrategyName, strategyOf } from '../../src/explore/token.js';
import type { EventSink } from '../../src/model/events.js';
import { type LitmusFlavour, ring } from '../../src/rcu/index.js';
import { simulate } from '../../src/sim/index.js';

/** Rings that must never close, in one domain and in two. */
export const FORBIDDEN = ['G0 R0', 'G0 G0 R0', 'G0 G0 R0 R0', 'G0 R0 G0 R0', 'G0 G1 R1 R0'] as const;

/** Rings that can close, with times (milliseconds: before, inside) at which they do. */
export const ALLOWED: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  'P0 R0': [
    [8, 0],
    [0, 30],
  ],
  'G0 R0 R0': [
    [4, 0],
    [28, 100],
    [0, 45],
  ],
  'G0 G0 R0 R0 R0': [
    [4, 0],
    [120, 0],
    [160, 200],
    [28, 160],
    [0, 45],
  ],
  'G0 R1': [
    [4, 0],
    [0, 100],
  ],
  'G0 G1 R0 R1': [
    [4, 0],
    [28, 0],
    [16, 90],
    [0, 24],
  ],
};

/** Whether a flavour has what a ring asks for: only srcu_structs come in several. */
export function suits(shape: string, by: LitmusFlavour): boolean {
  // An expedited SRCU grace period looks again and again at readers that last: five processes of that take too long.
  if (shape.length > 11 && by === 'synchronize_srcu_expedited') return false;
  return !shape.includes('1') || by.includes('srcu');
}

/** Runs a ring once: whether the outcome was there. Nothing listens to its events. */
export function closes(
  shape: string,
  by: LitmusFlavour,
  schedule: { strategy: StrategyName | Strategy; seed: number; preemptRt?: boolean },
  times?: readonly (readonly [number, number])[],
): boolean {
  let closed: boolean | undefined;
  const what = ring(
    shape,
    by,
    (seen) => {
      closed = seen;
    },
    times,
  );
  const { strategy, seed, preemptRt = false } = schedule;
  const { outcome } = simulate(what, {
    strategy: typeof strategy === 'string' ? strategyOf({ strategy, seed, depth: 3, preemptRt }) : strategy,
    overrides: { preemptRt },
    sink: () => SILENT,
  });
  if (outcome !== 'finished' || closed === undefined) throw new Error(`${shape} by ${by}: ${outcome}`);
  return closed;
}

const SILENT = new Proxy({} as EventSink, { get: () => () => undefined });
