import type { Op } from '../../sim/index.js';
import { seqEnd, seqStart } from '../sequence.js';
import { initiateBoost } from './boost.js';
import type { CpuData } from './cpu-data.js';
import { GpFlag } from './gp-flag.js';
import { futureGpCleanup } from './gp-request.js';
import { nocbGpCleanup } from './nocb-threads.js';
import { noteGpChangesLocked, reportQsNode } from './quiescent.js';
import type { TreeRcu } from './tree-rcu.js';
import { startPoll } from './waiting.js';

/** The body of the grace-period kthread: waits for a request, runs one grace period, and again. rcu_gp_kthread() */
export function* gpThread(rcu: TreeRcu): Op<void> {
  for (;;) {
    do yield* rcu.gpWait.wait(() => (rcu.gpFlags & GpFlag.Init) !== 0);
    while (!(yield* gpInit(rcu)));
    yield* fqsLoop(rcu);
    yield* gpCleanup(rcu);
  }
}

/** Begins a grace period: its number at the root, then every node from the root down. False: nobody wants one. rcu_gp_init() */
function* gpInit(rcu: TreeRcu): Op<boolean> {
  const { root } = rcu;
  yield* root.lock.lockIrq();
  if (rcu.gpFlags === 0) {
    yield* root.lock.unlockIrq();
    return false;
  }
  rcu.gpFlags = 0;
  rcu.warn(!rcu.gpInProgress, 'a grace period begins while another runs');
  // Before its number changes: whoever sees the new number waits for the next one.
  const again = yield* rcu.waiters.gpInit();
  rcu.gpSeq = seqStart(rcu.gpSeq);
  rcu.gpStart = rcu.kernel.jiffies;
  yield* root.lock.unlockIrq();
  if (again) yield* startPoll(rcu);

  yield* applyHotplug(rcu);
  for (const node of rcu.nodes) {
    const flags = yield* node.lock.lockIrqsave();
    rcu.warn(!node.readersBlockGp, 'readers of the last grace period are left when the next begins');
    // A leaf that its parent does not wait for got its first CPU, and these readers, after the grace period had begun.
    const counts = node.parent === undefined || (node.parent.qsmaskInit & node.grpmask) !== 0;
    if (counts) for (const entry of node.blocked) entry.blocksGp = true;
    node.qsmask = node.qsmaskInit;
    if (node.isLeaf && rcu.has('skip-qsmask')) node.qsmask &= ~1;
    node.gpSeq = rcu.gpSeq;
    node.boostTime = rcu.kernel.jiffies + rcu.config.boostDelay;
    const own = rcu.own;
    if (node === own.node) yield* noteGpChangesLocked(rcu, node, own);
    // CPUs that went away since the masks were made will not report.
    const gone = node.isLeaf ? node.qsmask & ~node.qsmaskInitNext : 0;
    if (node.isLeaf && (gone !== 0 || node.qsmask === 0)) yield* reportQsNode(rcu, gone, node, node.gpSeq, flags);
    else yield* node.lock.unlockIrqrestore(flags);
  }
  for (const data of rcu.cpus) if (data.isWatching) data.wantTick();
  return true;
}

/** Makes the masks follow CPUs that came and went: a leaf that got its first or lost its last CPU tells the nodes above. */
function* applyHotplug(rcu: TreeRcu): Op<void> {
  for (const leaf of rcu.leaves) {
    yield* rcu.offlineLock.lockIrq();
    yield* leaf.lock.lock();
    const was = leaf.qsmaskInit;
    // A leaf whose CPUs have all gone stays while switched-out readers are on it.
    leaf.qsmaskInit = leaf.qsmaskInitNext;
    const empty = leaf.qsmaskInit === 0 && leaf.blocked.length === 0;
    yield* leaf.lock.unlock();
    yield* rcu.offlineLock.unlockIrq();
    if ((was === 0) === (leaf.qsmaskInit === 0)) continue;
    for (let child = leaf; child.parent !== undefined; child = child.parent) {
      const { parent } = child;
      yield* parent.lock.lockIrq();
      if (!empty) parent.qsmaskInit |= child.grpmask;
      else parent.qsmaskInit &= ~child.grpmask;
      yield* parent.lock.unlockIrq();
      if (parent.qsmaskInit !== 0 && empty) break;
    }
  }
}

