import type { Frame } from '../../sim/frame.js';
import type { Op } from '../../sim/index.js';
import { instant } from '../../sim/op.js';
import { wakeWaiter } from '../../sim/wait/wait-object.js';
import { seqDone, seqEnd, seqSnap } from '../sequence.js';
import { callRcu } from './callbacks.js';
import { startThisGp } from './gp-request.js';
import type { TreeRcu } from './tree-rcu.js';

/**
 * synchronize_rcu(): a callback that wakes the caller, or a place in the list of the grace period. For lockdep it waits for what
 * `rcu_read_lock` holds up.
 */
export function* synchronize(rcu: TreeRcu): Op<void> {
  const { kernel, machine } = rcu;
  yield* kernel.mightSleep();
  const waiter: { done: boolean; frame: Frame } = { done: false, frame: machine.frame };
  const wake = () => {
    waiter.done = true;
    rcu.gpEvent.noteWake(machine.frame.op.ip);
    wakeWaiter(machine, waiter.frame);
  };
  if (rcu.has('sync-no-grace-period')) yield* endOfCurrent(rcu, wake);
  else if (rcu.config.wakeFromGp) {
    yield* rcu.waiters.request(wake);
    yield* startPoll(rcu);
  } else yield* callRcu(rcu, instant('wakemeAfterRcu', wake));
  do {
    if (!waiter.done) waiter.frame.task.willSleep = true;
    yield* rcu.gpEvent.sleep();
  } while (!waiter.done);
  if (machine.tracksOrder) machine.ordering.acquire(rcu, machine.frame);
}

/** The fault: as if the grace period that runs, or none at all, were enough. */
function* endOfCurrent(rcu: TreeRcu, wake: () => void): Op<void> {
  const end = rcu.gpInProgress ? seqEnd(rcu.gpSeq) : rcu.gpSeq;
  while (!seqDone(rcu.gpSeq, end)) yield* rcu.kernel.scheduleTimeout(1);
  wake();
}

/** A cookie for polling: the grace period that must be over. get_state_synchronize_rcu() */
export type GpCookie = number;

/** get_state_synchronize_rcu(): takes the cookie, asks for nothing. No operation. */
export function getState(rcu: TreeRcu): GpCookie {
  return seqSnap(rcu.gpSeq);
}

/** start_poll_synchronize_rcu(): takes the cookie and sees to it that its grace period comes. From any context. */
export function* startPoll(rcu: TreeRcu): Op<GpCookie> {
  const cookie = getState(rcu);
  const flags = yield* rcu.kernel.localIrqSave();
  const data = rcu.own;
  yield* data.node.lock.lock();
  const wake = yield* startThisGp(rcu, data.node, data, cookie);
  yield* data.node.lock.unlock();
  if (wake) yield* rcu.wakeGpKthread();
  yield* rcu.kernel.localIrqRestore(flags);
  return cookie;
}

/** poll_state_synchronize_rcu(): whether the grace period of the cookie is over. No operation. */
export function poll(rcu: TreeRcu, cookie: GpCookie): boolean {
  return seqDone(rcu.gpSeq, cookie);
}

/** cond_synchronize_rcu(): waits unless the grace period of the cookie is over. */
export function* condSynchronize(rcu: TreeRcu, cookie: GpCookie): Op<void> {
  if (!poll(rcu, cookie)) yield* synchronize(rcu);
}
