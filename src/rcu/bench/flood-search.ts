import type { FloodFigures, FloodLimit, FloodMethod } from '../../model/rcu-bench.js';
import { type FloodCase, type FloodResult, flood, mostHandedIn } from './flood.js';
import { countGracePeriods } from './grace-periods.js';
import type { Parameters } from './parameters.js';

const METHODS: readonly FloodMethod[] = ['call_rcu', 'kvfree-list', 'kvfree-arrays'];
/** Steps of the rate that the search takes at first: from nowhere, and from a neighbour's answer. They double as it goes on. */
const STRIDE = 8;
const NEAR_STRIDE = 3;
/** Objects a microsecond and CPU below which nobody looks. */
const LEAST = 0.001;

/** Floods of rising rate for each method and machine, the highest rate that each keeps up with, and the count of grace periods. */
export function floodFigures(parameters: Parameters): FloodFigures {
  const done = new Map<string, FloodResult>();
  const rateOf = (step: number) => round(parameters.get('flood-start') * parameters.get('flood-step') ** step);
  const at = (of: FloodCase): FloodResult => {
    const key = `${of.method} ${of.cpus} ${of.rate}`;
    const result = done.get(key) ?? flood(of, parameters);
    done.set(key, result);
    return result;
  };
  const limits: FloodLimit[] = [];
  const most = mostHandedIn(parameters);
  const bounds = { isTooLow: (step: number) => rateOf(step) < LEAST, isTooHigh: (step: number) => rateOf(step) > most };
  for (const method of METHODS) {
    let near: number | undefined;
    for (const cpus of parameters.all('flood-cpus')) {
      const run = (step: number) => at({ method, cpus, rate: rateOf(step) }).run;
      const found = highest((step) => run(step).runsAway, bounds, near);
      near = found.holds ?? near;
      const { rate, behind } = run(found.runsAway);
      const holds = found.holds === undefined ? 0 : rateOf(found.holds);
      limits.push({ method, cpus, holds, runsAway: rate, ofInterrupts: behind });
    }
  }
  // Side by side at the rates around the one that the list loses to.
  const cpus = parameters.all('flood-cpus').findLast((count) => count <= 16) ?? parameters.get('flood-cpus');
  const list = limits.find((limit) => limit.method === 'kvfree-list' && limit.cpus === cpus);
  const rates = list === undefined ? [] : [list.holds, list.runsAway].filter((rate) => rate > 0);
  const series = rates.flatMap((rate) => METHODS.map((method) => at({ method, cpus, rate }).series));
  const runs = [...done.values()]
    .map(({ run }) => run)
    .toSorted((a, b) => METHODS.indexOf(a.method) - METHODS.indexOf(b.method) || a.cpus - b.cpus || a.rate - b.rate);
  const gracePeriods = parameters
    .all('gp-hz')
    .flatMap((hz) => METHODS.map((method) => countGracePeriods(method, hz, parameters)));
  return { runs, limits, series, gracePeriods };
}

/** What the search found: neighbouring steps, of which the first holds and the second runs away. */
interface Found {
  /** Undefined: none holds. */
  readonly holds: number | undefined;
  readonly runsAway: number;
}

/**
 * The highest step that holds, where all below do and all above do not: from step 0 or from a neighbour's
 * answer in strides, then by halves. A step that is too high must run away.
 */
function highest(
  runsAway: (step: number) => boolean,
  bounds: { isTooLow(step: number): boolean; isTooHigh(step: number): boolean },
  near: number | undefined,
): Found {
  let stride = near === undefined ? STRIDE : NEAR_STRIDE;
  let low = near ?? 0;
  let high = Number.POSITIVE_INFINITY;
  for (; bounds.isTooLow(low) || runsAway(low); stride *= 2) {
    if (bounds.isTooLow(low)) return { holds: undefined, runsAway: high };
    high = low;
    low -= stride;
  }
  for (; high === Number.POSITIVE_INFINITY; stride *= 2) {
    let next = low + stride;
    while (next > low + 1 && bounds.isTooHigh(next - 1)) next--;
    if (runsAway(next)) high = next;
    else low = next;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (runsAway(middle)) high = middle;
    else low = middle;
  }
  return { holds: low, runsAway: high };
}

/** Three digits: what is printed is what was run. */
function round(rate: number): number {
  return Number(rate.toPrecision(3));
}
