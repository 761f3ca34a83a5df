import type { LibraryGraph } from './library.js';

/**
 * The strongly connected component of every class, as a number: equal numbers, one component (Tarjan's algorithm). It keeps its own
 * stack: chains of dependencies may be longer than the call stack is deep.
 */
export function componentsOf(graph: LibraryGraph): Map<string, number> {
  const component = new Map<string, number>();
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  let components = 0;
  for (const root of graph.nodes()) {
    if (order.has(root)) continue;
    const walk = [visit(root)];
    for (let top = walk.at(-1); top !== undefined; top = walk.at(-1)) {
      const { node, successors } = top;
      const next = successors[top.at++];
      if (next === undefined) {
        walk.pop();
        const below = walk.at(-1);
        if (below) lower(below.node, low.get(node) ?? 0);
        if (low.get(node) === order.get(node)) close(node);
      } else if (!order.has(next)) walk.push(visit(next));
      else if (!component.has(next)) lower(node, order.get(next) ?? 0);
    }
  }
  return component;

  function visit(node: string): { node: string; successors: readonly string[]; at: number } {
    low.set(node, order.size);
    order.set(node, order.size);
    open.push(node);
    return { node, successors: graph.successors(node) ?? [], at: 0 };
  }

  function lower(node: string, to: number): void {
    low.set(node, Math.min(low.get(node) ?? to, to));
  }

  function close(node: string): void {
    for (let member = open.pop(); member !== undefined; member = open.pop()) {
      component.set(member, components);
      if (member === node) break;
    }
    components++;
  }
}
