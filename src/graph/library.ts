import { Graph } from '@dagrejs/graphlib';
import type { Dependency, LockClass, LockGraph } from '../model/lock-graph.js';

/** The lock graph as a graphlib graph: nodes are class ids as text, labels are the class and the dependency themselves. */
export type LibraryGraph = Graph<undefined, LockClass, Dependency>;

/** Builds the graphlib graph that searches and filters work on. */
export function toLibrary({ classes, dependencies }: LockGraph): LibraryGraph {
  const library: LibraryGraph = new Graph({ directed: true });
  for (const cls of classes) library.setNode(String(cls.id), cls);
  for (const one of dependencies) library.setEdge(String(one.from), String(one.to), one);
  return library;
}

/** The part of a graph whose classes `keeps` says, and the dependencies between them that `keepsEdge` says. */
export function partOf(
  { classes, dependencies }: LockGraph,
  keeps: (cls: LockClass) => boolean,
  keepsEdge: (one: Dependency) => boolean = () => true,
): LockGraph {
  const kept = classes.filter(keeps);
  const ids = new Set(kept.map((cls) => cls.id));
  return {
    classes: kept,
    dependencies: dependencies.filter((one) => ids.has(one.from) && ids.has(one.to) && keepsEdge(one)),
  };
}
