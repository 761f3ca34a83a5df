/**
 * Interns triples of 32-bit integers: each distinct triple gets the next dense id, 0, 1, 2, ...
 * Open addressing over typed arrays: a look-up allocates nothing. Classes, chains and dependencies are found through it.
 */
export class TripleTable {
  #slots = new Int32Array(1024);
  #keys = new Int32Array(3 * 512);
  #mask = 1023;
  #size = 0;

  /** How many triples are known; ids are below it. */
  get size(): number {
    return this.#size;
  }

  /** The id of the triple, or -1. */
  find(a: number, b: number, c: number): number {
    const keys = this.#keys;
    let slot = mix(a, b, c) & this.#mask;
    for (;;) {
      const id = this.#slots[slot] - 1;
      if (id < 0) return -1;
      const at = id * 3;
      if (keys[at] === a && keys[at + 1] === b && keys[at + 2] === c) return id;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** The id of the triple, which is added when it is new. Integers outside 32 bits are cut. */
  intern(a: number, b: number, c: number): number {
    const known = this.find(a | 0, b | 0, c | 0);
    if (known >= 0) return known;
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    const id = this.#size++;
    const at = id * 3;
    this.#keys[at] = a;
    this.#keys[at + 1] = b;
    this.#keys[at + 2] = c;
    this.#place(id);
    return id;
  }

  /** First integer of the triple with this id. */
  first(id: number): number {
    return this.#keys[id * 3];
  }

  /** Second integer of the triple with this id. */
  second(id: number): number {
    return this.#keys[id * 3 + 1];
  }

  /** Third integer of the triple with this id. */
  third(id: number): number {
    return this.#keys[id * 3 + 2];
  }

  #place(id: number): void {
    const at = id * 3;
    let slot = mix(this.#keys[at], this.#keys[at + 1], this.#keys[at + 2]) & this.#mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = id + 1;
  }

  #grow(): void {
    const capacity = this.#slots.length * 2;
    const keys = new Int32Array((capacity / 2) * 3);
    keys.set(this.#keys.subarray(0, this.#size * 3));
    this.#keys = keys;
    this.#slots = new Int32Array(capacity);
    this.#mask = capacity - 1;
    for (let id = 0; id < this.#size; id++) this.#place(id);
  }
}

/** Multiplicative mixing (the finaliser of MurmurHash3): good enough to keep probe runs short on clustered addresses. */
function mix(a: number, b: number, c: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return h ^ (h >>> 16);
}
