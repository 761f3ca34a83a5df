import type { FloodFigures, FloodLimit, FloodMethod } from '../../model/rcu-bench.js';
import { type FloodCase, type FloodResult, flood } from './flood.js';
import { countGracePeriods } from './grace-periods.js';
import type { Parameters } from './parameters.js';

const METHODS: readonly FloodMethod[] = ['call_rcu', 'kvfree-list', 'kvfree-arrays'];
/** Steps of the rate that the search takes at first: from nowhere, and from a neighbour's answer. */
const STRIDE = 8;
const NEAR_STRIDE = 3;
/** Steps from the first rate beyond which nobody looks. */
const FURTHEST = 80;

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
  for (const method of METHODS) {
    let near: number | undefined;
    for (const cpus of parameters.all('flood-cpus')) {
      const holds = (step: number) => !at({ method, cpus, rate: rateOf(step) }).run.runsAway;
      near = highest(holds, near);
      limits.push({ method, cpus, holds: rateOf(near), runsAway: rateOf(near + 1) });
    }
  }
  // Side by side at the rates around the one that the list loses to.
  const cpus = parameters.all('flood-cpus').findLast((count) => count <= 16) ?? parameters.get('flood-cpus');
  const list = limits.find((limit) => limit.method === 'kvfree-list' && limit.cpus === cpus);
  const rates = list === undefined ? [] : [list.holds, list.runsAway];
  const series = rates.flatMap((rate) => METHODS.map((method) => at({ method, cpus, rate }).series));
  const runs = [...done.values()]
    .map(({ run }) => run)
    .toSorted((a, b) => METHODS.indexOf(a.method) - METHODS.indexOf(b.method) || a.cpus - b.cpus || a.rate - b.rate);
  const gracePeriods = parameters
    .all('gp-hz')
    .flatMap((hz) => METHODS.map((method) => countGracePeriods(method, hz, parameters)));
  return { runs, limits, series, gracePeriods };
}

/**
 * The highest step that holds, where all below do and all above do not: from step 0 or from a neighbour's
 * answer in strides, then by halves.
 */
function highest(holds: (step: number) => boolean, near: number | undefined): number {
  let low = near ?? 0;
  const stride = near === undefined ? STRIDE : NEAR_STRIDE;
  while (!holds(low) && low > -FURTHEST) low -= stride;
  let high = low + stride;
  while (holds(high) && high < FURTHEST) {
    low = high;
    high += stride;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Three digits: what is printed is what was run. */
function round(rate: number): number {
  return Number(rate.toPrecision(3));
}
