import type { Area, Page, SlabObject } from '../../sim/index.js';

/** What kvfree_rcu() takes: from a slab, or from vmalloc(). */
export type KvObject = SlabObject | Area;

/** A page full of pointers (struct kvfree_rcu_bulk_data). */
export interface PointerArray {
  readonly page: Page;
  readonly pointers: KvObject[];
}

/** Bytes of the array's head: its grace period, list links and count. */
export const ARRAY_HEAD = 32;
/** Bytes a pointer. */
export const POINTER = 8;

/** Pointers of one kind of memory and the arrays they are in, and the list for those that got no place in an array. */
export interface Batch {
  slab: PointerArray[];
  vmalloc: PointerArray[];
  /** Through the rcu_head in each object. */
  list: KvObject[];
}

export function emptyBatch(): Batch {
  return { slab: [], vmalloc: [], list: [] };
}

export function isEmpty(batch: Batch): boolean {
  return batch.slab.length === 0 && batch.vmalloc.length === 0 && batch.list.length === 0;
}
