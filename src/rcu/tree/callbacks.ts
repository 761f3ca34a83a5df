import { Access } from '../../explore/strategy.js';
import type { Body, Op } from '../../sim/index.js';
import type { OpKind } from '../../sim/op.js';
import type { Callback } from '../callback-list.js';
import { seqDone } from '../sequence.js';
import type { CpuData } from './cpu-data.js';
import { enqueue, newCallback } from './enqueue.js';
import { GpFlag } from './gp-flag.js';
import { accelerateUnlocked } from './gp-request.js';
import { callNocb, lockList, unlockList } from './nocb.js';
import { noteGpChanges } from './quiescent.js';
import type { TreeRcu } from './tree-rcu.js';

/** What happens between two callbacks: the work of one, and a place where others may move. */
const INVOKE: OpKind<TreeRcu, void> = {
  label: 'rcu_do_batch',
  access: Access.Write,
  cost: 5,
  attempt(machine, rcu, op) {
    if (machine.tracksOrder) machine.ordering.acquire(rcu, op.frame);
    const callback = op.b as Callback;
    // The root learns the end first; the state's own number is the last to be written.
    rcu.warn(seqDone(rcu.root.gpSeq, callback.notBefore), 'a callback is invoked before its grace period is over');
    rcu.stats.invoked++;
    return true;
  },
};

/**
 * call_rcu(), `lazy` where it is in no hurry; from any context but an NMI. On a CPU that invokes its callbacks itself it takes no lock
 * unless they have piled up.
 */
export function* callRcu(rcu: TreeRcu, body: Body, lazy = false): Op<void> {
  const flags = yield* rcu.kernel.localIrqSave();
  const data = rcu.own;
  const callback = newCallback(rcu, body);
  if (data.nocb !== undefined) {
    yield* callNocb(rcu, data, data.nocb, callback, lazy, flags);
    return;
  }
  yield* enqueue(rcu, () => data.callbacks.enqueue(callback));
  rcu.stats.mostQueued = Math.max(rcu.stats.mostQueued, data.callbacks.length);
  data.wantTick();
  if (flags === 1 && data.callbacks.length > data.qlenLast + rcu.config.qhimark) yield* pileUp(rcu, data);
  yield* rcu.kernel.localIrqRestore(flags);
}

/** Too many callbacks: begin a grace period now, or lift the limit and hurry the one that runs. __call_rcu_core() */
function* pileUp(rcu: TreeRcu, data: CpuData): Op<void> {
  yield* noteGpChanges(rcu, data);
  if (!rcu.gpInProgress) {
    yield* accelerateUnlocked(rcu, data);
    return;
  }
  data.blimit = Number.POSITIVE_INFINITY;
  data.qlenLast = data.callbacks.length;
  const { root } = rcu;
  if ((rcu.gpFlags & GpFlag.Fqs) !== 0) return;
  yield* root.lock.lock();
  rcu.gpFlags |= GpFlag.Fqs;
  yield* root.lock.unlock();
  yield* rcu.wakeGpKthread();
}

/** Invokes callbacks that are ready, up to the limit; bottom halves off. rcu_do_batch() */
export function* doBatch(rcu: TreeRcu, data: CpuData): Op<void> {
  const offloaded = data.nocb !== undefined;
  let flags = yield* lockList(rcu, data);
  rcu.assertList(data);
  const batch = data.callbacks.takeDone();
  if (rcu.has('invoke-early')) {
    const { done, pending } = data.callbacks.takeAll();
    batch.push(...done, ...pending);
  }
  // With very many the limit grows, or they would never be through.
  const limit = Math.max(data.blimit, batch.length >> 7);
  if (!rcu.has('barrier-forgets-invoked')) data.invoking = batch.length;
  yield* unlockList(rcu, data, flags);

  const locked = rcu.has('callbacks-under-lock');
  if (locked) yield* data.node.lock.lock();
  let done = 0;
  while (done < batch.length && done < limit) {
    const callback = batch[done++] as Callback;
    yield* rcu.machine.arm(INVOKE, rcu, 0, callback);
    yield* callback.invoke();
    if (!offloaded) continue;
    // A thread of its own: others get their turn.
    yield* rcu.kernel.localBhEnable();
    yield* rcu.kernel.condResched();
    yield* rcu.kernel.localBhDisable();
  }
  if (locked) yield* data.node.lock.unlock();

  flags = yield* lockList(rcu, data);
  // Bottom halves are off, so this is still the same CPU, if it is the CPU's own list.
  if (!rcu.has('drop-on-blimit')) data.callbacks.putBackDone(batch.slice(done));
  data.invoking = 0;
  const length = data.queued;
  if (data.blimit === Number.POSITIVE_INFINITY && length <= rcu.config.qlowmark) data.blimit = rcu.config.blimit;
  if (length === 0 || length < data.qlenLast - rcu.config.qhimark) data.qlenLast = length;
  yield* unlockList(rcu, data, flags);
  if (!offloaded && data.callbacks.ready > 0) rcu.invokeCore(data);
}
