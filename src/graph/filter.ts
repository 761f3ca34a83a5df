import type { LockClass, LockGraph } from '../model/lock-graph.js';
import { WaitType } from '../model/wait-type.js';
import { componentsOf } from './components.js';
import { partOf, toLibrary } from './library.js';

/** Only classes that `matches` accepts, and the dependencies among them. */
export function matching(graph: LockGraph, matches: (name: string) => boolean): LockGraph {
  return partOf(graph, (cls) => matches(cls.name));
}

/** Only dependencies into or out of raw locks, and the classes at their ends. */
export function aroundRaw(graph: LockGraph): LockGraph {
  const raw = new Set(graph.classes.filter(isRaw).map((cls) => cls.id));
  const dependencies = graph.dependencies.filter(({ from, to }) => raw.has(from) || raw.has(to));
  const ends = new Set(dependencies.flatMap(({ from, to }) => [from, to]));
  return { classes: graph.classes.filter((cls) => ends.has(cls.id)), dependencies };
}

/** raw_spinlock_t; not rcu_read_lock() and its like, which have an outer wait type of their own. */
function isRaw(cls: LockClass): boolean {
  return cls.waitInner === WaitType.Spin && cls.waitOuter === WaitType.Spin;
}

/** Only classes that can be reached from themselves, and the dependencies inside their strongly connected components. */
export function stronglyConnected(graph: LockGraph): LockGraph {
  const library = toLibrary(graph);
  const component = componentsOf(library);
  const sizes = new Map<number, number>();
  for (const one of component.values()) sizes.set(one, (sizes.get(one) ?? 0) + 1);
  const of = (id: number): number => component.get(String(id)) ?? -1;
  return partOf(
    graph,
    ({ id }) => (sizes.get(of(id)) ?? 0) > 1,
    ({ from, to }) => of(from) === of(to),
  );
}

/** Only classes at most `depth` dependencies before or behind `centre`, and the dependencies among them. */
export function around(graph: LockGraph, centre: LockClass, depth: number): LockGraph {
  const library = toLibrary(graph);
  const start = String(centre.id);
  if (!library.hasNode(start)) return { classes: [], dependencies: [] };
  const kept = new Set([
    ...within(start, depth, (node) => library.successors(node) ?? []),
    ...within(start, depth, (node) => library.predecessors(node) ?? []),
  ]);
  return partOf(graph, (cls) => kept.has(String(cls.id)));
}

function within(start: string, depth: number, neighbours: (node: string) => readonly string[]): Set<string> {
  const reached = new Set([start]);
  let rim = [start];
  for (let step = 0; step < depth && rim.length > 0; step++) {
    const next: string[] = [];
    for (const node of rim.flatMap(neighbours)) {
      if (reached.has(node)) continue;
      reached.add(node);
      next.push(node);
    }
    rim = next;
  }
  return reached;
}
