/** A small deterministic generator (mulberry32): 32 bits of state, the same numbers on every platform. */
export class RandomSource {
  #state: number;

  constructor(seed: number) {
    // Neighbouring seeds must not give neighbouring streams.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0;
  }

  /** A number in 0..bound-1; 0 when `bound` is below 2. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return bound < 2 ? 0 : ((t ^ (t >>> 14)) >>> 0) % bound;
  }
}
