import type { Dependency, LockClass, LockGraph, Reach } from '../model/lock-graph.js';

/**
 * Several lock graphs as one: classes are matched by name, subclass and wait types, usages and dependencies are put together. One graph
 * stays what it is.
 */
export function together(graphs: readonly LockGraph[]): LockGraph {
  const [only, ...others] = graphs;
  if (only !== undefined && others.length === 0) return only;
  const classes: (LockClass & { acquisitions: number; usage: string })[] = [];
  const ids = new Map<string, number>();
  const dependencies = new Map<string, Dependency>();
  const forward = new Map<number, Set<number>>();
  const backward = new Map<number, Set<number>>();
  for (const graph of graphs) {
    const mapped = new Map<number, number>();
    for (const cls of graph.classes) {
      const identity = JSON.stringify([cls.name, cls.waitOuter, cls.waitInner]);
      const known = classes[ids.get(identity) ?? -1];
      const id = known?.id ?? classes.length;
      mapped.set(cls.id, id);
      if (known !== undefined) {
        known.acquisitions += cls.acquisitions;
        known.usage = mergedUsage(known.usage, cls.usage);
        continue;
      }
      ids.set(identity, id);
      classes.push({
        id,
        name: cls.name,
        stableName: cls.stableName,
        key: null,
        subclass: cls.subclass,
        usage: cls.usage,
        waitOuter: cls.waitOuter,
        waitInner: cls.waitInner,
        acquisitions: cls.acquisitions,
        get reach(): Reach {
          return { forward: reachable(forward, id), backward: reachable(backward, id) };
        },
      });
    }
    for (const one of graph.dependencies) {
      const from = mapped.get(one.from);
      const to = mapped.get(one.to);
      if (from === undefined || to === undefined) continue;
      add(forward, from, to);
      add(backward, to, from);
      const key = `${from} ${to}`;
      const known = dependencies.get(key);
      dependencies.set(key, known === undefined ? { ...one, from, to } : merged(known, one));
    }
  }
  return { classes, dependencies: [...dependencies.values()] };
}

function merged(known: Dependency, other: Dependency): Dependency {
  return {
    ...known,
    kinds: [...new Set([...known.kinds, ...other.kinds])].sort(),
    count: known.count + other.count,
    direct: known.direct || other.direct,
    closesCycle: known.closesCycle && other.closesCycle,
  };
}

/** lockdep's usage characters, position by position: what either says. */
function mergedUsage(a: string, b: string): string {
  return [...a]
    .map((one, at) => {
      const other = b[at] ?? '.';
      if (one === other || other === '.') return one;
      return one === '.' ? other : '?';
    })
    .join('');
}

function add(table: Map<number, Set<number>>, from: number, to: number): void {
  const known = table.get(from);
  if (known === undefined) table.set(from, new Set([to]));
  else known.add(to);
}

/** How many classes can be reached from one, itself included. */
function reachable(next: ReadonlyMap<number, ReadonlySet<number>>, start: number): number {
  const seen = new Set([start]);
  for (const one of seen) for (const to of next.get(one) ?? []) seen.add(to);
  return seen.size;
}
