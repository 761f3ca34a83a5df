import { RandomSource } from '../../explore/random-source.js';
import type { CacheCount, CacheFigures, CacheRow, CacheState, CacheWalk } from '../../model/rcu-bench.js';
import { PAGE_SIZE } from '../../sim/index.js';
import { CacheModel } from '../../sim/mem/cache.js';
import { ARRAY_HEAD } from '../kvfree/batch.js';
import { cacheOptions } from './model.js';
import type { Parameters } from './parameters.js';

/** What one comparison assumes; sizes in bytes. */
export interface CacheCase {
  readonly lineSize: number;
  readonly pointerSize: number;
  readonly objectSize: number;
  /** Callbacks after one grace period. */
  readonly batch: number;
}

const STATES: readonly CacheState[] = ['cold', 'mixed', 'warm'];
/** The CPU that invokes the callbacks, and one that brought lines into the shared cache before. */
const WALKER = 0;
const OTHER = 1;

/** Every combination of line, pointer, object and batch sizes, and for each line and pointer size how its factor comes about. */
export function cacheFigures(parameters: Parameters): CacheFigures {
  const rows: CacheRow[] = [];
  const counts: CacheCount[] = [];
  for (const lineSize of parameters.all('line-bytes')) {
    for (const pointerSize of parameters.all('pointer-bytes')) {
      const cases = parameters
        .all('object-bytes')
        .flatMap((objectSize) =>
          parameters.all('batch').map((batch) => ({ lineSize, pointerSize, objectSize, batch })),
        );
      for (const of of cases) rows.push(compare(of, parameters));
      const largest = cases[cases.length - 1];
      if (largest !== undefined) counts.push(count(largest, parameters));
    }
  }
  return { rows, counts };
}

/**
 * Walks list and arrays through the simulator's cache model, in each cache state. Objects lie anywhere in a heap several times as large
 * as they need, as after a while of allocating; arrays are pages with a head (struct kvfree_rcu_bulk_data).
 */
export function compare(of: CacheCase, parameters: Parameters): CacheRow {
  const list = listAccesses(of, parameters);
  const arrays = arrayAccesses(of);
  const walks = STATES.map((state): CacheWalk => {
    const [a, b] = [list, arrays].map((accesses) => walk(of, accesses, state, parameters));
    return {
      state,
      listMisses: a?.misses ?? 0,
      arrayMisses: b?.misses ?? 0,
      listTime: (a?.time ?? 0) / of.batch,
      arrayTime: (b?.time ?? 0) / of.batch,
    };
  });
  const listLines = walk(of, list, 'cold', parameters).fetched;
  const arrayLines = walk(of, arrays, 'cold', parameters).fetched;
  return { ...of, listLines, arrayLines, factor: listLines / arrayLines, walks };
}

interface Access {
  readonly at: number;
  readonly size: number;
}

/** The rcu_head (two pointers) at the start of each object. */
function listAccesses({ objectSize, pointerSize, batch }: CacheCase, parameters: Parameters): Access[] {
  const random = new RandomSource(parameters.seed);
  const slots = Array.from({ length: batch * parameters.get('heap-spread') }, (_, slot) => slot);
  const accesses: Access[] = [];
  for (let i = 0; i < batch; i++) {
    const other = i + random.below(slots.length - i);
    const slot = slots[other] ?? 0;
    slots[other] = slots[i] ?? 0;
    accesses.push({ at: slot * objectSize, size: Math.min(objectSize, 2 * pointerSize) });
  }
  return accesses;
}

/** Where the arrays begin: far from any object. */
const ARRAYS_AT = 0x8000_0000;

