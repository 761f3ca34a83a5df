import { createRequire } from 'node:module';
import { UndirectedGraph } from 'graphology';
import type { ForceAtlas2Settings, ForceAtlas2SynchronousLayoutParameters } from 'graphology-layout-forceatlas2';
import type { LockGraph } from '../model/lock-graph.js';
import { componentsOf } from './components.js';
import { toLibrary } from './library.js';

/** Its module is CommonJS and its types say that it is not, so they cannot be imported as they are. */
const forceAtlas2: {
  (graph: UndirectedGraph, settings: ForceAtlas2SynchronousLayoutParameters): Record<string, Point>;
  inferSettings(graph: UndirectedGraph): ForceAtlas2Settings;
} = createRequire(import.meta.url)('graphology-layout-forceatlas2');

/** Where classes lie on a map, in the order of the graph's classes. */
export interface MapLayout {
  /** 0 to the size that was asked for; y is less, and grows downwards. */
  readonly x: number[];
  readonly y: number[];
  /** Number of the strongly connected component that a class shares with others; -1: with none. */
  readonly loop: number[];
}

/** Steps of the layout times classes and dependencies: what bounds its time (a few seconds for 5,000 and 50,000). */
const EFFORT = 2_400_000;
const STEPS = { least: 30, most: 240 };
/** How much of a class's place from left to right is its place in the order of locks; the rest is the forces'. */
const ORDER = 0.7;
/** Height of the map to its width, and the strip below it for classes that depend on nothing. */
const SHAPE = { height: 0.78, strip: 0.06 };
/** Angle between neighbours on a spiral that never lines up. */
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/**
 * Lays a lock graph out on a map that is `size` wide: outer locks left of those taken under them, what depends on each other
 * close together (ForceAtlas2); classes without dependencies in rows below. The same graph gives the same map.
 */
export function mapLayout(graph: LockGraph, size: number): MapLayout {
  const components = componentsOf(toLibrary(graph));
  const of = graph.classes.map(({ id }) => components.get(String(id)) ?? -1);
  const linked = new Set(graph.dependencies.flatMap(({ from, to }) => [from, to]));
  const inner = { classes: graph.classes.filter(({ id }) => linked.has(id)), dependencies: graph.dependencies };
  const order = orderOf(graph, of);
  const settledAt = fitted(settled(inner));
  const places = new Map(
    inner.classes.map(({ id }, i) => {
      const { x, y } = settledAt[i] ?? { x: 0, y: 0 };
      const along = ORDER * (order.get(id) ?? 0.5) + (1 - ORDER) * x;
      return [id, { x: along * size, y: y * size * SHAPE.height }];
    }),
  );
  for (const [id, place] of rows(graph, linked, size)) places.set(id, place);
  const points = graph.classes.map(({ id }) => places.get(id) ?? { x: 0, y: 0 });
  return { x: points.map(({ x }) => x), y: points.map(({ y }) => y), loop: loopsOf(of) };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Place of each class in the order of locks, 0 for what is always outermost to 1 for what is always innermost: the longest way to it,
 * of the longest way through it. Classes that reach each other have one place.
 */
function orderOf({ classes, dependencies }: LockGraph, component: readonly number[]): Map<number, number> {
  const of = new Map(classes.map(({ id }, i) => [id, component[i] ?? -1]));
  const after = new Map<number, Set<number>>();
  for (const { from, to } of dependencies) {
    const [a, b] = [of.get(from) ?? -1, of.get(to) ?? -1];
    if (a !== b) after.set(a, (after.get(a) ?? new Set()).add(b));
  }
  // Tarjan's algorithm numbers a component after all that it reaches.
  const ascending = [...new Set(component)].sort((a, b) => a - b);
  const behind = new Map<number, number>();
  for (const one of ascending) {
    let longest = 0;
    for (const next of after.get(one) ?? []) longest = Math.max(longest, 1 + (behind.get(next) ?? 0));
    behind.set(one, longest);
  }
  const before = new Map<number, number>();
  for (const one of ascending.toReversed()) {
    for (const next of after.get(one) ?? []) {
      before.set(next, Math.max(before.get(next) ?? 0, 1 + (before.get(one) ?? 0)));
    }
  }
  return new Map(
    classes.map(({ id }) => {
      const [deep, high] = [before.get(of.get(id) ?? -1) ?? 0, behind.get(of.get(id) ?? -1) ?? 0];
      return [id, deep / (deep + high || 1)];
    }),
  );
}

function settled({ classes, dependencies }: LockGraph): Point[] {
  const graph = new UndirectedGraph();
  for (const [i, { id }] of classes.entries()) {
    const radius = 10 * Math.sqrt(i + 0.5);
    graph.addNode(id, { x: radius * Math.cos(i * GOLDEN_ANGLE), y: radius * Math.sin(i * GOLDEN_ANGLE) });
  }
  for (const { from, to } of dependencies) if (from !== to) graph.mergeEdge(from, to);
  if (classes.length < 3) return classes.map((_, i) => ({ x: i, y: i }));
  const wanted = Math.round(EFFORT / (classes.length + dependencies.length));
  const iterations = Math.min(STEPS.most, Math.max(STEPS.least, wanted));
  const places = forceAtlas2(graph, {
    iterations,
    settings: { ...forceAtlas2.inferSettings(graph), barnesHutOptimize: classes.length > 1000 },
  });
  return classes.map(({ id }) => ({ x: places[id]?.x ?? 0, y: places[id]?.y ?? 0 }));
}

/** From 0 to 1 each way: half by place, half by rank, so that what lies close together is still told apart. */
function fitted(points: readonly Point[]): Point[] {
  const [x, y] = [spread(points.map((point) => point.x)), spread(points.map((point) => point.y))];
  return points.map((_, i) => ({ x: x[i] ?? 0, y: y[i] ?? 0 }));
}

function spread(values: readonly number[]): number[] {
  const sorted = [...values.keys()].sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b);
  const least = values[sorted[0] ?? 0] ?? 0;
  const range = (values[sorted.at(-1) ?? 0] ?? 0) - least || 1;
  const rank = new Map(sorted.map((index, at) => [index, at / Math.max(1, values.length - 1)]));
  return values.map((value, index) => (rank.get(index) ?? 0) / 2 + (value - least) / range / 2);
}

/** Classes without dependencies, in rows below the map. */
function* rows({ classes }: LockGraph, linked: ReadonlySet<number>, size: number): Generator<[number, Point]> {
  const alone = classes.filter(({ id }) => !linked.has(id));
  const width = Math.max(60, Math.ceil(Math.sqrt(alone.length * 12)));
  const [step, top] = [size / width, size * (SHAPE.height + SHAPE.strip)];
  for (const [i, { id }] of alone.entries()) {
    yield [id, { x: (i % width) * step, y: top + Math.floor(i / width) * step }];
  }
}

/** Components of one class are no loop. */
function loopsOf(components: readonly number[]): number[] {
  const sizes = new Map<number, number>();
  for (const one of components) sizes.set(one, (sizes.get(one) ?? 0) + 1);
  return components.map((one) => ((sizes.get(one) ?? 0) > 1 ? one : -1));
}
