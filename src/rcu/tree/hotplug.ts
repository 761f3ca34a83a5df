import type { Cpu, Op } from '../../sim/index.js';
import { accelerate, advance } from './gp-request.js';
import { reportQsNode } from './quiescent.js';
import type { TreeRcu } from './tree-rcu.js';

/**
 * A CPU is about to go: it leaves its leaf's mask for the grace periods to come, its quiescent state for the running one
 * is reported when it is idle for good, and its callbacks move to the CPU that asks (rcutree_migrate_callbacks()).
 */
export function* offline(rcu: TreeRcu, cpu: Cpu): Op<void> {
  const data = rcu.dataOf(cpu.id);
  const { node } = data;
  const flags = yield* node.lock.lockIrqsave();
  if (!rcu.has('hotplug-unmasked')) node.qsmaskInitNext &= ~data.grpmask;
  yield* node.lock.unlockIrqrestore(flags);
  yield* migrateCallbacks(rcu, cpu);
}

/** Moves the callbacks of a CPU to the running one; each pending one waits anew for a whole grace period. */
export function* migrateCallbacks(rcu: TreeRcu, from: Cpu): Op<void> {
  if (rcu.has('hotplug-keeps-callbacks')) return;
  const flags = yield* rcu.kernel.localIrqSave();
  yield* rcu.barrierLock.lock();
  const own = rcu.own;
  const leaf = own.node;
  yield* leaf.lock.lock();
  let wake = yield* advance(rcu, leaf, own);
  const { done, pending } = rcu.dataOf(from.id).callbacks.takeAll();
  own.callbacks.putBackDone(done);
  for (const callback of pending) own.callbacks.enqueue(callback);
  wake = (yield* accelerate(rcu, leaf, own)) || wake;
  yield* leaf.lock.unlock();
  yield* rcu.barrierLock.unlock();
  yield* rcu.kernel.localIrqRestore(flags);
  own.wantTick();
  if (wake) yield* rcu.wakeGpKthread();
}

/** A CPU has come: from the next grace period on it is waited for. rcutree_report_cpu_starting() */
export function* online(rcu: TreeRcu, cpu: Cpu): Op<void> {
  const data = rcu.dataOf(cpu.id);
  const { node } = data;
  const flags = yield* node.lock.lockIrqsave();
  node.qsmaskInitNext |= data.grpmask;
  data.gpSeq = node.gpSeq;
  data.coreNeedsQs = false;
  data.cpuNoQs = false;
  // A running grace period that still waits for the CPU as it was: it has had no reader since.
  if ((node.qsmask & data.grpmask) !== 0) yield* reportQsNode(rcu, data.grpmask, node, node.gpSeq, flags);
  else yield* node.lock.unlockIrqrestore(flags);
}
