import type { RcuBench } from '../../model/rcu-bench.js';
import { cacheFigures } from './cache.js';
import { floodFigures } from './flood-search.js';
import { latencyFigures } from './latency.js';
import { machineFigures } from './machine.js';
import { oomFigures } from './oom.js';
import type { Parameters } from './parameters.js';

export { DEFINITIONS, ParameterError, Parameters } from './parameters.js';

/** Parts of the bench. All but `machine` give the same figures every time. */
export const PARTS = ['cache', 'flood', 'latency', 'oom', 'machine'] as const;
export type Part = (typeof PARTS)[number];

/**
 * Works out the parts asked for. `clock` (nanoseconds) is read by `machine` alone. `onPart` hears what begins, between parts.
 */
export async function runBench(
  parts: readonly Part[],
  parameters: Parameters,
  clock: () => number,
  onPart: (part: Part) => Promise<void> = async () => {},
): Promise<RcuBench> {
  const bench: { -readonly [Field in keyof RcuBench]: RcuBench[Field] } = {
    seed: parameters.seed,
    quick: parameters.quick,
    parameters: parameters.list,
  };
  for (const part of PARTS) {
    if (!parts.includes(part)) continue;
    await onPart(part);
    if (part === 'cache') bench.cache = cacheFigures(parameters);
    else if (part === 'flood') bench.flood = floodFigures(parameters);
    else if (part === 'latency') bench.latency = latencyFigures(parameters);
    else if (part === 'oom') bench.oom = oomFigures(parameters);
    else bench.machine = machineFigures(parameters, clock);
  }
  return bench;
}
