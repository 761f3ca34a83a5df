import { createRequire } from 'node:module';
import { UndirectedGraph } from 'graphology';
import type * as ForceAtlas2 from 'graphology-layout-forceatlas2';
import type { LockGraph } from '../model/lock-graph.js';
import { componentsOf } from './components.js';
import { toLibrary } from './library.js';

/** Its module is CommonJS, its types say that it is not: what they call the default export is the module itself. */
const forceAtlas2: (typeof ForceAtlas2)['default']['default'] = createRequire(import.meta.url)(
  'graphology-layout-forceatlas2',
);

/** Where classes lie on a map, in the order of the graph's classes. */
export interface MapLayout {
  /** 0 to the size that was asked for. */
  readonly x: number[];
  readonly y: number[];
  /** Number of the strongly connected component that a class shares with others; -1: with none. */
  readonly loop: number[];
}

/** Steps of the layout times classes and dependencies: what bounds its time (a few seconds for 5,000 and 50,000). */
const EFFORT = 2_400_000;
const STEPS = { least: 30, most: 240 };
/** Angle between neighbours on a spiral that never lines up. */
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/**
 * Lays a lock graph out on a square map of this size: what depends on each other lies close together (ForceAtlas2), turned so
 * that outer locks lie left of those taken under them. The same graph gives the same map.
 */
export function mapLayout(graph: LockGraph, size: number): MapLayout {
  const points = fitted(turned(graph, settled(graph)), size);
  return { x: points.map((point) => point.x), y: points.map((point) => point.y), loop: loopsOf(graph) };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function settled({ classes, dependencies }: LockGraph): Point[] {
  const graph = new UndirectedGraph<{ x: number; y: number }>();
  const bias = new Map<number, number>();
  for (const { from, to } of dependencies) {
    bias.set(from, (bias.get(from) ?? 0) - 1);
    bias.set(to, (bias.get(to) ?? 0) + 1);
  }
  const spread = Math.sqrt(classes.length) * 10;
  for (const [i, { id }] of classes.entries()) {
    const radius = 10 * Math.sqrt(i + 0.5);
    // Outer locks start on the left: the forces keep that order where nothing speaks against it.
    const x = radius * Math.cos(i * GOLDEN_ANGLE) + spread * Math.tanh((bias.get(id) ?? 0) / 4);
    graph.addNode(id, { x, y: radius * Math.sin(i * GOLDEN_ANGLE) });
  }
  for (const { from, to } of dependencies) if (from !== to) graph.mergeEdge(from, to);
  if (classes.length < 3) return classes.map((_, i) => ({ x: i, y: 0 }));
  const wanted = Math.round(EFFORT / (classes.length + dependencies.length));
  const iterations = Math.min(STEPS.most, Math.max(STEPS.least, wanted));
  const places = forceAtlas2(graph, {
    iterations,
    settings: {
      ...forceAtlas2.inferSettings(graph),
      barnesHutOptimize: classes.length > 1000,
      linLogMode: true,
      gravity: 0.3,
    },
  });
  return classes.map(({ id }) => ({ x: places[id]?.x ?? 0, y: places[id]?.y ?? 0 }));
}

/** Turned so that dependencies point right on average. */
function turned({ classes, dependencies }: LockGraph, points: readonly Point[]): Point[] {
  const at = new Map(classes.map(({ id }, i) => [id, points[i]]));
  let [dx, dy] = [0, 0];
  for (const { from, to } of dependencies) {
    const [a, b] = [at.get(from), at.get(to)];
    if (!a || !b) continue;
    const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    dx += (b.x - a.x) / length;
    dy += (b.y - a.y) / length;
  }
  const length = Math.hypot(dx, dy);
  if (length === 0) return [...points];
  const [cos, sin] = [dx / length, dy / length];
  return points.map(({ x, y }) => ({ x: x * cos + y * sin, y: y * cos - x * sin }));
}

function fitted(points: readonly Point[], size: number): Point[] {
  const bounds = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const { x, y } of points) {
    bounds.left = Math.min(bounds.left, x);
    bounds.right = Math.max(bounds.right, x);
    bounds.top = Math.min(bounds.top, y);
    bounds.bottom = Math.max(bounds.bottom, y);
  }
  const scale = size / (Math.max(bounds.right - bounds.left, bounds.bottom - bounds.top) || 1);
  return points.map(({ x, y }) => ({ x: (x - bounds.left) * scale, y: (y - bounds.top) * scale }));
}

/** Components of one class are no loop. */
function loopsOf(graph: LockGraph): number[] {
  const components = componentsOf(toLibrary(graph));
  const of = graph.classes.map(({ id }) => components.get(String(id)) ?? -1);
  const sizes = new Map<number, number>();
  for (const one of of) sizes.set(one, (sizes.get(one) ?? 0) + 1);
  return of.map((one) => ((sizes.get(one) ?? 0) > 1 ? one : -1));
}
