/** Largest order of a block: 2^10 pages, as in the kernel. */
export const MAX_ORDER = 10;

/**
 * Free blocks of a zone, by order: splitting on allocation, merging with the buddy on freeing. Numbers only, no locking.
 *
 * Invariants: a free block starts at a multiple of its size; no two free blocks overlap; no free block's buddy of the
 * same order is free (it would have been merged).
 */
export class Buddy {
  readonly pages: number;
  /** Free pages in all blocks. */
  free = 0;
  /** First block of each order, -1 when none. */
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #prev: Int32Array;
  /** Order of the free block that starts at a page; -1: none does. */
  readonly #orderAt: Int8Array;

  /** `pages`: a power of two, at least 2^MAX_ORDER or a single smaller block. */
  constructor(pages: number) {
    if (pages < 1 || (pages & (pages - 1)) !== 0) throw new RangeError(`memory.pages: ${pages} is no power of two`);
    this.pages = pages;
    this.#heads = new Int32Array(MAX_ORDER + 1).fill(-1);
    this.#next = new Int32Array(pages).fill(-1);
    this.#prev = new Int32Array(pages).fill(-1);
    this.#orderAt = new Int8Array(pages).fill(-1);
    const order = Math.min(MAX_ORDER, Math.log2(pages));
    for (let pfn = pages - (1 << order); pfn >= 0; pfn -= 1 << order) this.#insert(pfn, order);
  }

  /** First page of a block of 2^order pages, or -1 when there is none. */
  alloc(order: number): number {
    for (let from = order; from <= MAX_ORDER; from++) {
      const pfn = this.#heads[from] ?? -1;
      if (pfn < 0) continue;
      this.#remove(pfn, from);
      for (let half = from - 1; half >= order; half--) this.#insert(pfn + (1 << half), half);
      return pfn;
    }
    return -1;
  }

  /** Gives a block back. Throws RangeError when it is free already or not aligned. */
  release(pfn: number, order: number): void {
    if (pfn < 0 || pfn + (1 << order) > this.pages || pfn % (1 << order) !== 0) {
      throw new RangeError(`page ${pfn} is no block of order ${order}`);
    }
    if (this.isFree(pfn)) throw new RangeError(`page ${pfn} is free already`);
    let at = pfn;
    let size = order;
    while (size < MAX_ORDER) {
      const buddy = at ^ (1 << size);
      if (buddy >= this.pages || this.#orderAt[buddy] !== size) break;
      this.#remove(buddy, size);
      at = Math.min(at, buddy);
      size++;
    }
    this.#insert(at, size);
  }

  /** The page lies in a free block. */
  isFree(pfn: number): boolean {
    for (let order = 0; order <= MAX_ORDER; order++) {
      if (this.#orderAt[pfn & ~((1 << order) - 1)] === order) return true;
    }
    return false;
  }

  /** Free blocks as `[first page, order]`, ascending; for tests and reports. */
  blocks(): [number, number][] {
    const found: [number, number][] = [];
    this.#orderAt.forEach((order, pfn) => {
      if (order >= 0) found.push([pfn, order]);
    });
    return found;
  }

  #insert(pfn: number, order: number): void {
    const head = this.#heads[order] ?? -1;
    this.#next[pfn] = head;
    this.#prev[pfn] = -1;
    if (head >= 0) this.#prev[head] = pfn;
    this.#heads[order] = pfn;
    this.#orderAt[pfn] = order;
    this.free += 1 << order;
  }

  #remove(pfn: number, order: number): void {
    const next = this.#next[pfn] ?? -1;
    const prev = this.#prev[pfn] ?? -1;
    if (next >= 0) this.#prev[next] = prev;
    if (prev >= 0) this.#next[prev] = next;
    else this.#heads[order] = next;
    this.#orderAt[pfn] = -1;
    this.free -= 1 << order;
  }
}