/** Each array's head, then its pointers in order. */
function arrayAccesses(of: CacheCase): Access[] {
  const accesses: Access[] = [];
  const perPage = pointersAnArray(of);
  for (let i = 0; i < of.batch; i++) {
    const page = ARRAYS_AT + Math.floor(i / perPage) * PAGE_SIZE;
    if (i % perPage === 0) accesses.push({ at: page, size: ARRAY_HEAD });
    accesses.push({ at: page + ARRAY_HEAD + (i % perPage) * of.pointerSize, size: of.pointerSize });
  }
  return accesses;
}

function pointersAnArray({ pointerSize }: CacheCase): number {
  return Math.floor((PAGE_SIZE - ARRAY_HEAD) / pointerSize);
}

/** `fetched`: lines from outside the CPU's own caches. */
function walk(
  { lineSize }: CacheCase,
  accesses: readonly Access[],
  state: CacheState,
  parameters: Parameters,
): { misses: number; fetched: number; time: number } {
  const cache = new CacheModel(cacheOptions(parameters, lineSize), 2);
  const random = new RandomSource(parameters.seed);
  if (state !== 'cold') {
    // Line by line: an array's line is there or not, however many pointers are in it.
    const lines = new Set<number>();
    for (const { at, size } of accesses)
      for (let line = Math.floor(at / lineSize); line * lineSize < at + size; line++) lines.add(line);
    for (const line of lines)
      if (state === 'warm' || random.below(2) === 0) cache.access(OTHER, 0, line * lineSize, 1, false);
  }
  let time = 0;
  for (const { at, size } of accesses) time += cache.access(WALKER, 0, at, size, false);
  const stats = cache.stats[WALKER];
  const misses = stats?.misses ?? 0;
  return { misses, fetched: misses + (stats?.hits[2] ?? 0), time };
}

/** Counts the lines that the walk along the arrays touches, by what is in them, and those of the free's own store. */
function count(of: CacheCase, parameters: Parameters): CacheCount {
  const { lineSize, pointerSize, batch } = of;
  const list = listAccesses(of, parameters);
  const heads = new Set<number>();
  const pointers = new Map<number, number>();
  for (const { at, size } of arrayAccesses(of)) {
    const isHead = at % PAGE_SIZE === 0;
    for (let line = Math.floor(at / lineSize); line * lineSize < at + size; line++) {
      if (isHead) heads.add(line);
      else pointers.set(line, (pointers.get(line) ?? 0) + 1);
    }
  }
  const listLines = walk(of, list, 'cold', parameters).fetched;
  const pointerLines = [...pointers.keys()].filter((line) => !heads.has(line)).length;
  return {
    lineSize,
    pointerSize,
    batch,
    arrays: Math.ceil(batch / pointersAnArray(of)),
    pointersAnArray: pointersAnArray(of),
    pointerLines,
    headLines: heads.size,
    pointersBesideHead: [...heads].reduce((sum, line) => sum + (pointers.get(line) ?? 0), 0),
    listLines,
    factor: listLines / (pointerLines + heads.size),
    storesAfterList: storeMisses(of, list, list, parameters),
    storesAfterArrays: storeMisses(of, arrayAccesses(of), list, parameters),
  };
}

/** Lines that kfree()'s store of the free pointer into each object has to fetch, right after the object was found. */
function storeMisses(
  { lineSize, batch, pointerSize }: CacheCase,
  finding: readonly Access[],
  objects: readonly Access[],
  parameters: Parameters,
): number {
  const cache = new CacheModel(cacheOptions(parameters, lineSize), 2);
  const finds = finding.filter(({ at }) => at < ARRAYS_AT || at % PAGE_SIZE !== 0);
  let misses = 0;
  for (let i = 0; i < batch; i++) {
    const find = finds[i];
    const object = objects[i];
    if (find === undefined || object === undefined) continue;
    cache.access(WALKER, 0, find.at, find.size, false);
    const before = cache.stats[WALKER]?.misses ?? 0;
    cache.access(WALKER, 0, object.at, pointerSize, true);
    misses += (cache.stats[WALKER]?.misses ?? 0) - before;
  }
  return misses;
}
