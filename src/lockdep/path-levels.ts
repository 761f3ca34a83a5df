import { grownInt32 } from './growable.js';

/** The adjacency that {@link PathLevels} walks. */
export interface Adjacency {
  firstOut(cls: number): number;
  nextOut(edge: number): number;
  toOf(edge: number): number;
  firstIn(cls: number): number;
  nextIn(edge: number): number;
  fromOf(edge: number): number;
}

/**
 * Tells whether a new dependency closes a circle, without walking the whole graph: each class has a level that never falls along
 * a dependency, so a path back needs a level that is not higher. Within one level few dependencies are walked, or the level
 * is left (Bender, Fineman, Gilbert and Tarjan, "A New Approach to Incremental Cycle Detection and Related Problems", 2015,
 * section 2): a dependency costs at most the order of the square root of their number, on average.
 *
 * Circles that are no deadlocks (weak ones, through recursive readers) do exist; the edge that closes one is set aside as a
 * back edge, and {@link mayReach} takes the back edges into account.
 */
export class PathLevels {
  readonly #graph: Adjacency;
  readonly #backEdges = new Set<number>();
  #level = new Int32Array(256);
  #seen = new Int32Array(256);
  #queue = new Int32Array(256);
  #epoch = 0;
  #edges = 0;
  /** The question asked last and its answer: a dependency is asked about, then added. */
  #askedFrom = -1;
  #askedTo = -1;
  #answer = false;

  constructor(graph: Adjacency) {
    this.#graph = graph;
  }

  /** False only when no path leads from `from` to `to`. */
  mayReach(from: number, to: number): boolean {
    if (this.#closesCircle(to, from)) return true;
    let starts = false;
    let ends = false;
    // A path over back edges: one begins where `from` may lead, one ends where `to` may come from.
    for (const edge of this.#backEdges) {
      if (this.#level[this.#graph.fromOf(edge)] >= this.#level[from]) starts = true;
      if (this.#level[this.#graph.toOf(edge)] <= this.#level[to]) ends = true;
    }
    return starts && ends;
  }

  /** The edge was added: levels rise along it, or it is a back edge. */
  added(edge: number, from: number, to: number): void {
    if (from === to || this.#backEdges.has(edge)) return;
    if (this.#closesCircle(from, to)) this.#backEdges.add(edge);
    this.#edges++;
    this.#askedFrom = -1;
  }

  /**
   * Whether a path without back edges leads from `to` to `from`, so that a dependency the other way round closes a circle. Where
   * there is none, `to` has at least the level of `from` afterwards.
   */
  #closesCircle(from: number, to: number): boolean {
    if (this.#askedFrom === from && this.#askedTo === to) return this.#answer;
    this.#reserve(Math.max(from, to) + 1);
    this.#askedFrom = from;
    this.#askedTo = to;
    this.#answer = from === to || this.#search(from, to);
    return this.#answer;
  }

  #search(from: number, to: number): boolean {
    const level = this.#level;
    if (level[from] < level[to]) return false;
    const complete = this.#markBefore(from, Math.sqrt(this.#edges));
    if (this.#seen[to] === this.#epoch) return true;
    if (complete && level[to] === level[from]) return false;
    level[to] = complete ? level[from] : level[from] + 1;
    return this.#raiseBehind(to, from, complete);
  }

  /** Marks classes of one level that lead to `start`, over at most `limit` dependencies; false when there are more. */
  #markBefore(start: number, limit: number): boolean {
    const graph = this.#graph;
    const epoch = ++this.#epoch;
    const own = this.#level[start];
    let walked = 0;
    let tail = 1;
    this.#queue[0] = start;
    this.#seen[start] = epoch;
    for (let head = 0; head < tail; head++) {
      for (let edge = graph.firstIn(this.#queue[head]); edge >= 0; edge = graph.nextIn(edge)) {
        if (++walked > limit) return false;
        const cls = graph.fromOf(edge);
        if (this.#level[cls] !== own || this.#seen[cls] === epoch || this.#backEdges.has(edge)) continue;
        this.#seen[cls] = epoch;
        this.#queue[tail++] = cls;
      }
    }
    return true;
  }

  /**
   * Raises what lies behind `start` to its level at least. Returns whether `target` lies behind it, or, where all classes
   * before the target were marked, one of them. Goes on then too, so that levels stay in order.
   */
  #raiseBehind(start: number, target: number, marked: boolean): boolean {
    const graph = this.#graph;
    const level = this.#level;
    let found = false;
    const work = [start];
    for (let cls = work.pop(); cls !== undefined; cls = work.pop()) {
      for (let edge = graph.firstOut(cls); edge >= 0; edge = graph.nextOut(edge)) {
        const next = graph.toOf(edge);
        if (this.#backEdges.has(edge)) continue;
        if (next === target || (marked && this.#seen[next] === this.#epoch)) found = true;
        if (level[next] >= level[cls]) continue;
        level[next] = level[cls];
        work.push(next);
      }
    }
    return found;
  }

  #reserve(count: number): void {
    if (count <= this.#level.length) return;
    this.#level = grownInt32(this.#level, count);
    this.#seen = grownInt32(this.#seen, count);
    this.#queue = grownInt32(this.#queue, count);
  }
}
