import type { Op } from '../../sim/index.js';
import type { IrqFlags } from '../../sim/lock/irq-mode.js';
import type { Callback } from '../callback-list.js';
import { seqDone } from '../sequence.js';
import type { CpuData } from './cpu-data.js';
import { enqueue } from './enqueue.js';
import { advance } from './gp-request.js';
import { Defer, type NocbCpu, type NocbGroup } from './nocb-cpu.js';
import type { TreeRcu } from './tree-rcu.js';

/** Guards a CPU's list of callbacks: its lock where it is offloaded, interrupts off otherwise. rcu_nocb_lock_irqsave() */
export function lockList(rcu: TreeRcu, data: CpuData): Op<IrqFlags> {
  return data.nocb === undefined ? rcu.kernel.localIrqSave() : data.nocb.lock.lockIrqsave();
}

export function unlockList(rcu: TreeRcu, data: CpuData, flags: IrqFlags): Op<void> {
  return data.nocb === undefined ? rcu.kernel.localIrqRestore(flags) : data.nocb.lock.unlockIrqrestore(flags);
}

/** call_rcu() on an offloaded CPU; interrupts off, `flags` are restored. call_rcu_nocb() */
export function* callNocb(
  rcu: TreeRcu,
  data: CpuData,
  nocb: NocbCpu,
  callback: Callback,
  lazy: boolean,
  flags: IrqFlags,
): Op<void> {
  const { jiffies } = rcu.kernel;
  countDirect(rcu, nocb, jiffies);
  // Not a flood and in a hurry: straight into the list, behind what is in front of it.
  if (nocb.nobypassCount < rcu.config.nobypassLimit && !lazy) {
    yield* nocb.lock.lock();
    const wasAllDone = !data.callbacks.pending;
    yield* flushBypass(rcu, data);
    yield* enqueue(rcu, () => data.callbacks.enqueue(callback));
    yield* callNocbWake(rcu, data, wasAllDone, flags);
    return;
  }
  if (isOverdue(rcu, nocb, jiffies)) {
    yield* nocb.lock.lock();
    const wasAllDone = !data.callbacks.pending;
    yield* enqueue(rcu, () => nocb.bypass.push(callback));
    yield* flushBypass(rcu, data);
    const wakeGp = yield* advanceIfOver(rcu, data);
    yield* callNocbWake(rcu, data, wasAllDone, flags);
    if (wakeGp) yield* rcu.wakeGpKthread();
    return;
  }
  yield* nocb.bypassLock.lock();
  const first = nocb.bypass.length === 0;
  const wasLazy = nocb.onlyLazy;
  yield* enqueue(rcu, () => {
    nocb.bypass.push(callback);
    if (lazy) nocb.lazyLen++;
  });
  rcu.stats.bypassed++;
  if (lazy) rcu.stats.lazy++;
  if (first) nocb.bypassFirst = jiffies;
  yield* nocb.bypassLock.unlock();
  // Whoever is the first, or the first in a hurry, sees to it that the thread does not sleep on.
  if (first || (wasLazy && !lazy)) {
    yield* nocb.lock.lock();
    if (!data.callbacks.pending) {
      yield* callNocbWake(rcu, data, true, flags);
      return;
    }
    yield* nocb.lock.unlock();
  }
  yield* rcu.kernel.localIrqRestore(flags);
}

/** Counts what goes into the list at once, jiffy by jiffy; a flood is remembered for a while. */
function countDirect(rcu: TreeRcu, nocb: NocbCpu, jiffies: number): void {
  const { nobypassLimit } = rcu.config;
  if (jiffies === nocb.nobypassLast) {
    nocb.nobypassCount++;
    return;
  }
  nocb.nobypassLast = jiffies;
  nocb.nobypassCount = Math.min(nobypassLimit, Math.max(0, nocb.nobypassCount - nobypassLimit));
}

/** The bypass list has been used for too long, or is too long. */
function isOverdue(rcu: TreeRcu, nocb: NocbCpu, jiffies: number): boolean {
  const { length } = nocb.bypass;
  if (length === 0) return false;
  if (length >= rcu.config.qhimark) return true;
  if (nocb.onlyLazy) return jiffies > nocb.bypassFirst + rcu.config.jiffiesLazyFlush;
  return jiffies !== nocb.bypassFirst;
}

/** Moves the bypass list behind the callbacks of the list, whose lock is held. rcu_nocb_flush_bypass() */
export function* flushBypass(rcu: TreeRcu, data: CpuData): Op<void> {
  rcu.assertList(data);
  const { nocb } = data;
  if (nocb === undefined) return;
  yield* nocb.bypassLock.lock();
  for (const callback of nocb.bypass.splice(0)) data.callbacks.enqueue(callback);
  nocb.lazyLen = 0;
  nocb.bypassFirst = rcu.kernel.jiffies;
  yield* nocb.bypassLock.unlock();
}

