import type { Body, Op } from '../../sim/index.js';
import { seqDone, seqSnap, seqState } from '../sequence.js';
import { scheduleCallbacks } from './callbacks.js';
import type { SrcuData } from './cpu-data.js';
import { Phase, startGp } from './gp.js';
import type { SrcuNode } from './node.js';
import { enterReader, leaveReader } from './reader.js';
import type { SrcuStruct } from './srcu-struct.js';

/** How a grace period is asked for. */
export interface Request {
  /** Runs when it is over; undefined: for polling. */
  readonly callback?: Body;
  readonly expedited: boolean;
}

/**
 * Asks for a full grace period from now on: the number at which it is over. Its own reader keeps the grace periods from running
 * away meanwhile, so that the slots of the tree stay its own. srcu_gp_start_if_needed()
 */
export function* startIfNeeded(ssp: SrcuStruct, request: Request): Op<number> {
  ssp.warn(!ssp.isCleanedUp, 'a grace period is asked for after cleanup_srcu_struct()');
  const index = yield* enterReader(ssp);
  // Not pinned: the list of the CPU that it was on, whatever CPU it is on now.
  const data = ssp.dataOf(ssp.machine.cpu.id);
  const flags = yield* data.lock.lockIrqsave();
  if (request.callback !== undefined) {
    const { tracksOrder, ordering, frame } = ssp.machine;
    if (tracksOrder) ordering.release(ssp, frame);
    data.callbacks.enqueue({ invoke: request.callback, notBefore: seqSnap(ssp.gpSeq) });
    ssp.stats.queued++;
  }
  // The snapshot comes before the look at what is over: the other way round, accelerating might find no segment free.
  const wanted = snapshot(ssp);
  if (request.callback !== undefined) {
    data.callbacks.advance(ssp.gpSeq);
    ssp.warn(data.callbacks.accelerate(wanted), 'a new callback cannot be tied to its grace period');
  }
  const needsGp = data.gpSeqNeeded < wanted;
  if (needsGp) data.gpSeqNeeded = wanted;
  const needsExp = request.expedited && data.gpSeqNeededExp < wanted;
  if (needsExp) data.gpSeqNeededExp = wanted;
  yield* data.lock.unlockIrqrestore(flags);

  if (needsGp) yield* funnel(ssp, data, wanted, request.expedited);
  else if (needsExp) yield* funnelExpedited(ssp, data.node, wanted);
  yield* leaveReader(ssp, index);
  return wanted;
}

function snapshot(ssp: SrcuStruct): number {
  const snap = seqSnap(ssp.gpSeq);
  return ssp.has('srcu-snapshot-early') && seqState(ssp.gpSeq) !== Phase.Idle ? snap - 4 : snap;
}

/**
 * Takes the request from the leaf to the structure itself; whoever meets a node that already wants as much stops there.
 * srcu_funnel_gp_start()
 */
function* funnel(ssp: SrcuStruct, data: SrcuData, wanted: number, expedited: boolean): Op<void> {
  const leaf = data.node;
  const nested = ssp.has('srcu-node-locks-nested');
  let child: SrcuNode | undefined;
  for (let node: SrcuNode | undefined = leaf; node !== undefined; node = node.parent) {
    if (seqDone(ssp.gpSeq, wanted) && node !== leaf) {
      if (nested && child !== undefined) yield* child.lock.unlock();
      return;
    }
    const flags = yield* node.lock.lockIrqsave();
    if (nested && child !== undefined) yield* child.lock.unlock();
    const known = node.wantedAt(wanted);
    if (known >= wanted) {
      if (node === leaf && known === wanted) markLeaf(ssp, leaf, wanted, data);
      yield* node.lock.unlockIrqrestore(flags);
      // It has ended since the snapshot: the callbacks were handed out without these.
      if (node === leaf && known !== wanted) yield* scheduleCallbacks(ssp, data, expedited ? 0 : 1);
      else if (expedited) yield* funnelExpedited(ssp, node, wanted);
      return;
    }
    node.want(wanted);
    if (node === leaf) markLeaf(ssp, leaf, wanted, data);
    if (expedited && node.gpSeqNeededExp < wanted) node.gpSeqNeededExp = wanted;
    if (nested && node.parent !== undefined) child = node;
    else yield* node.lock.unlockIrqrestore(flags);
  }
  yield* startAtTop(ssp, wanted, expedited);
}

function markLeaf(ssp: SrcuStruct, leaf: SrcuNode, wanted: number, data: SrcuData): void {
  if (!ssp.has('srcu-leaf-unmarked')) leaf.mark(wanted, data.cpu);
}

/** The top of the tree: the grace period begins here if none runs. */
function* startAtTop(ssp: SrcuStruct, wanted: number, expedited: boolean): Op<void> {
  const flags = yield* ssp.lock.lockIrqsave();
  if (ssp.gpSeqNeeded < wanted) ssp.gpSeqNeeded = wanted;
  if (expedited && ssp.gpSeqNeededExp < wanted) ssp.gpSeqNeededExp = wanted;
  if (!seqDone(ssp.gpSeq, wanted) && seqState(ssp.gpSeq) === Phase.Idle) {
    startGp(ssp);
    yield* ssp.queueGpWork(ssp.delay);
  }
  yield* ssp.lock.unlockIrqrestore(flags);
}

/** Tells the nodes upwards that a grace period that was asked for is wanted expedited. srcu_funnel_exp_start() */
function* funnelExpedited(ssp: SrcuStruct, from: SrcuNode, wanted: number): Op<void> {
  for (let node: SrcuNode | undefined = from; node !== undefined; node = node.parent) {
    if (seqDone(ssp.gpSeq, wanted) || node.gpSeqNeededExp >= wanted) return;
    const flags = yield* node.lock.lockIrqsave();
    const known = node.gpSeqNeededExp >= wanted;
    if (!known) node.gpSeqNeededExp = wanted;
    yield* node.lock.unlockIrqrestore(flags);
    if (known) return;
  }
  const flags = yield* ssp.lock.lockIrqsave();
  if (ssp.gpSeqNeededExp < wanted) ssp.gpSeqNeededExp = wanted;
  yield* ssp.lock.unlockIrqrestore(flags);
}
