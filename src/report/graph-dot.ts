import type { Dependency, LockClass, LockGraph } from '../model/lock-graph.js';
import { WaitType, waitTypeName } from '../model/wait-type.js';
import { printable } from './escape.js';

/** Fill by inner wait type: the stricter a lock, the darker. */
const FILL: Readonly<Record<number, string>> = {
  [WaitType.Spin]: '#f4b6a6',
  [WaitType.Config]: '#f9e2a0',
  [WaitType.Sleep]: '#cfe3c4',
};

/**
 * The lock graph in Graphviz's language: `A -> B` when B is taken under A. What closes a cycle is drawn in red, what is not direct dashed.
 * `attributes` are more of Graphviz's attributes of the graph, each with its semicolon.
 */
export function graphDot({ classes, dependencies }: LockGraph, attributes = ''): string {
  return [
    'digraph locks {',
    `  rankdir=LR;${attributes}`,
    '  node [shape=box, style="rounded,filled", fontname="Helvetica", fillcolor="#eeeeee"];',
    '  edge [fontname="Helvetica", fontsize=9];',
    ...classes.map(nodeLine),
    ...dependencies.map(edgeLine),
    '}',
    '',
  ].join('\n');
}

function nodeLine({ id, name, usage, waitOuter, waitInner }: LockClass): string {
  const fill = waitOuter === WaitType.Free ? undefined : FILL[waitInner];
  const label = `${escaped(name)}\\n{${usage}} ${waitTypeName(waitInner)}`;
  return `  c${id} [label="${label}"${fill === undefined ? '' : `, fillcolor="${fill}"`}];`;
}

function edgeLine({ from, to, kinds, count, direct, closesCycle }: Dependency): string {
  const label = escaped([kinds.join(' '), `${count}x`].filter(Boolean).join(', '));
  const colour = closesCycle ? ', color="#cc0000", penwidth=2' : '';
  return `  c${from} -> c${to} [label="${label}"${colour}${direct ? '' : ', style=dashed'}];`;
}

/** A text for a quoted string of a label: no escape, no HTML entity and no quote in it means anything. */
function escaped(text: string): string {
  return printable(text)
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replace(/&(?=#?\w+;)/g, '&amp;');
}
