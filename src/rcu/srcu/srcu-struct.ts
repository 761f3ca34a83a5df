import { WaitKind } from '../../model/events.js';
import type { Body, Kernel, LockdepLock, Mutex, Op, Spinlock, Work, Workqueue } from '../../sim/index.js';
import type { Machine } from '../../sim/machine.js';
import { WaitObject } from '../../sim/wait/wait-object.js';
import { seqDone, seqSnap } from '../sequence.js';
import { invokeCallbacks } from './callbacks.js';
import { ReaderFlavour, SrcuData } from './cpu-data.js';
import type { SrcuFaultName } from './faults.js';
import { processSrcu } from './gp.js';
import { buildSrcuTree, type SrcuNode } from './node.js';
import { resolveSrcu, type SrcuConfig, type SrcuOptions } from './options.js';
import { enterReader, leaveReader, type SrcuIndex } from './reader.js';
import { startIfNeeded } from './request.js';
import { cleanUp, mightBeIdle, srcuBarrier, synchronizeSrcu } from './waiting.js';

/** A cookie for polling: the grace period that must be over. */
export type SrcuCookie = number;

/** Counters of a run. */
export interface SrcuStats {
  gracePeriods: number;
  queued: number;
  invoked: number;
}

/**
 * struct srcu_struct of Tree SRCU (kernel/rcu/srcutree.c): readers that may sleep, with grace periods of their own. The state, and
 * the interface that code uses; what happens is in the files beside this one, as functions of it.
 *
 *     const srcu = new SrcuStruct(kernel, 'my_srcu');
 *     const index = yield* srcu.readLock();
 *     yield* srcu.readUnlock(index);
 */
export class SrcuStruct {
  readonly id: number;
  readonly name: string;
  readonly kernel: Kernel;
  readonly machine: Machine;
  readonly config: SrcuConfig;
  /** Root first. */
  readonly nodes: readonly SrcuNode[];
  readonly cpus: readonly SrcuData[];
  /** Flips so far (srcu_idx): the low bit is the index that new readers use. Written under {@link gpMutex}. */
  flips = 0;
  /** Number of the grace period, with its phase; written with {@link lock} held. */
  gpSeq = 0;
  /** Furthest grace period that is wanted, and wanted expedited; {@link lock}. */
  gpSeqNeeded = 0;
  gpSeqNeededExp = 0;
  /** Nanoseconds at which the last grace period ended. */
  lastGpEnd = Number.NEGATIVE_INFINITY;
  /** Times that the work item was queued without delay in one jiffy, and the jiffy. */
  noDelays = 0;
  noDelayJiffy = -1;
  barrierSeq = 0;
  isCleanedUp = false;
  readonly lock: Spinlock;
  /** One context at a time moves the grace period on. */
  readonly gpMutex: Mutex;
  /** Handing out the callbacks of a grace period, which may overlap the next one. */
  readonly cbMutex: Mutex;
  readonly barrierMutex: Mutex;
  /** What lockdep knows of its readers; the name is the structure's. */
  readonly map: LockdepLock;
  /** What synchronize_srcu() waits for. */
  readonly gpEvent: WaitObject;
  /** rcu_gp */
  readonly workqueue: Workqueue;
  readonly stats: SrcuStats = { gracePeriods: 0, queued: 0, invoked: 0 };
  readonly #work: Work;

