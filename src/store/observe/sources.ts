import type { LockGraph } from '../../model/lock-graph.js';
import { Depends, LockContextBit, type Observation } from '../../model/observation.js';
import type { Taker } from '../../static/graph.js';

/** What sources show of locks, in the terms of the store. Counts are places. */
export function observationOfSources(graph: LockGraph, takers: readonly Taker[]): Observation {
  const context = LockContextBit.Sources;
  const classes = [...graph.classes];
  const numbers = new Map(classes.map(({ id }, at) => [id, at + 1]));
  return {
    kernel: undefined,
    graph,
    // Each class alone: what was held with it is told by the pairs.
    chains: classes.map(({ id, acquisitions }) => ({
      ...{ parent: 0, cls: id, read: 0, trylock: false, checked: true, hits: acquisitions },
    })),
    acquisitions: takers.map(({ cls, function: site, count }) => ({
      chain: numbers.get(cls) ?? 0,
      site,
      context,
      count,
    })),
    allocations: [],
    pairs: graph.dependencies.map(({ from, to, direct, count }) => ({
      ...{ from, to, context, dependency: direct ? Depends.Direct : Depends.OverTrylock, count },
    })),
    unit: 'ticks',
    times: [],
  };
}
