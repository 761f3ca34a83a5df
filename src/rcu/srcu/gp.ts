import { Access } from '../../explore/strategy.js';
import type { Op } from '../../sim/index.js';
import type { OpKind } from '../../sim/op.js';
import { seqEnd, seqStart, seqState, seqWithState } from '../sequence.js';
import { scheduleCallbacks } from './callbacks.js';
import { isDrained, type SrcuIndex } from './reader.js';
import type { SrcuStruct } from './srcu-struct.js';

/** Phases of a grace period, in the low bits of the sequence number. */
export const Phase = {
  Idle: 0,
  /** Waits for readers that are late on the index that will be current. */
  Scan1: 1,
  /** The index was flipped: waits for the readers of the one before. */
  Scan2: 2,
} as const;

const FLIP: OpKind<SrcuStruct, void> = {
  label: 'srcu_flip',
  access: Access.Write,
  cost: 5,
  attempt(_machine, ssp) {
    ssp.flips++;
    return true;
  },
};

/** Begins a grace period; the structure's lock is held. srcu_gp_start() */
export function startGp(ssp: SrcuStruct): void {
  ssp.assertHeld();
  ssp.warn(ssp.gpSeq < ssp.gpSeqNeeded, 'a grace period begins that nobody wants');
  ssp.gpSeq = seqStart(ssp.gpSeq);
  ssp.warn(seqState(ssp.gpSeq) === Phase.Scan1, 'a grace period begins while another runs');
}

/** The work item of an srcu_struct: takes the grace period as far as readers let it, and comes again. process_srcu() */
export function* processSrcu(ssp: SrcuStruct): Op<void> {
  yield* advanceState(ssp);
  // One turn of a loop that waits for others: a strategy by priorities must let them go first.
  yield* ssp.kernel.cpuRelax();
  yield* reschedule(ssp, nextDelay(ssp));
  ssp.warnIfCleanedUp();
}

/** Without delay for an expedited grace period, but not for ever: a reader may sleep long. */
function nextDelay(ssp: SrcuStruct): number {
  const { delay, kernel } = ssp;
  if (delay > 0 || ssp.noDelayJiffy !== kernel.jiffies) {
    ssp.noDelays = 0;
    ssp.noDelayJiffy = kernel.jiffies;
  }
  return delay === 0 && ssp.noDelays++ < ssp.config.maxNodelay ? 0 : 1;
}

/** srcu_advance_state() */
function* advanceState(ssp: SrcuStruct): Op<void> {
  yield* ssp.gpMutex.lock();
  if (seqState(ssp.gpSeq) === Phase.Idle && !(yield* startIfWanted(ssp))) {
    yield* ssp.gpMutex.unlock();
    return;
  }
  if (seqState(ssp.gpSeq) === Phase.Scan1) {
    if (!ssp.has('srcu-skip-first-scan') && !(yield* tryCheckZero(ssp, otherIndex(ssp), 1))) {
      yield* ssp.gpMutex.unlock();
      return;
    }
    if (!ssp.has('srcu-no-flip')) yield* ssp.machine.arm(FLIP, ssp);
    yield* ssp.lock.lockIrq();
    ssp.gpSeq = seqWithState(ssp.gpSeq, Phase.Scan2);
    yield* ssp.lock.unlockIrq();
  }
  if (seqState(ssp.gpSeq) === Phase.Scan2) {
    if (!ssp.has('srcu-skip-second-scan') && !(yield* tryCheckZero(ssp, otherIndex(ssp), 2))) {
      yield* ssp.gpMutex.unlock();
      return;
    }
    yield* endGp(ssp);
    return;
  }
  yield* ssp.gpMutex.unlock();
}

function otherIndex(ssp: SrcuStruct): SrcuIndex {
  return ssp.currentIndex === 0 ? 1 : 0;
}

/** False: nobody wants a grace period, or another context has just begun it. */
function* startIfWanted(ssp: SrcuStruct): Op<boolean> {
  yield* ssp.lock.lockIrq();
  const wanted = ssp.gpSeq < ssp.gpSeqNeeded;
  const idle = seqState(ssp.gpSeq) === Phase.Idle;
  if (wanted && idle) startGp(ssp);
  yield* ssp.lock.unlockIrq();
  return wanted && idle;
}

/** Looks up to `tries` times, and once more where there is no hurry to be had by waiting, whether an index is drained. */
function* tryCheckZero(ssp: SrcuStruct, index: SrcuIndex, tries: number): Op<boolean> {
  let left = tries;
  for (;;) {
    if (yield* isDrained(ssp, index)) return true;
    left--;
    if (left + (ssp.delay === 0 ? 1 : 0) <= 0) return false;
    yield* ssp.kernel.udelay(ssp.config.retryCheckDelay);
  }
}

/**
 * Ends the grace period. The mutex of grace periods is released as soon as the number says so: the next one may run while
 * callbacks of this one are handed out, but not the one after it, which would use the same slots. srcu_gp_end()
 */
function* endGp(ssp: SrcuStruct): Op<void> {
  yield* ssp.cbMutex.lock();
  yield* ssp.lock.lockIrq();
  const delay = ssp.delay;
  ssp.warn(seqState(ssp.gpSeq) === Phase.Scan2, 'a grace period ends before its second scan');
  ssp.gpSeq = seqEnd(ssp.gpSeq);
  const ended = ssp.gpSeq;
  ssp.lastGpEnd = ssp.kernel.now;
  ssp.stats.gracePeriods++;
  yield* ssp.lock.unlockIrq();
  yield* ssp.gpMutex.unlock();

  for (const node of ssp.nodes) {
    yield* node.lock.lockIrq();
    const { wanted, cpus } = node.finish(ended);
    if (node.gpSeqNeededExp < ended) node.gpSeqNeededExp = ended;
    yield* node.lock.unlockIrq();
    if (!node.isLeaf || !wanted) continue;
    for (const data of ssp.cpus) {
      if (data.node === node && (cpus & node.bitOf(data.cpu)) !== 0) yield* scheduleCallbacks(ssp, data, delay);
    }
  }
  yield* ssp.cbMutex.unlock();

  yield* ssp.lock.lockIrq();
  const more = seqState(ssp.gpSeq) === Phase.Idle && ssp.gpSeq < ssp.gpSeqNeeded;
  if (more) startGp(ssp);
  yield* ssp.lock.unlockIrq();
  if (more) yield* reschedule(ssp, 0);
}

/** Queues the work item again unless all that was asked for is done. srcu_reschedule() */
function* reschedule(ssp: SrcuStruct, delay: number): Op<void> {
  yield* ssp.lock.lockIrq();
  const idle = seqState(ssp.gpSeq) === Phase.Idle;
  const more = ssp.gpSeq < ssp.gpSeqNeeded;
  ssp.warn(more || idle, 'a grace period runs that nobody wants');
  if (more && idle) startGp(ssp);
  yield* ssp.lock.unlockIrq();
  if (more && !(ssp.has('srcu-lost-requeue') && seqState(ssp.gpSeq) === Phase.Scan2)) yield* ssp.queueGpWork(delay);
}