  constructor(kernel: Kernel, name: string, options: SrcuOptions = {}) {
    this.kernel = kernel;
    this.machine = kernel.machine;
    this.id = this.machine.newId();
    this.name = name;
    this.config = resolveSrcu(options);
    this.nodes = buildSrcuTree(kernel, this.config);
    this.lock = kernel.spinlock('&sup->lock');
    this.gpMutex = kernel.mutex('&sup->srcu_gp_mutex');
    this.cbMutex = kernel.mutex('&sup->srcu_cb_mutex');
    this.barrierMutex = kernel.mutex('&sup->srcu_barrier_mutex');
    // No wait types: anything may nest in a reader, also what sleeps.
    this.map = kernel.lockdepMap(name, { check: false });
    this.gpEvent = new WaitObject(this.machine, name, WaitKind.GracePeriod);
    this.workqueue = kernel.workqueue('rcu_gp');
    this.#work = kernel.work('sup->work', () => processSrcu(this));
    this.cpus = this.machine.cpus.map(({ id }) => this.#dataFor(id));
  }

  // --- readers

  /** srcu_read_lock(): the index is to be given to {@link readUnlock}. From any context but an NMI. */
  *readLock(): Op<SrcuIndex> {
    const index = yield* enterReader(this, ReaderFlavour.Normal);
    yield* this.map.acquire(2);
    return index;
  }

  /** srcu_read_unlock(): by the task that began the section. */
  *readUnlock(index: SrcuIndex): Op<void> {
    yield* this.map.release();
    yield* leaveReader(this, index);
  }

  /** srcu_read_lock_nmisafe(): also from NMIs. All readers of the structure must be of this kind then. */
  *readLockNmisafe(): Op<SrcuIndex> {
    const index = yield* enterReader(this, ReaderFlavour.NmiSafe);
    yield* this.map.acquire(2);
    return index;
  }

  readUnlockNmisafe(index: SrcuIndex): Op<void> {
    return this.readUnlock(index);
  }

  /** srcu_down_read(): as {@link readLock}, but any task or handler may end it. Lockdep is not told. */
  downRead(): Op<SrcuIndex> {
    this.warn(!this.kernel.inNmi, 'srcu_down_read() in an NMI');
    return enterReader(this, ReaderFlavour.Normal);
  }

  /** srcu_up_read() */
  upRead(index: SrcuIndex): Op<void> {
    return leaveReader(this, index);
  }

  // --- updaters

  /** call_srcu(): `callback` runs in a worker, bottom halves off, after a grace period. Takes spinlock_t locks. */
  *call(callback: Body): Op<void> {
    yield* startIfNeeded(this, { callback, expedited: false });
  }

  /** synchronize_srcu(): expedited when nothing else goes on. */
  *synchronize(): Op<void> {
    yield* synchronizeSrcu(this, yield* mightBeIdle(this));
  }

  /** synchronize_srcu_expedited() */
  synchronizeExpedited(): Op<void> {
    return synchronizeSrcu(this, true);
  }

  /** srcu_barrier() */
  barrier(): Op<void> {
    return srcuBarrier(this);
  }

  /** get_state_synchronize_srcu(); no operation. */
  getState(): SrcuCookie {
    return seqSnap(this.gpSeq);
  }

  /** start_poll_synchronize_srcu() */
  startPoll(): Op<SrcuCookie> {
    return startIfNeeded(this, { expedited: false });
  }

  /** poll_state_synchronize_srcu(); no operation. */
  poll(cookie: SrcuCookie): boolean {
    return seqDone(this.gpSeq, cookie);
  }

  /** cleanup_srcu_struct(): false where something is left behind, which is also a warning. */
  cleanUp(): Op<boolean> {
    return cleanUp(this);
  }

  // --- for the files beside this one

  get currentIndex(): SrcuIndex {
    return (this.flips & 1) === 0 ? 0 : 1;
  }

  /** Jiffies until the next look at the readers; 0 while someone wants the running grace period expedited. srcu_get_delay() */
  get delay(): number {
    return this.gpSeq < this.gpSeqNeededExp ? 0 : 1;
  }

  has(fault: SrcuFaultName): boolean {
    return this.config.faults.has(fault);
  }

  dataOf(cpu: number): SrcuData {
    const data = this.cpus[cpu];
    if (data === undefined) throw new RangeError(`cpu ${cpu}: SRCU knows ${this.cpus.length}`);
    return data;
  }

  /** WARN_ON_ONCE(!condition) */
  warn(condition: boolean, message: string): void {
    if (!condition) this.kernel.assert(false, `srcu: ${message}`);
  }

  /** To be called where a work item ends: the memory of the structure may be gone by then. */
  warnIfCleanedUp(): void {
    this.warn(!this.isCleanedUp, 'a work item is still at it after cleanup_srcu_struct()');
  }

  /** lockdep_assert_held(&sup->lock) */
  assertHeld(): void {
    this.warn(this.lock.isLocked, 'the structure is used without its lock');
  }

  /** queue_delayed_work() of the work item: what is pending stays as it is. */
  *queueGpWork(delay: number): Op<void> {
    if (this.#work.pending || this.#work.isDelayed) return;
    if (delay === 0) yield* this.workqueue.queueWork(this.#work);
    else yield* this.workqueue.queueDelayedWork(this.#work, delay);
  }

  /** flush_delayed_work() of the work item. */
  *flushGpWork(): Op<void> {
    if (this.#work.isDelayed && this.#work.unqueue()) yield* this.workqueue.queueWork(this.#work);
    yield* this.workqueue.flushWork(this.#work);
  }

  #dataFor(cpu: number): SrcuData {
    const { kernel, workqueue } = this;
    const leaf = this.nodes.find((node) => node.isLeaf && node.lowCpu <= cpu && cpu <= node.highCpu);
    if (leaf === undefined) throw new Error('internal error: a CPU without leaf');
    const work = kernel.work('sdp->work', () => invokeCallbacks(this, this.dataOf(cpu)));
    const delay = kernel.timer('&sdp->delay_work', function* srcuDelayTimer() {
      yield* workqueue.queueWork(work);
    });
    return new SrcuData(kernel, cpu, leaf, work, delay);
  }
}
