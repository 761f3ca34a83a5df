import type { Op } from '../../sim/index.js';
import type { CpuData } from './cpu-data.js';
import { flushBypass, wakeNocbGp } from './nocb.js';
import type { TreeRcu } from './tree-rcu.js';

/** An rcu_barrier() that runs. */
export interface BarrierRun {
  /** Its callbacks that have not been invoked, and its own count. */
  left: number;
  /** CPUs that have been dealt with (barrier_seq_snap). */
  readonly seen: Set<CpuData>;
  /** Its callback. */
  readonly arrive: () => Op<void>;
}

/** rcu_barrier(): waits for all callbacks queued so far, by one more on every CPU that has any. */
export function* barrier(rcu: TreeRcu): Op<void> {
  const { kernel } = rcu;
  yield* rcu.barrierMutex.lock();
  const all = kernel.completion('rcu_state.barrier_completion');
  const run: BarrierRun = {
    // One for itself, so that it cannot be over before all are queued.
    left: rcu.has('barrier-uncounted') ? 0 : 1,
    seen: new Set(),
    *arrive() {
      if (--run.left === 0) yield* all.complete();
    },
  };
  Object.defineProperty(run.arrive, 'name', { value: 'rcuBarrierCallback' });
  let flags = yield* rcu.barrierLock.lockIrqsave();
  rcu.barrierRun = run;
  yield* rcu.barrierLock.unlockIrqrestore(flags);
  for (const data of rcu.cpus) yield* reach(rcu, data);
  flags = yield* rcu.barrierLock.lockIrqsave();
  rcu.barrierRun = undefined;
  yield* rcu.barrierLock.unlockIrqrestore(flags);
  // Its own count goes without complete(): there is nobody but itself to wake.
  if (!rcu.has('barrier-uncounted')) run.left--;
  if (run.left > 0) yield* all.wait();
  yield* rcu.barrierMutex.unlock();
}

/** Sees to it that the barrier's callback is behind those of one CPU, which may come and go meanwhile. */
function* reach(rcu: TreeRcu, data: CpuData): Op<void> {
  if (rcu.has('barrier-skips-cpu') && data === rcu.cpus[rcu.cpus.length - 1]) return;
  for (;;) {
    const flags = yield* rcu.barrierLock.lockIrqsave();
    const here = data.queued > 0 && !rcu.barrierRun?.seen.has(data);
    if (here && !data.cpu.online) yield* entrain(rcu, data);
    yield* rcu.barrierLock.unlockIrqrestore(flags);
    if (!here || rcu.barrierRun?.seen.has(data)) return;
    const handler = function* rcuBarrierHandler(): Op<void> {
      yield* rcu.barrierLock.lock();
      yield* entrain(rcu, data);
      yield* rcu.barrierLock.unlock();
    };
    const own = yield* ifOwn(rcu, data, handler);
    if (own || (yield* rcu.kernel.smpCall(data.cpu.id, handler))) return;
    yield* rcu.kernel.scheduleTimeout(1);
  }
}

/** Runs `body` with interrupts off if this is that CPU. */
function* ifOwn(rcu: TreeRcu, data: CpuData, body: () => Op<void>): Op<boolean> {
  const flags = yield* rcu.kernel.localIrqSave();
  const own = rcu.own === data;
  if (own) yield* body();
  yield* rcu.kernel.localIrqRestore(flags);
  return own;
}

/** Puts the callback of the barrier that runs, if any, behind the last of a CPU's; barrier lock held. rcu_barrier_entrain() */
export function* entrain(rcu: TreeRcu, data: CpuData): Op<void> {
  rcu.warn(rcu.barrierLock.owner === rcu.machine.frame, 'a barrier callback is queued without the barrier lock');
  const run = rcu.barrierRun;
  if (run === undefined || run.seen.has(data)) return;
  run.seen.add(data);
  const { nocb } = data;
  let wake = false;
  if (nocb !== undefined) {
    yield* nocb.lock.lock();
    const wasAllDone = !data.callbacks.pending;
    if (!rcu.has('bypass-not-flushed')) yield* flushBypass(rcu, data);
    wake = wasAllDone && data.callbacks.pending;
  }
  if (data.callbacks.entrain({ invoke: run.arrive, notBefore: 0 }, data.invoking > 0)) {
    run.left++;
    data.wantTick();
  }
  if (nocb === undefined) return;
  yield* nocb.lock.unlock();
  if (wake) yield* wakeNocbGp(rcu, nocb, false);
}