/** Waits until all have reported, looking for CPUs that will not by themselves: idle ones. rcu_gp_fqs_loop() */
function* fqsLoop(rcu: TreeRcu): Op<void> {
  const { root } = rcu;
  const over = () => root.qsmask === 0 && !root.readersBlockGp;
  let first = true;
  for (;;) {
    const jiffies = first ? rcu.config.jiffiesTillFirstFqs : rcu.config.jiffiesTillNextFqs;
    const forced = yield* rcu.gpWait.wait(() => (rcu.gpFlags & GpFlag.Fqs) !== 0 || over(), jiffies);
    if (over()) return;
    rcu.stats.scans++;
    if (!rcu.has('no-forcing')) yield* forceQs(rcu, first ? saveSnapshot : recheck);
    if (forced) {
      yield* root.lock.lockIrq();
      rcu.gpFlags &= ~GpFlag.Fqs;
      yield* root.lock.unlockIrq();
    }
    first = false;
    rcu.checkStall();
    // One turn of a loop that waits for others: a strategy by priorities must let them go first.
    yield* rcu.kernel.cpuRelax();
  }
}

/** Notes where the CPU's counter stands; an idle CPU has no reader. rcu_watching_snap_save() */
function saveSnapshot(rcu: TreeRcu, data: CpuData): boolean {
  data.watchingSnap = data.watching;
  return data.isWatching === rcu.has('idle-inverted');
}

/** Whether the CPU is or was idle since the first scan. rcu_watching_snap_recheck() */
function recheck(rcu: TreeRcu, data: CpuData): boolean {
  if (rcu.has('idle-inverted')) return data.isWatching;
  return !data.isWatching || data.watching !== data.watchingSnap;
}

/** force_qs_rnp(): asks `isQuiescent` of each CPU that is missing, leaf by leaf. */
function* forceQs(rcu: TreeRcu, isQuiescent: (rcu: TreeRcu, data: CpuData) => boolean): Op<void> {
  for (const leaf of rcu.leaves) {
    const flags = yield* leaf.lock.lockIrqsave();
    let mask = 0;
    for (const data of rcu.cpus) {
      if (data.node !== leaf || (leaf.qsmask & data.grpmask) === 0) continue;
      if (isQuiescent(rcu, data)) mask |= data.grpmask;
      else if (data.cpu.online) data.wantTick();
    }
    if (mask !== 0) yield* reportQsNode(rcu, mask, leaf, leaf.gpSeq, flags);
    else yield* initiateBoost(rcu, leaf, flags);
    yield* rcu.kernel.condResched();
  }
}

/** Ends the grace period: every node from the root down learns it, then its number says so. rcu_gp_cleanup() */
function* gpCleanup(rcu: TreeRcu): Op<void> {
  const { root } = rcu;
  const ended = seqEnd(rcu.gpSeq);
  let needGp = false;
  const lastLeaf = rcu.leaves[rcu.leaves.length - 1];
  for (const node of rcu.nodes) {
    yield* node.lock.lockIrq();
    rcu.warn(node.qsmask === 0 && !node.readersBlockGp, 'a grace period ends while a node waits for someone');
    if (!(rcu.has('cleanup-skips-leaf') && node === lastLeaf)) node.gpSeq = ended;
    const own = rcu.own;
    if (node === own.node) needGp = (yield* noteGpChangesLocked(rcu, node, own)) || needGp;
    needGp = futureGpCleanup(rcu, node) || needGp;
    yield* node.lock.unlockIrq();
    yield* nocbGpCleanup(rcu, node);
    yield* rcu.kernel.condResched();
  }
  yield* root.lock.lockIrq();
  rcu.gpSeq = ended;
  rcu.stats.gracePeriods++;
  rcu.warn(root.gpSeq === ended, 'the root does not know that the grace period has ended');
  needGp ||= root.gpSeq < root.gpSeqNeeded;
  rcu.gpFlags = needGp ? GpFlag.Init : rcu.gpFlags & GpFlag.Init;
  yield* root.lock.unlockIrq();
  yield* rcu.waiters.gpCleanup();
  for (const data of rcu.cpus) if (data.nocb === undefined && data.callbacks.length > 0) data.wantTick();
}
