import { Area, type Op, type Page } from '../../sim/index.js';
import type { TreeRcu } from '../tree/tree-rcu.js';
import { ARRAY_HEAD, type Batch, type KvObject, POINTER, type PointerArray } from './batch.js';

/** kvfree() of one object. */
export function* kvfree(rcu: TreeRcu, object: KvObject): Op<void> {
  if (object instanceof Area) yield* rcu.kernel.mm.vfree(object);
  else yield* rcu.kernel.mm.kfree(object);
}

/**
 * Frees a batch whose grace period is over: arrays in bulk, then the list, object by object (kvfree_rcu_bulk(), kvfree_rcu_list()).
 * `keep` may take an array's page for later. The number of objects freed.
 */
export function* freeBatch(rcu: TreeRcu, batch: Batch, keep: (page: Page) => Op<boolean>): Op<number> {
  let count = 0;
  for (const array of [...batch.slab, ...batch.vmalloc]) {
    count += yield* freeArray(rcu, array);
    const kept = yield* keep(array.page);
    if (!kept || rcu.has('kvfree-page-twice')) yield* rcu.kernel.mm.freePage(array.page);
  }
  for (const object of batch.list) {
    // The next pointer is in the object itself: one line each.
    rcu.machine.chargeAccess(object.hi, object.lo, POINTER, false);
    yield* kvfree(rcu, object);
    if (rcu.has('kvfree-list-kept')) yield* kvfree(rcu, object);
    count++;
  }
  return count;
}

function* freeArray(rcu: TreeRcu, array: PointerArray): Op<number> {
  const { page, pointers } = array;
  rcu.machine.chargeAccess(page.hi, page.lo, ARRAY_HEAD + pointers.length * POINTER, false);
  for (const object of pointers) yield* kvfree(rcu, object);
  return pointers.length;
}
