import type { Op } from '../../sim/index.js';
import { seqDone } from '../sequence.js';
import { doBatch } from './callbacks.js';
import type { CpuData } from './cpu-data.js';
import { advance } from './gp-request.js';
import { advanceIfOver, expireDeferred, flushBypass, wakeLater } from './nocb.js';
import { Defer, NocbCpu, NocbGroup } from './nocb-cpu.js';
import type { RcuNode } from './node.js';
import type { TreeRcu } from './tree-rcu.js';

/** Makes the threads of the CPUs that are offloaded: rcuog/N, one for several, and rcuop/N, one each. */
export function offload(rcu: TreeRcu): void {
  const groups = new Map<number, NocbGroup>();
  for (const data of rcu.cpus) {
    if (!rcu.config.nocbs.has(data.cpu.id)) continue;
    const key = Math.floor(data.cpu.id / rcu.config.nocbGpStride);
    let group = groups.get(key);
    if (group === undefined) {
      group = new NocbGroup(rcu.kernel, (it) => expireDeferred(rcu, it));
      groups.set(key, group);
      const made = group;
      rcu.kernel.kthread(`rcuog/${data.cpu.id}`, () => gpLoop(rcu, made));
    }
    group.cpus.push(data);
    const nocb = new NocbCpu(rcu.kernel, group);
    data.nocb = nocb;
    rcu.kernel.kthread(`rcuop/${data.cpu.id}`, () => cbLoop(rcu, data, nocb));
  }
  rcu.nocbGroups.push(...groups.values());
}

/** What one look at a group's CPUs came to. */
interface Round {
  /** Earliest grace period that a callback waits for. */
  waitSeq: number | undefined;
  /** Some CPU has callbacks in its bypass list; all of those are lazy. */
  bypass: boolean;
  lazy: boolean;
}

/** The body of rcuog/N: takes its CPUs' callbacks through their grace periods. nocb_gp_wait() */
function* gpLoop(rcu: TreeRcu, group: NocbGroup): Op<void> {
  for (;;) {
    const round: Round = { waitSeq: undefined, bypass: false, lazy: false };
    for (const data of group.cpus) if (data.nocb !== undefined) yield* serve(rcu, data, data.nocb, round);
    if (round.bypass) yield* wakeLater(rcu, group, Defer.Bypass);
    else if (round.lazy) yield* wakeLater(rcu, group, Defer.Lazy);
    const { waitSeq } = round;
    group.waitSeq = waitSeq;
    const leaf = group.cpus[0]?.node;
    const over = () => waitSeq !== undefined && leaf !== undefined && seqDone(leaf.gpSeq, waitSeq);
    yield* group.wait.wait(() => !group.sleeps || over());
    group.waitSeq = undefined;
    const flags = yield* group.lock.lockIrqsave();
    if (group.defer !== Defer.Not) {
      group.defer = Defer.Not;
      yield* group.timer.delete();
    }
    group.sleeps = true;
    yield* group.lock.unlockIrqrestore(flags);
  }
}

/** One CPU's callbacks: out of the bypass list in time, tied to grace periods, those that are ready to rcuop. */
function* serve(rcu: TreeRcu, data: CpuData, nocb: NocbCpu, round: Round): Op<void> {
  const unlocked = rcu.has('nocb-unlocked');
  const flags = unlocked ? yield* rcu.kernel.localIrqSave() : yield* nocb.lock.lockIrqsave();
  if (isFlushTime(rcu, nocb)) yield* flushBypass(rcu, data);
  if (nocb.bypass.length > 0) {
    if (nocb.onlyLazy) round.lazy = true;
    else round.bypass = true;
  }
  let wakeGp = false;
  const { callbacks } = data;
  if (callbacks.untied) {
    rcu.assertList(data);
    yield* data.node.lock.lock();
    wakeGp = yield* advance(rcu, data.node, data);
    yield* data.node.lock.unlock();
  } else wakeGp = yield* advanceIfOver(rcu, data);
  const { nextGp } = callbacks;
  if (nextGp !== undefined) round.waitSeq = Math.min(round.waitSeq ?? nextGp, nextGp);
  const wakeCb = callbacks.ready > 0 && nocb.cbSleeps;
  if (wakeCb) nocb.cbSleeps = false;
  if (unlocked) yield* rcu.kernel.localIrqRestore(flags);
  else yield* nocb.lock.unlockIrqrestore(flags);
  if (wakeCb && !rcu.has('nocb-cb-wake-lost')) yield* nocb.cbWait.wake();
  if (wakeGp) yield* rcu.wakeGpKthread();
}

function isFlushTime(rcu: TreeRcu, nocb: NocbCpu): boolean {
  const { length } = nocb.bypass;
  if (length === 0) return false;
  const { jiffies } = rcu.kernel;
  if (length > 2 * rcu.config.qhimark) return true;
  if (!nocb.onlyLazy) return jiffies >= nocb.bypassFirst + 1;
  return jiffies >= nocb.bypassFirst + rcu.config.jiffiesLazyFlush && !rcu.has('lazy-never-flushed');
}

/** The body of rcuop/N: invokes what is ready. nocb_cb_wait() */
function* cbLoop(rcu: TreeRcu, data: CpuData, nocb: NocbCpu): Op<void> {
  const { kernel } = rcu;
  for (;;) {
    yield* nocb.cbWait.wait(() => !nocb.cbSleeps);
    yield* kernel.localBhDisable();
    yield* doBatch(rcu, data);
    yield* kernel.localBhEnable();
    const flags = yield* nocb.lock.lockIrqsave();
    const { node, callbacks } = data;
    let wake = false;
    const { nextGp } = callbacks;
    if (nextGp !== undefined && seqDone(node.gpSeq, nextGp) && (yield* node.lock.trylock())) {
      wake = yield* advance(rcu, node, data);
      yield* node.lock.unlock();
    }
    if (callbacks.ready === 0) nocb.cbSleeps = true;
    yield* nocb.lock.unlockIrqrestore(flags);
    if (wake) yield* rcu.wakeGpKthread();
    yield* kernel.condResched();
  }
}

/** A leaf has learnt that a grace period is over: the rcuog threads that wait for one there look. rcu_nocb_gp_cleanup() */
export function* nocbGpCleanup(rcu: TreeRcu, node: RcuNode): Op<void> {
  for (const group of rcu.nocbGroups) {
    if (group.cpus[0]?.node !== node || group.waitSeq === undefined || rcu.has('nocb-gp-end-lost')) continue;
    yield* group.wait.wake();
  }
}
