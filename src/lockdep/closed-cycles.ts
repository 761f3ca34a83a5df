import { ReadKind } from '../model/events.js';
import type { LockdepState } from './lockdep-state.js';

/** A dependency that is met, and how its ends were taken ({@link ReadKind} numbers). */
export interface Met {
  readonly from: number;
  readonly to: number;
  readonly fromRead: number;
  readonly toRead: number;
}

/**
 * check_noncircular(): a strong path from the class being taken back to the one held is a cycle with the dependency. Tells the path of the
 * shortest; where all orders are known also of the shortest beside it, as long as there is one that shares no class with those told but
 * the dependency's own: who mends one of them has not mended the other. Returns whether there is any.
 */
export function closedCycles(
  state: LockdepState,
  { from, to, fromRead, toRead }: Met,
  tell: (path: readonly number[]) => void,
): boolean {
  const { classes, graph, search } = state;
  if (!graph.mayReach(to, from)) return false;
  const told = new Set<number>();
  const isFound = (): boolean =>
    search.forwards(
      to,
      toRead === ReadKind.SharedRecursive,
      classes.size,
      (cls, onlyRecursive) => cls === from && (fromRead === ReadKind.Write || !onlyRecursive),
      (cls) => !told.has(cls),
    );
  let count = 0;
  while (isFound()) {
    const path = search.path();
    tell(path);
    count++;
    const between = path.slice(0, -1).map((edge) => graph.toOf(edge));
    if (!state.reconsiders || between.length === 0) break;
    for (const cls of between) told.add(cls);
  }
  return count > 0;
}
