import type { Dependency, LockClass, LockGraph } from '../../src/model/lock-graph.js';

export function sampleClass(id: number, parts: Partial<LockClass> = {}): LockClass {
  const name = parts.name ?? `lock${id}`;
  return {
    id,
    name,
    stableName: name,
    key: (0xffffffff82000000n + BigInt(id * 16)).toString(16).padStart(16, '0'),
    subclass: 0,
    usage: '....',
    waitOuter: 3,
    waitInner: 3,
    acquisitions: id + 1,
    reach: { forward: 1, backward: 1 },
    ...parts,
  };
}

export function sampleDependency(from: number, to: number, parts: Partial<Dependency> = {}): Dependency {
  return { from, to, kinds: ['EN'], count: 1, direct: true, closesCycle: false, held: {}, taken: {}, ...parts };
}

/** A graph of classes 0 to `size` - 1 with these edges. */
export function sampleGraph(size: number, edges: readonly (readonly [number, number])[]): LockGraph {
  return {
    classes: Array.from({ length: size }, (_, id) => sampleClass(id)),
    dependencies: edges.map(([from, to]) => sampleDependency(from, to)),
  };
}

/** Names of classes, and `from>to` of dependencies: what a filter left. */
export function shape({ classes, dependencies }: LockGraph): { classes: number[]; edges: string[] } {
  return {
    classes: classes.map(({ id }) => id),
    edges: dependencies.map(({ from, to }) => `${from}>${to}`),
  };
}
