import type { Op } from '../../sim/index.js';
import type { IrqFlags } from '../../sim/lock/irq-mode.js';
import { seqBegan, seqCompleted } from '../sequence.js';
import type { CpuData } from './cpu-data.js';
import { GpFlag } from './gp-flag.js';
import { accelerate, advance } from './gp-request.js';
import type { RcuNode } from './node.js';
import type { TreeRcu } from './tree-rcu.js';

/** The CPU has passed a quiescent state; interrupts off. Told to the leaf later, by the softirq. rcu_qs() */
export function noteQs(data: CpuData): void {
  data.cpuNoQs = false;
}

/**
 * Tells the tree that the children `mask` of a node are through with grace period `gpSeq`; takes that to the parent while nobody
 * else is missing. Called with the node locked, returns with it released. rcu_report_qs_rnp()
 */
export function* reportQsNode(rcu: TreeRcu, mask: number, from: RcuNode, gpSeq: number, flags: IrqFlags): Op<void> {
  let node = from;
  let bits = mask;
  let child: RcuNode | undefined;
  for (;;) {
    rcu.assertHeld(node);
    if (((node.qsmask & bits) === 0 && bits !== 0) || node.gpSeq !== gpSeq) {
      yield* node.lock.unlockIrqrestore(flags);
      return;
    }
    rcu.warn(child === undefined || child.qsmask === 0, 'a node reported to its parent while it waits for children');
    if (rcu.has('release-node-early')) yield* clearUnlocked(rcu, node, bits);
    else node.qsmask &= ~bits;
    if ((node.qsmask !== 0 && !rcu.has('parent-too-early')) || node.readersBlockGp) {
      yield* node.lock.unlockIrqrestore(flags);
      return;
    }
    if (node.parent === undefined) break;
    bits = node.grpmask;
    child = node;
    yield* node.lock.unlockIrqrestore(flags);
    node = node.parent;
    yield* node.lock.lockIrqsave();
  }
  yield* reportQsRoot(rcu, node, flags);
}

/** The fault: the mask changes while the lock is released. */
function* clearUnlocked(rcu: TreeRcu, node: RcuNode, bits: number): Op<void> {
  yield* node.lock.unlock();
  rcu.assertHeld(node);
  node.qsmask &= ~bits;
  yield* node.lock.lock();
}

/** The last one was through: the grace period may end. Root locked on entry, released on return. rcu_report_qs_rsp() */
function* reportQsRoot(rcu: TreeRcu, root: RcuNode, flags: IrqFlags): Op<void> {
  rcu.assertHeld(root);
  rcu.gpFlags |= GpFlag.Fqs;
  yield* root.lock.unlockIrqrestore(flags);
  yield* rcu.wakeGpKthread();
}

/**
 * The last switched-out reader of a leaf has ended: nobody may be missing there any more. Leaf locked on entry, released on return.
 * rcu_report_unblock_qs_rnp()
 */
export function* reportUnblocked(rcu: TreeRcu, leaf: RcuNode, flags: IrqFlags): Op<void> {
  rcu.assertHeld(leaf);
  if (leaf.qsmask !== 0 || leaf.readersBlockGp) {
    yield* leaf.lock.unlockIrqrestore(flags);
    return;
  }
  const { parent, gpSeq, grpmask } = leaf;
  if (parent === undefined) {
    yield* reportQsRoot(rcu, leaf, flags);
    return;
  }
  yield* leaf.lock.unlock();
  yield* parent.lock.lock();
  yield* reportQsNode(rcu, grpmask, parent, gpSeq, flags);
}

/** Tells the leaf of this CPU's quiescent state, unless a new grace period has begun since. rcu_report_qs_rdp() */
function* reportQsCpu(rcu: TreeRcu, data: CpuData): Op<void> {
  const { node } = data;
  const flags = yield* node.lock.lockIrqsave();
  if (data.cpuNoQs || data.gpSeq !== node.gpSeq) {
    data.cpuNoQs = true;
    yield* node.lock.unlockIrqrestore(flags);
    return;
  }
  data.coreNeedsQs = false;
  if ((node.qsmask & data.grpmask) === 0) {
    yield* node.lock.unlockIrqrestore(flags);
    return;
  }
  // This grace period cannot end before the report below: what is queued now is tied to the next one at once.
  if (data.nocb === undefined) yield* accelerate(rcu, node, data);
  yield* reportQsNode(rcu, data.grpmask, node, node.gpSeq, flags);
}

/** rcu_check_quiescent_state(), in the softirq: this CPU's part in the running grace period. */
export function* checkQuiescentState(rcu: TreeRcu, data: CpuData): Op<void> {
  yield* noteGpChanges(rcu, data);
  if (!data.coreNeedsQs || data.cpuNoQs) return;
  yield* reportQsCpu(rcu, data);
}

/**
 * Looks whether a grace period has ended or begun; gives up when the leaf is busy, a later look will do, unless it `waits`.
 * note_gp_changes()
 */
export function* noteGpChanges(rcu: TreeRcu, data: CpuData, waits = false): Op<void> {
  const flags = yield* rcu.kernel.localIrqSave();
  const { node } = data;
  if (data.gpSeq === node.gpSeq || (!waits && !(yield* node.lock.trylock()))) {
    yield* rcu.kernel.localIrqRestore(flags);
    return;
  }
  if (waits) yield* node.lock.lock();
  const wake = yield* noteGpChangesLocked(rcu, node, data);
  yield* node.lock.unlockIrqrestore(flags);
  if (wake) yield* rcu.wakeGpKthread();
}

/** As {@link noteGpChanges} with the leaf locked; true: wake the kthread afterwards. __note_gp_changes() */
export function* noteGpChangesLocked(rcu: TreeRcu, node: RcuNode, data: CpuData): Op<boolean> {
  rcu.assertHeld(node);
  if (data.gpSeq === node.gpSeq) return false;
  let wake = false;
  const over = seqCompleted(data.gpSeq, node.gpSeq);
  if (data.nocb === undefined) wake = yield* over ? advance(rcu, node, data) : accelerate(rcu, node, data);
  if (over) data.coreNeedsQs = false;
  if (seqBegan(data.gpSeq, node.gpSeq)) {
    const needed = (node.qsmask & data.grpmask) !== 0;
    if (!rcu.has('stale-qs')) data.cpuNoQs = needed;
    data.coreNeedsQs = needed;
  }
  data.gpSeq = node.gpSeq;
  data.gpSeqNeeded = Math.max(data.gpSeqNeeded, node.gpSeqNeeded);
  return wake;
}
