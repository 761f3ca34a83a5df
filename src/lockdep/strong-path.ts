import { DEP_E, DEP_N, type DependencyGraph } from './dependency-graph.js';
import { grownInt32 } from './growable.js';

/**
 * Searches along strong dependency paths only (Documentation/locking/lockdep-design.rst, "Recursive read locks").
 *
 * A path is strong when no step that ends in a recursive reader (`-(*R)->`) is followed by one that begins with a shared
 * holder (`-(S*)->`): a recursive reader waits for writers only, so a shared holder behind it does not block it. The lemma that
 * makes this the right search: a closed strong path is a possible deadlock, and every deadlock of the held locks is a closed
 * strong path. It needs two states a class: reached with a last step that may be non-recursive, or only by recursive ones.
 * Backwards the same holds with the ends exchanged. Breadth first, so a path that is found is a shortest one.
 *
 * lockdep visits each class once, whichever state comes first; looking at both states finds what that misses. Going
 * through a class in both states makes no wrong finding: the part between the two visits is then a strong cycle itself.
 */
export class StrongPathSearch {
  readonly #graph: DependencyGraph;
  #seen = new Int32Array(512);
  #parentState = new Int32Array(512);
  #parentEdge = new Int32Array(512);
  #queue = new Int32Array(512);
  #epoch = 0;
  #found = -1;

  constructor(graph: DependencyGraph) {
    this.#graph = graph;
  }

  /**
   * Walks forwards from `start`, which was taken as a recursive reader or not.
   * Calls `visit(class, onlyRecursive)` for each state; true ends the search. `enter(class)` false leaves a class out.
   * Returns true when `visit` did; {@link path} then gives the edges.
   */
  forwards(
    start: number,
    startRecursive: boolean,
    classCount: number,
    visit: (cls: number, onlyRecursive: boolean) => boolean,
    enter: (cls: number) => boolean = always,
  ): boolean {
    this.#begin(start * 2 + (startRecursive ? 1 : 0), classCount);
    const graph = this.#graph;
    let tail = 1;
    for (let head = 0; head < tail; head++) {
      const state = this.#queue[head];
      const cls = state >> 1;
      const weak = state & 1;
      if (!enter(cls)) continue;
      if (visit(cls, weak === 1)) {
        this.#found = state;
        return true;
      }
      for (let edge = graph.firstOut(cls); edge >= 0; edge = graph.nextOut(edge)) {
        const kinds = weak ? graph.kindsOf(edge) & DEP_E : graph.kindsOf(edge);
        if (kinds === 0) continue;
        tail = this.#reach(graph.toOf(edge) * 2 + (kinds & DEP_N ? 0 : 1), state, edge, tail);
      }
    }
    return false;
  }

  /** As {@link forwards}, against the dependencies: `start` was held shared or exclusively, states are `onlyShared`. */
  backwards(
    start: number,
    startShared: boolean,
    classCount: number,
    visit: (cls: number, onlyShared: boolean) => boolean,
    enter: (cls: number) => boolean = always,
  ): boolean {
    this.#begin(start * 2 + (startShared ? 1 : 0), classCount);
    const graph = this.#graph;
    let tail = 1;
    for (let head = 0; head < tail; head++) {
      const state = this.#queue[head];
      const cls = state >> 1;
      const weak = state & 1;
      if (!enter(cls)) continue;
      if (visit(cls, weak === 1)) {
        this.#found = state;
        return true;
      }
      for (let edge = graph.firstIn(cls); edge >= 0; edge = graph.nextIn(edge)) {
        const kinds = weak ? graph.kindsOf(edge) & DEP_N : graph.kindsOf(edge);
        if (kinds === 0) continue;
        tail = this.#reach(graph.fromOf(edge) * 2 + (kinds & DEP_E ? 0 : 1), state, edge, tail);
      }
    }
    return false;
  }

  /** Edges from the start to what was found, in the order walked. */
  path(): number[] {
    const edges: number[] = [];
    for (let state = this.#found; this.#parentEdge[state] >= 0; state = this.#parentState[state]) {
      edges.push(this.#parentEdge[state]);
    }
    return edges.reverse();
  }

  /** The class that was found. */
  get foundClass(): number {
    return this.#found >> 1;
  }

  #begin(start: number, classCount: number): void {
    const states = classCount * 2;
    this.#seen = grownInt32(this.#seen, states);
    this.#parentState = grownInt32(this.#parentState, states);
    this.#parentEdge = grownInt32(this.#parentEdge, states);
    this.#queue = grownInt32(this.#queue, states);
    this.#epoch++;
    this.#found = -1;
    this.#seen[start] = this.#epoch;
    this.#parentEdge[start] = -1;
    this.#queue[0] = start;
  }

  #reach(state: number, from: number, edge: number, tail: number): number {
    // Reached strongly before: nothing new can come of reaching it weakly now.
    if (this.#seen[state] === this.#epoch || this.#seen[state & ~1] === this.#epoch) return tail;
    this.#seen[state] = this.#epoch;
    this.#parentState[state] = from;
    this.#parentEdge[state] = edge;
    this.#queue[tail] = state;
    return tail + 1;
  }
}

function always(): boolean {
  return true;
}
