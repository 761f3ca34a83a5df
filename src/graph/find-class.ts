import type { LockClass, LockGraph } from '../model/lock-graph.js';

/** The class that a user means by its name as lockdep shows it, or by its key; undefined when there is none. */
export function findClass({ classes }: LockGraph, text: string): LockClass | undefined {
  const key = text.replace(/^0x/, '').toLowerCase();
  return (
    classes.find((cls) => cls.name === text) ??
    classes.find((cls) => cls.stableName === text) ??
    classes.find((cls) => cls.key === key)
  );
}
