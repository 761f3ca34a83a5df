import type { LockGraph } from '../model/lock-graph.js';
import type { LocksWatch } from '../static/check.js';
import type { Taker } from '../static/graph.js';
import type { NamedTaker } from '../static/judge/replay.js';

/** What sources that are checked tell of locks, put together. */
export interface SourceLocks extends LocksWatch {
  /** One graph of all, of both languages; undefined where nothing was shown. */
  graph(): LockGraph | undefined;
  /** Which functions take which class of the graph. */
  takers(): readonly Taker[];
}

/** A collector to hand to check. */
export async function sourceLocks(): Promise<SourceLocks> {
  const { lockGraphOf, together } = await import('../graph/index.js');
  const graphs: LockGraph[] = [];
  let takers: readonly Taker[] = [];
  const named: NamedTaker[] = [];
  let whole: LockGraph | undefined;
  const graph = (): LockGraph | undefined => {
    if (graphs.length > 0) whole ??= together(graphs);
    return whole;
  };
  return {
    onC(locks) {
      // First: classes keep their numbers when graphs are put together.
      graphs.unshift(locks.graph);
      takers = locks.takers;
    },
    onTypescript(validator, taken) {
      graphs.push(lockGraphOf(validator));
      named.push(...taken);
    },
    graph,
    takers() {
      const classes = new Map<string, number>();
      for (const { id, stableName } of graph()?.classes ?? [])
        if (!classes.has(stableName)) classes.set(stableName, id);
      return [...takers, ...summed(named, classes)];
    },
  };
}

/** Takers by the numbers of their classes. Shared code that several scenarios reach has the places that most of them take. */
function summed(named: readonly NamedTaker[], classes: ReadonlyMap<string, number>): Taker[] {
  const takers = new Map<string, Taker>();
  for (const { cls: name, function: taker, count } of named) {
    const cls = classes.get(name);
    if (cls === undefined) continue;
    const key = `${cls} ${taker}`;
    takers.set(key, { cls, function: taker, count: Math.max(count, takers.get(key)?.count ?? 0) });
  }
  return [...takers.values()];
}
