import type { LockGraph } from '../model/lock-graph.js';
import { graphDot } from './graph-dot.js';

/** What is laid out in a few seconds. */
export const SVG_LIMITS = { classes: 400, dependencies: 800 } as const;

/** Bounds on how long Graphviz polishes a layout: without them 200 classes take it a minute, with them a second. */
const EFFORT = ' nslimit=2; nslimit1=2; mclimit=0.2;';

/** Whether a graph is small enough to be laid out. */
export function fitsSvg({ classes, dependencies }: LockGraph): boolean {
  return classes.length <= SVG_LIMITS.classes && dependencies.length <= SVG_LIMITS.dependencies;
}

/** The lock graph as a picture, laid out by Graphviz. The caller has seen to it that it {@link fitsSvg}. */
export async function graphSvg(graph: LockGraph): Promise<string> {
  const { instance } = await import('@viz-js/viz');
  const viz = await instance();
  return viz.renderString(graphDot(graph, EFFORT), { format: 'svg', engine: 'dot' });
}
