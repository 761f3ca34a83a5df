import { Access } from '../explore/strategy.js';
import type { Body, Kernel, Mutex, Op } from '../sim/index.js';
import type { OpKind } from '../sim/op.js';
import type { Callback, CallbackList } from './callback-list.js';
import { seqDone, seqEnd, seqSnap, seqStart } from './sequence.js';

/** What SRCU and Tasks RCU have in common: lists of callbacks, and one number for their grace periods. */
export interface CallbackOwner {
  readonly id: number;
  readonly kernel: Kernel;
  readonly gpSeq: number;
  readonly barrierMutex: Mutex;
  /** Number of the barrier, as grace periods have one. */
  barrierSeq: number;
  readonly stats: { queued: number; invoked: number };
  warn(condition: boolean, message: string): void;
}

/** The operation before each callback, `op.b`, is invoked: its grace period must be over. `label` is the kernel's function. */
export function invokeKind<Owner extends CallbackOwner>(label: string): OpKind<Owner, void> {
  return {
    label,
    access: Access.Write,
    cost: 5,
    attempt(machine, owner, op) {
      if (machine.tracksOrder) machine.ordering.acquire(owner, op.frame);
      const callback = op.b as Callback;
      owner.warn(seqDone(owner.gpSeq, callback.notBefore), 'a callback is invoked before its grace period is over');
      owner.stats.invoked++;
      return true;
    },
  };
}

/**
 * Waits for all callbacks queued so far, by one more behind the last of each list (srcu_barrier(), rcu_barrier_tasks_generic()).
 *
 * @param name of the completion
 * @param visit goes through the lists, each under its lock, and gives them with whether callbacks of it are being invoked
 */
export function* barrierBehindAll(
  owner: CallbackOwner,
  name: string,
  visit: (entrain: (list: CallbackList, invoking: boolean) => boolean) => Op<void>,
): Op<void> {
  const snap = seqSnap(owner.barrierSeq);
  yield* owner.barrierMutex.lock();
  // Others may have done all of it while this one waited for the mutex.
  if (seqDone(owner.barrierSeq, snap)) {
    yield* owner.barrierMutex.unlock();
    return;
  }
  owner.barrierSeq = seqStart(owner.barrierSeq);
  const all = owner.kernel.completion(name);
  // One for itself, so that it cannot be over before all are queued.
  let left = 1;
  const arrive: Body = function* barrierCallback(): Op<void> {
    if (--left === 0) yield* all.complete();
  };
  yield* visit((list, invoking) => {
    const entrained = list.entrain({ invoke: arrive, notBefore: 0 }, invoking);
    if (entrained) {
      left++;
      owner.stats.queued++;
    }
    return entrained;
  });
  // Its own count goes without complete(): there is nobody but itself to wake.
  if (--left > 0) yield* all.wait();
  owner.barrierSeq = seqEnd(owner.barrierSeq);
  yield* owner.barrierMutex.unlock();
}
