import type { Where } from '../model/finding.js';
import type { ChangedDependency, Dependency, DependencyPath, GraphDiff, LockGraph } from '../model/lock-graph.js';
import { printableJson } from './escape.js';

/**
 * The JSON of `graph`: exactly the fields of the contract, in its order; direct dependencies only. `key` is null where it is
 * not known.
 */
export function graphJson({ classes, dependencies }: LockGraph): string {
  return document({
    classes: classes.map(({ id, name, key, subclass, usage, waitOuter, waitInner, acquisitions }) => {
      return { id, name, key, subclass, usage, wait: `${waitOuter}:${waitInner}`, acquisitions };
    }),
    edges: dependencies.filter((one) => one.direct).map(({ from, to, kinds, count }) => ({ from, to, kinds, count })),
  });
}

/** The JSON of `graph --path`: `path` is null where there is none, and has its dependencies in order otherwise. */
export function pathJson({ from, to, steps }: DependencyPath, nameOf: (id: number) => string): string {
  const path = steps?.map((step) => ({ from: nameOf(step.from), to: nameOf(step.to), ...factsOf(step) }));
  return document({ from: from.name, to: to.name, path: path ?? null });
}

/** The JSON of `graph --diff`. */
export function diffJson({ added, vanished, kept }: GraphDiff): string {
  const changed = ({ from, to, dependency, unknownEnds }: ChangedDependency) => {
    return { from: from.name, to: to.name, ...factsOf(dependency), unknownEnds };
  };
  return document({ new: added.map(changed), vanished: vanished.map(changed), kept });
}

function factsOf({ kinds, count, direct, held, taken }: Dependency): {
  kinds: readonly string[];
  count: number;
  direct: boolean;
  held: Where;
  taken: Where;
} {
  return { kinds, count, direct, held, taken };
}

function document(value: unknown): string {
  return `${printableJson(JSON.stringify(value, null, 2))}\n`;
}
