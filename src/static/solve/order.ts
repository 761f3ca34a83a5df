/**
 * Strongly connected components of a call graph, callees first (Tarjan, without recursion).
 * @param count number of nodes
 * @param successors callees of a node; the order of nodes and callees decides the order of the result, nothing else does
 */
export function components(count: number, successors: (node: number) => readonly number[]): number[][] {
  const index = new Int32Array(count).fill(-1);
  const low = new Int32Array(count);
  const onStack = new Uint8Array(count);
  const stack: number[] = [];
  /** The path being followed, and which callee is next at each of its nodes. */
  const path = new Int32Array(count);
  const at = new Int32Array(count);
  const out: number[][] = [];
  let counter = 0;
  let depth = -1;
  const open = (node: number): void => {
    index[node] = low[node] = counter++;
    stack.push(node);
    onStack[node] = 1;
    depth++;
    path[depth] = node;
    at[depth] = 0;
  };
  const close = (node: number): void => {
    depth--;
    if (depth >= 0) {
      const parent = path[depth] as number;
      low[parent] = Math.min(low[parent] as number, low[node] as number);
    }
    if (low[node] !== index[node]) return;
    const component: number[] = [];
    for (let one = -1; one !== node; ) {
      one = stack.pop() as number;
      onStack[one] = 0;
      component.push(one);
    }
    out.push(component.length > 1 ? component.sort((a, b) => a - b) : component);
  };
  for (let root = 0; root < count; root++) {
    if (index[root] !== -1) continue;
    open(root);
    while (depth >= 0) {
      const node = path[depth] as number;
      const next = at[depth] as number;
      at[depth] = next + 1;
      const to = successors(node)[next];
      if (to === undefined) close(node);
      else if (index[to] === -1) open(to);
      else if (onStack[to] === 1) low[node] = Math.min(low[node] as number, index[to] as number);
    }
  }
  return out;
}
