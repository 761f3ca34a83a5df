import type { Op } from '../../sim/index.js';
import { invokeKind } from '../shared-callbacks.js';
import type { SrcuData } from './cpu-data.js';
import type { SrcuStruct } from './srcu-struct.js';

const INVOKE = invokeKind<SrcuStruct>('srcu_invoke_callbacks');

/** Has a worker invoke what is ready on a CPU's list, at once or in that many jiffies. srcu_schedule_cbs_sdp() */
export function* scheduleCallbacks(ssp: SrcuStruct, data: SrcuData, delay: number): Op<void> {
  if (delay === 0) yield* ssp.workqueue.queueWork(data.work);
  else if (!data.delay.pending) yield* data.delay.modTimer(delay);
}

/** The work item of a CPU's list. srcu_invoke_callbacks() */
export function* invokeCallbacks(ssp: SrcuStruct, data: SrcuData): Op<void> {
  const { kernel } = ssp;
  yield* data.lock.lockIrq();
  ssp.warn(!data.callbacks.untied, 'callbacks are not tied to a grace period when some are to be invoked');
  data.callbacks.advance(ssp.gpSeq);
  if (data.invoking || data.callbacks.ready === 0) {
    yield* data.lock.unlockIrq();
    return;
  }
  data.invoking = true;
  const batch = data.callbacks.takeDone();
  if (ssp.has('srcu-invoke-all')) batch.push(...data.callbacks.takeAll().pending);
  const locked = ssp.has('srcu-callbacks-under-lock');
  if (!locked) yield* data.lock.unlockIrq();

  for (const callback of batch) {
    yield* kernel.localBhDisable();
    yield* ssp.machine.arm(INVOKE, ssp, 0, callback);
    yield* callback.invoke();
    yield* kernel.localBhEnable();
  }

  if (!locked) yield* data.lock.lockIrq();
  data.invoking = false;
  const more = data.callbacks.ready > 0;
  yield* data.lock.unlockIrq();
  if (more) yield* scheduleCallbacks(ssp, data, 0);
  ssp.warnIfCleanedUp();
}
