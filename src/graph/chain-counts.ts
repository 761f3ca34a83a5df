import { depKind } from '../lockdep/dependency-graph.js';
import { classOfStep } from '../lockdep/held-stack.js';
import type { LockdepState } from '../lockdep/lockdep-state.js';
import { HeldFlag } from '../lockdep/task-state.js';

/** How often a dependency occurred, and the mask of kinds that it occurred as. */
export interface Occurrences {
  count: number;
  kinds: number;
}

/** Occurrences by dependency; see {@link pairKey}. */
export type OccurrenceTable = ReadonlyMap<number, Occurrences>;

/** One number for an ordered pair of class ids: exact up to 2^26 classes. */
export function pairKey(from: number, to: number): number {
  return from * 2 ** 26 + to;
}

/**
 * Counts how often each dependency occurred. The validator looks at a chain once and counts how often it was entered:
 * each time, the lock at its end depended on those below it, up to and including the first that was not a trylock.
 */
export function countOccurrences({ chains, classes }: LockdepState): OccurrenceTable {
  const table = new Map<number, Occurrences>();
  for (let chain = 1; chain <= chains.size; chain++) {
    const hits = chains.hits(chain);
    const step = chains.stepOf(chain);
    if (hits === 0 || !(step & HeldFlag.Check) || step & HeldFlag.Trylock) continue;
    const to = classOfStep(step);
    for (let below = chains.parentOf(chain); below !== 0; below = chains.parentOf(below)) {
      const other = chains.stepOf(below);
      const from = classOfStep(other);
      if (!(other & HeldFlag.Check) || classes.isNoValidate(from)) continue;
      note(table, pairKey(from, to), hits, depKind(other & HeldFlag.ReadMask, step & HeldFlag.ReadMask));
      if (!(other & HeldFlag.Trylock)) break;
    }
  }
  return table;
}

function note(table: Map<number, Occurrences>, key: number, hits: number, kind: number): void {
  const known = table.get(key);
  if (known === undefined) {
    table.set(key, { count: hits, kinds: kind });
    return;
  }
  known.count += hits;
  known.kinds |= kind;
}
