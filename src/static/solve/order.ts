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
  const out: number[][] = [];
  let counter = 0;
  for (let root = 0; root < count; root++) {
    if (index[root] !== -1) continue;
    const work: { node: number; next: readonly number[]; at: number }[] = [];
    const open = (node: number): void => {
      index[node] = low[node] = counter++;
      stack.push(node);
      onStack[node] = 1;
      work.push({ node, next: successors(node), at: 0 });
    };
    open(root);
    while (work.length > 0) {
      const frame = work[work.length - 1] as { node: number; next: readonly number[]; at: number };
      const to = frame.next[frame.at++];
      if (to !== undefined) {
        if (index[to] === -1) open(to);
        else if (onStack[to] === 1) low[frame.node] = Math.min(low[frame.node] as number, index[to] as number);
        continue;
      }
      work.pop();
      const parent = work[work.length - 1];
      if (parent !== undefined) low[parent.node] = Math.min(low[parent.node] as number, low[frame.node] as number);
      if (low[frame.node] !== index[frame.node]) continue;
      const component: number[] = [];
      for (;;) {
        const node = stack.pop() as number;
        onStack[node] = 0;
        component.push(node);
        if (node === frame.node) break;
      }
      out.push(component.sort((a, b) => a - b));
    }
  }
  return out;
}
