import type { Op } from '../../sim/index.js';
import { seqState } from '../sequence.js';
import { barrierBehindAll } from '../shared-callbacks.js';
import { waitForCallback } from '../wait-for-callback.js';
import { Phase } from './gp.js';
import { enterReader, isActive, leaveReader } from './reader.js';
import { startIfNeeded } from './request.js';
import type { SrcuStruct } from './srcu-struct.js';

/** __synchronize_srcu(): a callback that wakes the caller. For lockdep it waits for what the readers' map holds up. */
export function* synchronizeSrcu(ssp: SrcuStruct, expedited: boolean): Op<void> {
  const { kernel, machine } = ssp;
  yield* kernel.mightSleep();
  yield* waitForCallback(machine, ssp.gpEvent, function* callSrcu(callback) {
    yield* startIfNeeded(ssp, { callback, expedited });
  });
  if (machine.tracksOrder) machine.ordering.acquire(ssp, machine.frame);
}

/** Nothing waits here and the last grace period is a while ago: it costs nothing to hurry. srcu_might_be_idle() */
export function* mightBeIdle(ssp: SrcuStruct): Op<boolean> {
  const data = ssp.dataOf(ssp.machine.cpu.id);
  const flags = yield* data.lock.lockIrqsave();
  const { pending } = data.callbacks;
  yield* data.lock.unlockIrqrestore(flags);
  if (pending) return false;
  const { expHoldoff } = ssp.config;
  if (expHoldoff === 0 || ssp.kernel.now < ssp.lastGpEnd + expHoldoff) return false;
  return ssp.gpSeq >= ssp.gpSeqNeeded;
}

/** srcu_barrier(): waits for all callbacks queued so far. Its reader keeps grace periods from running away meanwhile. */
export function srcuBarrier(ssp: SrcuStruct): Op<void> {
  return barrierBehindAll(ssp, 'srcu_barrier_completion', function* visitAll(entrain) {
    const index = yield* enterReader(ssp);
    for (const data of ssp.cpus) {
      if (ssp.has('srcu-barrier-skips-cpu') && data === ssp.cpus[ssp.cpus.length - 1]) continue;
      yield* data.lock.lockIrq();
      entrain(data.callbacks, data.invoking && !ssp.has('srcu-barrier-forgets-invoked'));
      yield* data.lock.unlockIrq();
    }
    yield* leaveReader(ssp, index);
  });
}

/**
 * cleanup_srcu_struct(): nobody may use it any more. Each thing that is left behind is a warning, and the memory is leaked rather
 * than freed under its users: false.
 */
export function* cleanUp(ssp: SrcuStruct): Op<boolean> {
  const ok = (condition: boolean, message: string): boolean => {
    ssp.warn(condition, `cleanup_srcu_struct(): ${message}`);
    return condition;
  };
  if (!ok(ssp.delay !== 0, 'an expedited grace period is still wanted')) return false;
  if (!ok(!(yield* isActive(ssp)), 'readers are inside')) return false;
  const flushes = !ssp.has('srcu-cleanup-unflushed');
  if (flushes) yield* ssp.flushGpWork();
  for (const data of ssp.cpus) {
    yield* data.delay.deleteSync();
    if (flushes) yield* ssp.workqueue.flushWork(data.work);
    if (!ok(data.callbacks.length === 0, 'callbacks are left: srcu_barrier() is missing')) return false;
  }
  if (!ok(seqState(ssp.gpSeq) === Phase.Idle, 'a grace period runs')) return false;
  if (!ok(ssp.gpSeq >= ssp.gpSeqNeeded, 'a grace period is still wanted')) return false;
  if (!ok(!(yield* isActive(ssp)), 'readers are inside')) return false;
  ssp.isCleanedUp = true;
  return true;
}
