import type { Area, Page, SlabObject } from '../../sim/index.js';
import type { GpCookie } from '../tree/waiting.js';

/** What kvfree_rcu() takes: from a slab, or from vmalloc(). */
export type KvObject = SlabObject | Area;

/** A page full of pointers (struct kvfree_rcu_bulk_data). */
export interface PointerArray {
  readonly page: Page;
  readonly pointers: KvObject[];
  /** Grace period after which all of them may be freed: the cookie taken with the last one. */
  snap: GpCookie;
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
  /** As {@link PointerArray.snap}, of the list. */
  listSnap: GpCookie;
}

export function emptyBatch(): Batch {
  return { slab: [], vmalloc: [], list: [], listSnap: 0 };
}

export function isEmpty(batch: Batch): boolean {
  return batch.slab.length === 0 && batch.vmalloc.length === 0 && batch.list.length === 0;
}

/** Takes those off a batch whose grace period is over already, as `isOver` says of a cookie. */
export function takeOver(batch: Batch, isOver: (snap: GpCookie) => boolean): Batch {
  const ready = emptyBatch();
  for (const kind of ['slab', 'vmalloc'] as const) {
    ready[kind] = batch[kind].filter((array) => isOver(array.snap));
    batch[kind] = batch[kind].filter((array) => !ready[kind].includes(array));
  }
  if (isOver(batch.listSnap)) ready.list = batch.list.splice(0);
  return ready;
}

/** Pointers in a batch. */
export function sizeOf(batch: Batch): number {
  const arrays = [...batch.slab, ...batch.vmalloc];
  return arrays.reduce((sum, array) => sum + array.pointers.length, batch.list.length);
}
