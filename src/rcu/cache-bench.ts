import { RandomSource } from '../explore/random-source.js';
import { PAGE_SIZE } from '../sim/index.js';
import { CacheModel } from '../sim/mem/cache.js';
import { ARRAY_HEAD } from './kvfree/batch.js';

/** What one comparison assumes. */
export interface CacheCase {
  /** Bytes a cache line, a power of two. */
  readonly lineSize: number;
  /** Bytes a pointer. */
  readonly pointerSize: number;
  /** Bytes an object. */
  readonly objectSize: number;
  /** Callbacks after one grace period. */
  readonly batch: number;
}

/** What it costs to find the objects of one grace period, their own free apart, with cold caches. */
export interface CacheRow extends CacheCase {
  /** Lines fetched from memory by a walk along the list through the objects. */
  readonly listMisses: number;
  /** The same for arrays of pointers, their heads included. */
  readonly arrayMisses: number;
  /** Misses of the list for one of the arrays. */
  readonly factor: number;
  /** Simulated nanoseconds of each walk. */
  readonly listTime: number;
  readonly arrayTime: number;
}

const LINE_SIZES = [32, 64, 128] as const;
const POINTER_SIZES = [4, 8] as const;
const OBJECT_SIZES = [16, 64, 256] as const;
const BATCHES = [100, 1000, 10_000] as const;

/** Every combination of line, pointer, object and batch sizes. Deterministic. */
export function cacheTable(): CacheRow[] {
  const rows: CacheRow[] = [];
  for (const lineSize of LINE_SIZES)
    for (const pointerSize of POINTER_SIZES)
      for (const objectSize of OBJECT_SIZES)
        for (const batch of BATCHES) rows.push(compare({ lineSize, pointerSize, objectSize, batch }));
  return rows;
}

/**
 * Walks both through the simulator's cache model: objects lie anywhere in a heap ten times as large as they need, as after a while
 * of allocating; arrays are pages with a head.
 */
export function compare(of: CacheCase): CacheRow {
  const list = walk(of, listAddresses(of));
  const arrays = walk(of, arrayAddresses(of));
  return {
    ...of,
    listMisses: list.misses,
    arrayMisses: arrays.misses,
    factor: list.misses / arrays.misses,
    listTime: list.time,
    arrayTime: arrays.time,
  };
}

interface Access {
  readonly at: number;
  readonly size: number;
}

/** The rcu_head (two pointers) at the start of each object. */
function listAddresses({ objectSize, pointerSize, batch }: CacheCase): Access[] {
  const random = new RandomSource(1);
  const slots = Array.from({ length: batch * 10 }, (_, slot) => slot);
  const accesses: Access[] = [];
  for (let i = 0; i < batch; i++) {
    const other = i + random.below(slots.length - i);
    const slot = slots[other] ?? 0;
    slots[other] = slots[i] ?? 0;
    accesses.push({ at: slot * objectSize, size: Math.min(objectSize, 2 * pointerSize) });
  }
  return accesses;
}

/** Each array's head, then its pointers in order. */
function arrayAddresses({ pointerSize, batch }: CacheCase): Access[] {
  const perPage = Math.floor((PAGE_SIZE - ARRAY_HEAD) / pointerSize);
  const accesses: Access[] = [];
  for (let i = 0; i < batch; i++) {
    const page = Math.floor(i / perPage) * PAGE_SIZE;
    if (i % perPage === 0) accesses.push({ at: page, size: ARRAY_HEAD });
    accesses.push({ at: page + ARRAY_HEAD + (i % perPage) * pointerSize, size: pointerSize });
  }
  return accesses;
}

function walk({ lineSize }: CacheCase, accesses: readonly Access[]): { misses: number; time: number } {
  const cache = new CacheModel({ lineSize }, 1);
  let time = 0;
  for (const { at, size } of accesses) time += cache.access(0, 0, at, size, false);
  return { misses: cache.stats[0]?.misses ?? 0, time };
}
