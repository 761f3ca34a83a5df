import type { Dependency, DependencyPath, LockClass, LockGraph } from '../model/lock-graph.js';
import { toLibrary } from './library.js';

/**
 * A shortest way from one class to another along dependencies (breadth first; among equals the one seen first). From a class to itself it
 * is the shortest cycle through it.
 */
export function shortestPath(graph: LockGraph, from: LockClass, to: LockClass): DependencyPath {
  const library = toLibrary(graph);
  const start = String(from.id);
  const goal = String(to.id);
  if (!library.hasNode(start) || !library.hasNode(goal)) return { from, to, steps: undefined };
  const before = new Map<string, string>();
  let rim = [start];
  while (rim.length > 0 && !before.has(goal)) {
    const next: string[] = [];
    for (const node of rim) {
      for (const successor of library.successors(node) ?? []) {
        if (before.has(successor)) continue;
        before.set(successor, node);
        next.push(successor);
      }
    }
    rim = next;
  }
  if (!before.has(goal)) return { from, to, steps: undefined };
  const steps: Dependency[] = [];
  let node = goal;
  do {
    const holder = before.get(node) ?? start;
    steps.push(library.edge(holder, node));
    node = holder;
  } while (node !== start);
  return { from, to, steps: steps.reverse() };
}

/** The part of a graph that a path goes through. */
export function pathPart(graph: LockGraph, { from, to, steps }: DependencyPath): LockGraph {
  const ids = new Set([from.id, to.id, ...(steps ?? []).map((step) => step.to)]);
  return { classes: graph.classes.filter((cls) => ids.has(cls.id)), dependencies: steps ?? [] };
}
