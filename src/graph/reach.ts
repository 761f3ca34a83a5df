import { DEP_E, DEP_N, type DependencyGraph } from '../lockdep/dependency-graph.js';
import type { Reach } from '../model/lock-graph.js';

/**
 * Counts, for a class, the classes on strong dependency paths from it and to it (FD and BD of /proc/lockdep), itself
 * included; each count may visit the whole graph. It goes as __bfs() of kernel/locking/lockdep.c goes, so that the numbers are the kernel's: over all dependencies, not only the direct
 * ones, in the order in which they were found, and each class is looked at once, by the first dependency that
 * leads to it, even if that one does not make a strong path.
 */
export function reachCounter(graph: DependencyGraph, classCount: number): (cls: number) => Reach {
  let directions: { forward: Neighbours; backward: Neighbours } | undefined;
  return (cls) => {
    directions ??= {
      forward: new Neighbours(graph, classCount, (edge) => [graph.fromOf(edge), graph.toOf(edge)]),
      backward: new Neighbours(graph, classCount, (edge) => [graph.toOf(edge), graph.fromOf(edge)]),
    };
    // Read backwards, a dependency's ends change places: what it must begin with becomes what it must end in.
    return {
      forward: directions.forward.count(cls, DEP_E, DEP_N),
      backward: directions.backward.count(cls, DEP_N, DEP_E),
    };
  };
}

/** Neighbours of all classes in one direction, packed: those of a class lie side by side, in the order of their edges. */
class Neighbours {
  readonly #first: Int32Array;
  readonly #far: Int32Array;
  readonly #kinds: Int32Array;
  readonly #seen: Int32Array;
  readonly #queue: Int32Array;
  readonly #weak: Uint8Array;
  #epoch = 0;

  constructor(graph: DependencyGraph, classCount: number, endsOf: (edge: number) => readonly [number, number]) {
    this.#first = new Int32Array(classCount + 2);
    this.#far = new Int32Array(graph.edgeLimit);
    this.#kinds = new Int32Array(graph.edgeLimit);
    this.#seen = new Int32Array(classCount);
    this.#queue = new Int32Array(classCount);
    this.#weak = new Uint8Array(classCount);
    for (let edge = 0; edge < graph.edgeLimit; edge++) {
      if (graph.kindsOf(edge) !== 0) this.#first[endsOf(edge)[0] + 2]++;
    }
    for (let cls = 2; cls < this.#first.length; cls++) this.#first[cls] += this.#first[cls - 1];
    for (let edge = 0; edge < graph.edgeLimit; edge++) {
      const kinds = graph.kindsOf(edge);
      if (kinds === 0) continue;
      const [near, far] = endsOf(edge);
      const at = this.#first[near + 1]++;
      this.#far[at] = far;
      this.#kinds[at] = kinds;
    }
  }

  /** A step after one that is `weak` must have a kind of `strongStart`; it is weak itself when it has none of `strongEnd`. */
  count(start: number, strongStart: number, strongEnd: number): number {
    const epoch = ++this.#epoch;
    this.#seen[start] = epoch;
    this.#queue[0] = start;
    this.#weak[0] = 0;
    let tail = 1;
    for (let head = 0; head < tail; head++) {
      const cls = this.#queue[head];
      const mask = this.#weak[head] ? strongStart : ~0;
      for (let at = this.#first[cls]; at < this.#first[cls + 1]; at++) {
        const far = this.#far[at];
        if (this.#seen[far] === epoch) continue;
        this.#seen[far] = epoch;
        const kinds = this.#kinds[at] & mask;
        if (kinds === 0) continue;
        this.#weak[tail] = kinds & strongEnd ? 0 : 1;
        this.#queue[tail++] = far;
      }
    }
    return tail;
  }
}
