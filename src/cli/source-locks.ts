import type { LockGraph } from '../model/lock-graph.js';
import type { LocksWatch } from '../static/check.js';
import type { Taker } from '../static/graph.js';

/** What sources that are checked tell of locks, put together. */
export interface SourceLocks extends LocksWatch {
  /** One graph of all, of both languages; undefined where nothing was shown. */
  graph(): LockGraph | undefined;
  /** Which functions take which class of the graph; of C only. */
  takers(): readonly Taker[];
}

/** A collector to hand to check. */
export async function sourceLocks(): Promise<SourceLocks> {
  const { lockGraphOf, together } = await import('../graph/index.js');
  const graphs: LockGraph[] = [];
  let takers: readonly Taker[] = [];
  return {
    onC(locks) {
      // First: classes keep their numbers when graphs are put together.
      graphs.unshift(locks.graph);
      takers = locks.takers;
    },
    onTypescript: (validator) => void graphs.push(lockGraphOf(validator)),
    graph: () => (graphs.length === 0 ? undefined : together(graphs)),
    takers: () => takers,
  };
}
