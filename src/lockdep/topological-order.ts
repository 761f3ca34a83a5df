import { grownInt32 } from './growable.js';

/** The adjacency that {@link TopologicalOrder} walks. */
export interface Adjacency {
  firstOut(cls: number): number;
  nextOut(edge: number): number;
  toOf(edge: number): number;
  firstIn(cls: number): number;
  nextIn(edge: number): number;
  fromOf(edge: number): number;
}

/**
 * An order of the classes in which dependencies point upwards, kept up to date as they are added (Pearce and Kelly, "A Dynamic
 * Topological Sort Algorithm for Directed Acyclic Graphs", 2006): a new dependency that points upwards cannot close a cycle, so
 * it needs no search, and another one costs a walk of the classes in between only.
 *
 * Cycles that are no deadlocks (weak ones, through recursive readers) do exist; the edge that closes one is set aside as a
 * back edge, and {@link mayReach} takes the back edges into account.
 */
export class TopologicalOrder {
  readonly #graph: Adjacency;
  #rank = new Int32Array(256);
  #seen = new Int32Array(256);
  #epoch = 0;
  #known = 0;
  readonly #backEdges = new Set<number>();

  constructor(graph: Adjacency) {
    this.#graph = graph;
  }

  /** False only when no path leads from `from` to `to`. */
  mayReach(from: number, to: number): boolean {
    this.#reserve(Math.max(from, to) + 1);
    const low = this.#rank[from];
    const high = this.#rank[to];
    if (low <= high) return true;
    // A path that climbs down must use back edges: one that starts at or above `from`, one that ends at or below `to`.
    let starts = false;
    let ends = false;
    for (const edge of this.#backEdges) {
      if (this.#rank[this.#graph.fromOf(edge)] >= low) starts = true;
      if (this.#rank[this.#graph.toOf(edge)] <= high) ends = true;
    }
    return starts && ends;
  }

  /** Restores the order after the edge was added. */
  added(edge: number, from: number, to: number): void {
    this.#reserve(Math.max(from, to) + 1);
    if (from === to || this.#backEdges.has(edge)) return;
    const upper = this.#rank[from];
    const lower = this.#rank[to];
    if (lower > upper) return;
    const forward = this.#forward(to, from, upper);
    if (forward === undefined) {
      this.#backEdges.add(edge);
      return;
    }
    this.#shift(this.#backward(from, lower), forward);
  }

  /** Classes reached from `start` at ranks up to `upper`; undefined when `target` is among them. */
  #forward(start: number, target: number, upper: number): number[] | undefined {
    const epoch = ++this.#epoch;
    const found = [start];
    this.#seen[start] = epoch;
    for (let at = 0; at < found.length; at++) {
      for (let edge = this.#graph.firstOut(found[at]); edge >= 0; edge = this.#graph.nextOut(edge)) {
        const to = this.#graph.toOf(edge);
        if (this.#seen[to] === epoch || this.#rank[to] > upper || this.#backEdges.has(edge)) continue;
        if (to === target) return undefined;
        this.#seen[to] = epoch;
        found.push(to);
      }
    }
    return found;
  }

  /** Classes that reach `start` at ranks down to `lower`. */
  #backward(start: number, lower: number): number[] {
    const epoch = ++this.#epoch;
    const found = [start];
    this.#seen[start] = epoch;
    for (let at = 0; at < found.length; at++) {
      for (let edge = this.#graph.firstIn(found[at]); edge >= 0; edge = this.#graph.nextIn(edge)) {
        const from = this.#graph.fromOf(edge);
        if (this.#seen[from] === epoch || this.#rank[from] < lower || this.#backEdges.has(edge)) continue;
        this.#seen[from] = epoch;
        found.push(from);
      }
    }
    return found;
  }

  /** Gives the ranks of both groups out anew: those before first, each group in its old order. */
  #shift(before: number[], behind: number[]): void {
    const byRank = (a: number, b: number): number => this.#rank[a] - this.#rank[b];
    const moved = [...before.sort(byRank), ...behind.sort(byRank)];
    const ranks = moved.map((cls) => this.#rank[cls]).sort((a, b) => a - b);
    moved.forEach((cls, at) => {
      this.#rank[cls] = ranks[at];
    });
  }

  #reserve(count: number): void {
    if (count <= this.#known) return;
    this.#rank = grownInt32(this.#rank, count);
    this.#seen = grownInt32(this.#seen, count);
    for (let cls = this.#known; cls < count; cls++) this.#rank[cls] = cls;
    this.#known = count;
  }
}
