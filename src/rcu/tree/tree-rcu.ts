import { WaitKind } from '../../model/events.js';
import type { Body, Cpu, Kernel, LockdepLock, Mutex, Op, RawSpinlock, RcuApi, Task } from '../../sim/index.js';
import { Softirq } from '../../sim/index.js';
import type { Machine } from '../../sim/machine.js';
import { DEREFERENCE } from '../../sim/rcu.js';
import { WaitObject } from '../../sim/wait/wait-object.js';
import { KickedThread } from '../../sim/work/kicked.js';
import type { FaultName } from '../faults.js';
import { KthreadWait } from '../kthread-wait.js';
import { type RcuConfig, type RcuOptions, resolveRcu } from '../options.js';
import { seqSnap, seqState } from '../sequence.js';
import { type BarrierRun, barrier } from './barrier.js';
import { BoostThread } from './boost.js';
import { callRcu } from './callbacks.js';
import { CpuData } from './cpu-data.js';
import { ExpeditedGp } from './expedited.js';
import { gpThread } from './gp-thread.js';
import { hookHotplug } from './hotplug.js';
import { shrinkLazy } from './nocb.js';
import type { NocbGroup } from './nocb-cpu.js';
import { offload } from './nocb-threads.js';
import { buildTree, type RcuNode } from './node.js';
import { noteContextSwitch, READ_LOCK, READ_UNLOCK, unlockSpecial } from './reader.js';
import type { ReaderState } from './reader-state.js';
import { SyncWaiters } from './sync-waiters.js';
import { rcuCore, schedClockIrq } from './tick.js';
import { condSynchronize, type GpCookie, getState, poll, startPoll, synchronize } from './waiting.js';

/** Counters of a run. */
export interface RcuStats {
  gracePeriods: number;
  /** Scans for CPUs that are idle. */
  scans: number;
  queued: number;
  invoked: number;
  /** Most callbacks on one CPU's list at a time. */
  mostQueued: number;
  /** Callbacks that took the way over a bypass list, and the lazy ones among them. */
  bypassed: number;
  lazy: number;
  /** Readers that were boosted. */
  boosted: number;
}

/**
 * Preemptible Tree RCU (kernel/rcu/tree.c, tree_plugin.h) on the simulated kernel: the state, and the interface that code uses.
 * What happens is in the files beside this one, as functions of it.
 */
export class TreeRcu implements RcuApi {
  readonly id: number;
  readonly kernel: Kernel;
  readonly machine: Machine;
  readonly config: RcuConfig;
  /** Root first. */
  readonly nodes: readonly RcuNode[];
  readonly leaves: readonly RcuNode[];
  readonly root: RcuNode;
  readonly cpus: readonly CpuData[];
  /** Number of the grace period; written with the root's lock held. */
  gpSeq = 0;
  /** GpFlag bits; written with the root's lock held. */
  gpFlags = 0;
  /** Jiffies at which the running grace period began. */
  gpStart = 0;
  readonly gpWait: KthreadWait;
  /** What synchronize_rcu() waits for. */
  readonly gpEvent: WaitObject;
  /** What lockdep knows of rcu_read_lock(). */
  readonly map: LockdepLock;
  readonly expedited: ExpeditedGp;
  /** Guards callback lists of CPUs that come and go against rcu_barrier(). */
  readonly barrierLock: RawSpinlock;
  readonly barrierMutex: Mutex;
  /** The rcu_barrier() that queues its callbacks at the moment; under the barrier lock. */
  barrierRun: BarrierRun | undefined = undefined;
  /** A CPU's comings and goings against the begin of a grace period (rcu_state.ofl_lock). */
  readonly offlineLock: RawSpinlock;
  /** CPUs that share an rcuog thread. */
  readonly nocbGroups: NocbGroup[] = [];
  /** Callers of synchronize_rcu() that wait without a callback. */
  readonly waiters: SyncWaiters;
  readonly stats: RcuStats = {
    gracePeriods: 0,
    scans: 0,
    queued: 0,
    invoked: 0,
    mostQueued: 0,
    bypassed: 0,
    lazy: 0,
    boosted: 0,
  };
  readonly #readers = new Map<Task, ReaderState>();
  /** rcuc/N, which do the softirq's work on PREEMPT_RT. */
  readonly #threads: (KickedThread | undefined)[] = [];
  readonly #gpTask: Task;
  #stalled = -1;

