import type { Op } from '../../sim/index.js';
import { seqSnap, seqState } from '../sequence.js';
import type { CpuData } from './cpu-data.js';
import { GpFlag } from './gp-flag.js';
import type { RcuNode } from './node.js';
import type { TreeRcu } from './tree-rcu.js';

/**
 * Asks for the grace period `wanted`, leaf lock held (rcu_start_this_gp()). Requests of many CPUs meet on their way to the root
 * and only the first goes on: a node that is already marked, or knows that a grace period runs and will be looked at when
 * it ends, stops it. True: the kthread must be woken, after the lock is released.
 */
export function* startThisGp(rcu: TreeRcu, start: RcuNode, data: CpuData, wanted: number): Op<boolean> {
  rcu.assertHeld(start);
  let node = start;
  let wake = false;
  for (;;) {
    if (node !== start) yield* node.lock.lock();
    const marked = node.gpSeqNeeded >= wanted;
    if (marked || (node !== start && seqState(node.gpSeq) !== 0)) break;
    node.gpSeqNeeded = wanted;
    if (seqState(node.gpSeq) !== 0) break;
    if (node.parent === undefined) {
      if (rcu.gpInProgress) break;
      rcu.gpFlags |= GpFlag.Init;
      wake = true;
      break;
    }
    if (node !== start) yield* node.lock.unlock();
    node = node.parent;
  }
  if (node.gpSeqNeeded > wanted) {
    start.gpSeqNeeded = node.gpSeqNeeded;
    data.gpSeqNeeded = node.gpSeqNeeded;
  } else data.gpSeqNeeded = Math.max(data.gpSeqNeeded, wanted);
  if (node !== start) yield* node.lock.unlock();
  return wake;
}

/** Ties new callbacks to the earliest grace period that is late enough, and asks for it; leaf lock held. rcu_accelerate_cbs() */
export function* accelerate(rcu: TreeRcu, node: RcuNode, data: CpuData): Op<boolean> {
  rcu.assertHeld(node);
  if (!data.callbacks.pending || rcu.has('never-accelerate')) return false;
  const wanted = rcu.snapshot();
  if (!data.callbacks.accelerate(wanted)) return false;
  return yield* startThisGp(rcu, node, data, wanted);
}

/** Moves on the callbacks whose grace period this leaf knows to be over; leaf lock held. rcu_advance_cbs() */
export function* advance(rcu: TreeRcu, node: RcuNode, data: CpuData): Op<boolean> {
  rcu.assertHeld(node);
  if (!data.callbacks.pending) return false;
  data.callbacks.advance(node.gpSeq, rcu.has('advance-too-far'));
  return yield* accelerate(rcu, node, data);
}

/** {@link accelerate} without the lock where no new grace period has to be asked for; interrupts off. */
export function* accelerateUnlocked(rcu: TreeRcu, data: CpuData): Op<void> {
  const wanted = rcu.snapshot();
  if (data.gpSeqNeeded >= wanted && !rcu.has('never-accelerate')) {
    data.callbacks.accelerate(wanted);
    return;
  }
  if (rcu.has('locks-upside-down') && data.node.parent !== undefined) {
    yield* upsideDown(rcu, data);
    return;
  }
  yield* data.node.lock.lock();
  const wake = yield* accelerate(rcu, data.node, data);
  yield* data.node.lock.unlock();
  if (wake) yield* rcu.wakeGpKthread();
}

/** The fault of that name: the root's lock is taken, then the leaf's. */
function* upsideDown(rcu: TreeRcu, data: CpuData): Op<void> {
  const { root } = rcu;
  yield* root.lock.lock();
  yield* data.node.lock.lock();
  const wanted = seqSnap(rcu.gpSeq);
  if (data.callbacks.accelerate(wanted)) {
    data.node.gpSeqNeeded = Math.max(data.node.gpSeqNeeded, wanted);
    root.gpSeqNeeded = Math.max(root.gpSeqNeeded, wanted);
    data.gpSeqNeeded = wanted;
    if (!rcu.gpInProgress) rcu.gpFlags |= GpFlag.Init;
  }
  yield* data.node.lock.unlock();
  yield* root.lock.unlock();
  yield* rcu.wakeGpKthread();
}

/** Whether someone below the node wants a grace period after the one that ends; its lock is held. rcu_future_gp_cleanup() */
export function futureGpCleanup(rcu: TreeRcu, node: RcuNode): boolean {
  rcu.assertHeld(node);
  const more = node.gpSeqNeeded > node.gpSeq && !rcu.has('future-forgotten');
  if (!more) node.gpSeqNeeded = node.gpSeq;
  return more;
}
