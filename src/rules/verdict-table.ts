/** Integers that make up a signature. */
export const SIGNATURE_LENGTH = 10;

/**
 * Verdicts by signature: an open-addressing hash table over flat integers, so that a look-up allocates nothing and
 * compares every integer of the signature (two situations never share a verdict by a hash collision).
 */
export class VerdictTable {
  /** Signature and verdict of each slot; the verdict is -1 in a free slot. */
  #slots = new Int32Array(0);
  #mask = 0;
  #used = 0;

  constructor(capacity = 256) {
    this.#resize(capacity);
  }

  /** How many signatures are known. */
  get size(): number {
    return this.#used;
  }

  /** The verdict of a signature, -1 when it is new. */
  get(signature: Int32Array): number {
    return this.#slots[this.#find(signature) + SIGNATURE_LENGTH] ?? -1;
  }

  /** Sets the verdict (not negative) of a signature. */
  set(signature: Int32Array, verdict: number): void {
    let at = this.#find(signature);
    if (this.#slots[at + SIGNATURE_LENGTH] === -1) {
      if (++this.#used * 2 > this.#mask + 1) {
        this.#grow();
        at = this.#find(signature);
      }
      this.#slots.set(signature, at);
    }
    this.#slots[at + SIGNATURE_LENGTH] = verdict;
  }

  /** Offset of the slot that holds the signature, or of the free one where it would go. */
  #find(signature: Int32Array): number {
    const slots = this.#slots;
    let hash = 0;
    for (let i = 0; i < SIGNATURE_LENGTH; i++)
      hash = Math.imul(hash ^ (signature[i] as number), 0x9e3779b1) ^ (hash >>> 15);
    hash ^= hash >>> 16;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * (SIGNATURE_LENGTH + 1);
      if (slots[at + SIGNATURE_LENGTH] === -1) return at;
      let i = 0;
      while (i < SIGNATURE_LENGTH && slots[at + i] === signature[i]) i++;
      if (i === SIGNATURE_LENGTH) return at;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#resize((this.#mask + 1) * 2);
    for (let at = 0; at < old.length; at += SIGNATURE_LENGTH + 1) {
      if (old[at + SIGNATURE_LENGTH] === -1) continue;
      const entry = old.subarray(at, at + SIGNATURE_LENGTH + 1);
      this.#slots.set(entry, this.#find(entry));
    }
  }

  #resize(capacity: number): void {
    this.#slots = new Int32Array(capacity * (SIGNATURE_LENGTH + 1));
    for (let at = SIGNATURE_LENGTH; at < this.#slots.length; at += SIGNATURE_LENGTH + 1) this.#slots[at] = -1;
    this.#mask = capacity - 1;
  }
}
