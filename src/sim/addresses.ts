import type { MemoryRange } from './lockdep-map.js';

/** An address as two signed 32-bit halves. */
export interface Address {
  hi: number;
  lo: number;
}

/** `__lockdep_no_validate__` of every simulated kernel. */
export const NO_VALIDATE_KEY: Readonly<Address> = { hi: 0xffffffff | 0, lo: 0x82fffff0 | 0 };

const IMAGE_HI = 0xffffffff | 0;
const HEAP_HI = 0xffff8880 | 0;

/** Hands out addresses as a kernel's memory map would: locks and keys in the image, objects on the heap. */
export class Addresses {
  readonly #keys = new Map<string, Address>();
  readonly #insides = new WeakMap<MemoryRange, number>();
  #nextLock = 0x81000000;
  #nextKey = 0x83000000;
  #heap = 0x10000000;
  #heapPage = 0;

  /** Place of a lock that is not part of an object. */
  lock(): Address {
    this.#nextLock += 64;
    return { hi: IMAGE_HI, lo: this.#nextLock | 0 };
  }

  /** The class key of that name: one a name and wait type. */
  key(name: string, waitType: number): Address {
    const id = `${waitType}:${name}`;
    let key = this.#keys.get(id);
    if (key === undefined) {
      this.#nextKey += 16;
      key = { hi: IMAGE_HI, lo: this.#nextKey | 0 };
      this.#keys.set(id, key);
    }
    return key;
  }

  /** The next free place inside an object; wraps at its end. */
  inside(range: MemoryRange): Address {
    const used = this.#insides.get(range) ?? 0;
    this.#insides.set(range, used + 8);
    return { hi: range.hi, lo: (range.lo + (used % Math.max(8, range.size))) | 0 };
  }

  /** `size` bytes of heap, aligned to `align` (a power of two). */
  heap(size: number, align = 64): Address {
    let at = (this.#heap + align - 1) & ~(align - 1);
    if (at + size > 0x7fffffff) {
      this.#heapPage++;
      at = 0x10000000;
    }
    this.#heap = at + size;
    return { hi: (HEAP_HI + this.#heapPage) | 0, lo: at | 0 };
  }
}
