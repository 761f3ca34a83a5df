/** A dependency of the slow reference: kinds are two letters each, `ER EN SR SN`. */
export interface Edge {
  from: string;
  to: string;
  kinds: Set<string>;
  direct: boolean;
}

/** Paths by the classes they visit; `weak` when the last step can only have ended in (or, backwards, begun with) a reader. */
export type Paths = { classes: string[]; weak: boolean }[];

/** A step whose second end is a recursive reader must not be followed by one whose first end is shared. */
function mayFollow(first: string, second: string): boolean {
  return !(first[1] === 'R' && second[0] === 'S');
}

/**
 * All simple strong paths that start at a class, whose own acquisition was by a recursive reader or not, by enumeration:
 * each edge is tried in each of its kinds.
 */
export function paths(edges: readonly Edge[], start: string, recursive: boolean): Paths {
  const found: Paths = [];
  const extend = (classes: string[], last: string): void => {
    found.push({ classes, weak: last[1] === 'R' });
    for (const edge of edges) {
      if (edge.from !== classes.at(-1) || classes.includes(edge.to)) continue;
      for (const kind of edge.kinds) if (mayFollow(last, kind)) extend([...classes, edge.to], kind);
    }
  };
  extend([start], recursive ? 'ER' : 'EN');
  return found;
}

/** As {@link paths}, against the dependencies; the start was held shared or not. */
export function backPaths(edges: readonly Edge[], start: string, shared: boolean): Paths {
  const found: Paths = [];
  const extend = (classes: string[], next: string): void => {
    found.push({ classes, weak: next[0] === 'S' });
    for (const edge of edges) {
      if (edge.to !== classes.at(-1) || classes.includes(edge.from)) continue;
      for (const kind of edge.kinds) if (mayFollow(kind, next)) extend([...classes, edge.from], kind);
    }
  };
  extend([start], shared ? 'SN' : 'EN');
  return found;
}

/** All closed strong paths through the new edge, which has one kind: the classes from its second end round to its first. */
export function strongCircles(edges: readonly Edge[], added: Edge): string[][] {
  const [kind = ''] = added.kinds;
  return paths(edges, added.to, kind[1] === 'R')
    .filter(({ classes, weak }) => classes.at(-1) === added.from && mayFollow(weak ? 'ER' : 'EN', kind))
    .map(({ classes }) => classes);
}

/** Those of the least length. */
export function shortest(all: readonly string[][]): string[][] {
  const least = Math.min(...all.map((path) => path.length));
  return all.filter((path) => path.length === least);
}