/** Advances callbacks whose grace period is over; list locked. True: the grace-period kthread is to be woken. */
export function* advanceIfOver(rcu: TreeRcu, data: CpuData): Op<boolean> {
  rcu.assertList(data);
  const { node, callbacks } = data;
  const { nextGp } = callbacks;
  if (nextGp === undefined || !seqDone(node.gpSeq, nextGp)) return false;
  yield* node.lock.lock();
  const wake = yield* advance(rcu, node, data);
  yield* node.lock.unlock();
  return wake;
}

/**
 * After a callback has come: wakes the rcuog thread where it must, at once or, with interrupts off, soon. List locked on entry,
 * released on return. __call_rcu_nocb_wake()
 */
export function* callNocbWake(rcu: TreeRcu, data: CpuData, wasAllDone: boolean, flags: IrqFlags): Op<void> {
  const { nocb } = data;
  if (nocb === undefined) return;
  const { queued } = data;
  rcu.stats.mostQueued = Math.max(rcu.stats.mostQueued, queued);
  const onlyLazy = nocb.lazyLen > 0 && queued === nocb.lazyLen;
  const flood = queued > data.qlenLast + rcu.config.qhimark;
  if (wasAllDone || flood) data.qlenLast = queued;
  yield* nocb.lock.unlockIrqrestore(flags);
  if (wasAllDone) {
    if (onlyLazy) yield* wakeLater(rcu, nocb.group, Defer.Lazy);
    else if (flags === 1) yield* wakeNocbGp(rcu, nocb, false);
    else yield* wakeLater(rcu, nocb.group, Defer.Wake);
  } else if (flood) yield* wakeLater(rcu, nocb.group, Defer.Force);
}

/** wake_nocb_gp() */
export function* wakeNocbGp(rcu: TreeRcu, nocb: NocbCpu, force: boolean): Op<void> {
  const { group } = nocb;
  const flags = yield* group.lock.lockIrqsave();
  yield* wakeLocked(rcu, group, force, flags);
}

/** Wakes the thread if it sleeps; group locked on entry, released on return. __wake_nocb_gp() */
function* wakeLocked(rcu: TreeRcu, group: NocbGroup, force: boolean, flags: IrqFlags): Op<void> {
  if (group.defer > Defer.Not) {
    group.defer = Defer.Not;
    yield* group.timer.delete();
  }
  const wake = (force || group.sleeps) && !rcu.has('nocb-wake-lost');
  if (wake) group.sleeps = false;
  yield* group.lock.unlockIrqrestore(flags);
  if (wake) yield* group.wait.wake();
}

/** Has the thread woken by a timer. wake_nocb_gp_defer() */
export function* wakeLater(rcu: TreeRcu, group: NocbGroup, how: Defer): Op<void> {
  const flags = yield* group.lock.lockIrqsave();
  if (how === Defer.Lazy && group.defer === Defer.Not) {
    if (!rcu.has('lazy-never-flushed')) yield* group.timer.modTimer(rcu.config.jiffiesLazyFlush);
    group.defer = how;
  } else if (how === Defer.Bypass) {
    yield* group.timer.modTimer(2);
    group.defer = how;
  } else {
    if (group.defer < Defer.Wake && !rcu.has('nocb-timer-lost')) yield* group.timer.modTimer(1);
    if (group.defer < how) group.defer = how;
  }
  yield* group.lock.unlockIrqrestore(flags);
}

/** The timer of {@link wakeLater}. do_nocb_deferred_wakeup_timer() */
export function* expireDeferred(rcu: TreeRcu, group: NocbGroup): Op<void> {
  const flags = yield* group.lock.lockIrqsave();
  if (group.defer === Defer.Not) yield* group.lock.unlockIrqrestore(flags);
  else yield* wakeLocked(rcu, group, group.defer === Defer.Force, flags);
}

/** A wake-up that is put off is due where interrupts are on again anyway. do_nocb_deferred_wakeup() */
export function* deferredWakeup(rcu: TreeRcu, data: CpuData): Op<void> {
  if (data.nocb !== undefined && data.nocb.group.defer >= Defer.Wake) yield* expireDeferred(rcu, data.nocb.group);
}

/**
 * Memory is short: lazy callbacks are in a hurry now. The number of them. lazy_rcu_shrink_scan()
 */
export function* shrinkLazy(rcu: TreeRcu): Op<number> {
  let count = 0;
  for (const { nocb } of rcu.cpus) {
    if (nocb === undefined || nocb.lazyLen === 0) continue;
    const flags = yield* nocb.lock.lockIrqsave();
    const { lazyLen } = nocb;
    nocb.lazyLen = 0;
    yield* nocb.lock.unlockIrqrestore(flags);
    if (lazyLen === 0) continue;
    count += lazyLen;
    yield* wakeNocbGp(rcu, nocb, false);
  }
  return count;
}
