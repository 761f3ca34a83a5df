import { TripleTable } from '../../lockdep/triple-table.js';

/** Numbers of a remembered triple: the three and its id. */
const STRIDE = 4;

/**
 * Ids of triples of integers, 0, 1, 2, ...: no object an event. It remembers the triple met last near each of the callers' dense
 * numbers: most events are like the one before them there, and then nothing is hashed.
 */
export class TripleIds {
  readonly table = new TripleTable();
  /** Ids are 1 more here: 0 is nothing remembered. */
  #last = new Int32Array(STRIDE * 1024);

  /** `near`, 0 or more, decides only how fast it is. */
  of(near: number, a: number, b: number, c: number): number {
    const at = near * STRIDE;
    const last = this.#last;
    if (last[at] === a && last[at + 1] === b && last[at + 2] === c) {
      const id = last[at + 3] as number;
      if (id !== 0) return id - 1;
    }
    return this.#remember(at, a, b, c);
  }

  #remember(at: number, a: number, b: number, c: number): number {
    const id = this.table.intern(a, b, c);
    if (at >= this.#last.length) {
      const grown = new Int32Array(Math.max(this.#last.length * 2, at + STRIDE));
      grown.set(this.#last);
      this.#last = grown;
    }
    this.#last.set([a, b, c, id + 1], at);
    return id;
  }
}

/** Counts by triples of integers. */
export class TripleCounts {
  readonly #ids = new TripleIds();
  #counts = new Float64Array(1024);

  /** `near` is as for {@link TripleIds.of}. */
  add(near: number, a: number, b: number, c: number): void {
    const id = this.#ids.of(near, a, b, c);
    if (id >= this.#counts.length) {
      const grown = new Float64Array(this.#counts.length * 2);
      grown.set(this.#counts);
      this.#counts = grown;
    }
    this.#counts[id]++;
  }

  *entries(): Generator<readonly [a: number, b: number, c: number, count: number]> {
    const { table } = this.#ids;
    for (let id = 0; id < table.size; id++) {
      yield [table.first(id), table.second(id), table.third(id), this.#counts[id] ?? 0];
    }
  }
}