  constructor(kernel: Kernel, options: RcuOptions = {}) {
    this.kernel = kernel;
    this.machine = kernel.machine;
    this.id = this.machine.newId();
    this.config = resolveRcu(options, kernel);
    this.nodes = buildTree(kernel, this.config);
    this.leaves = this.nodes.filter((node) => node.isLeaf);
    const [root] = this.nodes;
    if (root === undefined) throw new Error('internal error: a tree without root');
    this.root = root;
    this.cpus = this.machine.cpus.map((cpu) => {
      const leaf = this.leaves.find((node) => node.lowCpu <= cpu.id && cpu.id <= node.highCpu) ?? root;
      const tick = () => schedClockIrq(this);
      const data = new CpuData(this.machine, cpu, leaf, tick);
      data.blimit = this.config.blimit;
      return data;
    });
    this.gpWait = new KthreadWait(kernel, 'rcu_state.gp_wq');
    this.gpEvent = new WaitObject(this.machine, 'rcu_read_lock', WaitKind.GracePeriod);
    this.map = this.machine.rcuReadMap();
    this.barrierLock = kernel.rawSpinlock('rcu_state.barrier_lock');
    this.barrierMutex = kernel.mutex('rcu_state.barrier_mutex');
    this.offlineLock = kernel.rawSpinlock('rcu_state.ofl_lock');
    this.waiters = new SyncWaiters(this);
    this.expedited = new ExpeditedGp(this);
    kernel.openSoftirq(Softirq.Rcu, () => rcuCore(this));
    this.#hook();
    hookHotplug(this);
    offload(this);
    if (this.config.boost) for (const leaf of this.leaves) leaf.boost = new BoostThread(this, leaf);
    this.#gpTask = kernel.kthread('rcu_preempt', () => gpThread(this), { priority: this.config.kthreadPrio });
  }

  // --- the interface

  readLock(): Op<void> {
    return this.machine.arm(READ_LOCK, this);
  }

  *readUnlock(): Op<void> {
    if (yield* this.machine.arm(READ_UNLOCK, this)) yield* unlockSpecial(this);
  }

  /** rcu_read_lock_bh(): on PREEMPT_RT bottom halves off are no quiescent state only because this is a reader too. */
  *readLockBh(): Op<void> {
    yield* this.kernel.localBhDisable();
    yield* this.readLock();
  }

  *readUnlockBh(): Op<void> {
    yield* this.readUnlock();
    yield* this.kernel.localBhEnable();
  }

  /** rcu_read_lock_sched(): preemption off is a reader. */
  *readLockSched(): Op<void> {
    yield* this.kernel.preemptDisable();
    yield* this.map.acquire(2);
  }

  *readUnlockSched(): Op<void> {
    if (this.machine.tracksOrder) this.machine.ordering.release(this, this.machine.frame);
    yield* this.map.release();
    yield* this.kernel.preemptEnable();
  }

  dereference(name: string, isProtected = false): Op<void> {
    return this.machine.arm(DEREFERENCE, this, isProtected ? 1 : 0, name);
  }

  synchronize(): Op<void> {
    return synchronize(this);
  }

  /** synchronize_rcu_expedited() */
  synchronizeExpedited(): Op<void> {
    return this.expedited.synchronize();
  }

  /** call_rcu(): lazy where RCU was told so. */
  call(callback: Body): Op<void> {
    return callRcu(this, callback, this.config.lazy);
  }

  /** call_rcu_hurry() */
  callHurry(callback: Body): Op<void> {
    return callRcu(this, callback);
  }

  /** The shrinker of lazy callbacks: they are flushed soon; how many. */
  shrinkLazy(): Op<number> {
    return shrinkLazy(this);
  }

  barrier(): Op<void> {
    return barrier(this);
  }

  /** get_state_synchronize_rcu(); no operation. */
  getState(): GpCookie {
    return getState(this);
  }

  startPoll(): Op<GpCookie> {
    return startPoll(this);
  }

  /** poll_state_synchronize_rcu(); no operation. */
  poll(cookie: GpCookie): boolean {
    return poll(this, cookie);
  }

  condSynchronize(cookie: GpCookie): Op<void> {
    return condSynchronize(this, cookie);
  }

  // --- for the files beside this one

  get gpInProgress(): boolean {
    return seqState(this.gpSeq) !== 0;
  }

  has(fault: FaultName): boolean {
    return this.config.faults.has(fault);
  }

  /** The sequence number that new callbacks wait for. */
  snapshot(): number {
    const snap = seqSnap(this.gpSeq);
    return this.has('snapshot-early') && this.gpInProgress ? snap - 4 : snap;
  }

  dataOf(cpu: number): CpuData {
    const data = this.cpus[cpu];
    if (data === undefined) throw new RangeError(`cpu ${cpu}: RCU knows ${this.cpus.length}`);
    return data;
  }

  /** The running CPU's data: meaningful with interrupts or preemption off. */
  get own(): CpuData {
    return this.dataOf(this.machine.cpu.id);
  }

  readerOf(task: Task): ReaderState {
    let reader = this.#readers.get(task);
    if (reader === undefined) {
      reader = { task, nesting: 0, blocked: false, needQs: false, expHint: false, node: undefined };
      this.#readers.set(task, reader);
    }
    return reader;
  }

  /** WARN_ON_ONCE(!condition) */
  warn(condition: boolean, message: string): void {
    if (!condition) this.kernel.assert(false, `rcu: ${message}`);
  }

  /** raw_lockdep_assert_held_rcu_node() */
  assertHeld(node: RcuNode): void {
    this.warn(node.lock.owner === this.machine.frame, 'a node is used without its lock');
  }

  /** rcu_lockdep_assert_cblist_protected() */
  assertList(data: CpuData): void {
    const guarded = data.nocb === undefined ? this.machine.cpu.irqsOff : data.nocb.lock.owner === this.machine.frame;
    this.warn(guarded, 'a list of callbacks is used without its lock');
  }

  /** Wakes the grace-period kthread where there is something for it. rcu_gp_kthread_wake() */
  *wakeGpKthread(): Op<void> {
    if (this.machine.frame.task === this.#gpTask && this.machine.cpu.stack.length === 0) return;
    if (this.gpFlags === 0 || this.has('lose-gp-wakeup')) return;
    yield* this.gpWait.wake();
  }

  /** Has {@link rcuCore} run on the running CPU soon; part of another operation. invoke_rcu_core() */
  invokeCore(data: CpuData): void {
    if (!this.kernel.preemptRt) {
      this.machine.softirqs.raise(data.cpu, Softirq.Rcu);
      return;
    }
    let thread = this.#threads[data.cpu.id];
    if (thread === undefined) {
      thread = new KickedThread(
        this.machine,
        `rcuc/${data.cpu.id}`,
        { affinity: data.cpu.id, perCpu: true, priority: this.config.kthreadPrio },
        () => this.#coreInThread(),
      );
      this.#threads[data.cpu.id] = thread;
    }
    if (thread.kicks === 0) thread.kick();
  }

  /** Reports a grace period that lasts too long, once. check_cpu_stall() */
  checkStall(): void {
    const late = this.kernel.jiffies - this.gpStart >= this.config.stallTimeout;
    if (!late || this.#stalled === this.gpSeq) return;
    this.#stalled = this.gpSeq;
    const missing = this.cpus.filter((data) => (data.node.qsmask & data.grpmask) !== 0).map((data) => data.cpu.id);
    const tasks = this.leaves.flatMap((leaf) => leaf.blocked.filter((e) => e.blocksGp).map((e) => `${e.reader.task}`));
    this.warn(
      false,
      `stall: CPUs ${missing.join(' ') || 'none'}, tasks ${tasks.join(' ') || 'none'} hold the grace period up`,
    );
  }

  *#coreInThread(): Op<void> {
    yield* this.kernel.localBhDisable();
    yield* rcuCore(this);
    yield* this.kernel.localBhEnable();
  }

  #hook(): void {
    const { hooks } = this.kernel;
    hooks.contextSwitch = (cpu, prev) => {
      if (prev.dead && this.has('exit-unreported')) return undefined;
      return noteContextSwitch(this, cpu, prev);
    };
    hooks.idleEnter = (cpu) => this.#setBusy(cpu, false);
    hooks.idleExit = (cpu) => this.#setBusy(cpu, true);
    hooks.userEnter = (cpu) => this.#setBusy(cpu, false);
    hooks.userExit = (cpu) => this.#setBusy(cpu, true);
    hooks.irqEnter = (cpu) => {
      const data = this.dataOf(cpu.id);
      if (data.irqNesting++ === 0 && !data.busy) data.watching++;
    };
    hooks.irqExit = (cpu) => {
      const data = this.dataOf(cpu.id);
      // Soft interrupts that local_bh_enable() runs end so too, without having begun as an interrupt.
      if (data.irqNesting === 0) return;
      if (--data.irqNesting > 0 || data.busy) return;
      data.watching++;
      // Asked while a soft interrupt ran: the idle CPU has no switch that would answer.
      if (data.cpuNoQsExp) data.wantTick();
    };
    hooks.taskExit = (task) => {
      const reader = this.readerOf(task);
      this.warn(reader.nesting === 0, `${task.comm} exits inside an RCU reader`);
      reader.nesting = 0;
    };
  }

  #setBusy(cpu: Cpu, busy: boolean): void {
    const data = this.dataOf(cpu.id);
    if (data.busy === busy) return;
    data.busy = busy;
    if (data.irqNesting === 0 && !(busy && this.has('idle-exit-uncounted'))) data.watching++;
  }
}

/** Puts Tree RCU into a kernel, in place of the simulator's own small one. Called by a scenario's set-up, before tasks are made. */
export function installTreeRcu(kernel: Kernel, options: RcuOptions = {}): TreeRcu {
  const rcu = new TreeRcu(kernel, options);
  kernel.setRcu(rcu);
  return rcu;
}
