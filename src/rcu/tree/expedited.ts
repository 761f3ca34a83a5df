import { Access } from '../../explore/strategy.js';
import { WaitKind } from '../../model/events.js';
import type { Frame } from '../../sim/frame.js';
import type { Mutex, Op } from '../../sim/index.js';
import type { IrqFlags } from '../../sim/lock/irq-mode.js';
import type { OpKind } from '../../sim/op.js';
import { WaitObject, wakeWaiter } from '../../sim/wait/wait-object.js';
import { seqDone, seqEnd, seqSnap, seqStart } from '../sequence.js';
import { initiateBoost } from './boost.js';
import type { CpuData } from './cpu-data.js';
import type { RcuNode } from './node.js';
import type { TreeRcu } from './tree-rcu.js';

const WAKE: OpKind<ExpeditedGp, void> = {
  label: 'swake_up_one',
  access: Access.Write,
  cost: 20,
  attempt(_machine, expedited) {
    expedited.wake();
    return true;
  },
};

/**
 * Expedited grace periods (kernel/rcu/tree_exp.h): the caller itself interrupts every busy CPU and asks what it is doing,
 * instead of waiting until each comes by. One at a time, under `rcu_state.exp_mutex`.
 */
export class ExpeditedGp {
  seq = 0;
  readonly mutex: Mutex;
  readonly event: WaitObject;
  readonly #rcu: TreeRcu;
  #waiter: Frame | undefined;

  constructor(rcu: TreeRcu) {
    this.#rcu = rcu;
    this.mutex = rcu.kernel.mutex('rcu_state.exp_mutex');
    this.event = new WaitObject(rcu.machine, 'rcu_read_lock', WaitKind.GracePeriod);
  }

  /** synchronize_rcu_expedited() */
  *synchronize(): Op<void> {
    const rcu = this.#rcu;
    yield* rcu.kernel.mightSleep();
    const wanted = seqSnap(this.seq);
    yield* this.mutex.lock();
    // Others may have run it while this one waited for the mutex.
    if (!seqDone(this.seq, wanted)) {
      this.seq = seqStart(this.seq);
      yield* this.#select();
      yield* this.#wait();
      this.seq = seqEnd(this.seq);
    }
    yield* this.mutex.unlock();
    if (rcu.machine.tracksOrder) rcu.machine.ordering.acquire(rcu, rcu.machine.frame);
  }

  /** Says what the masks begin with, and asks each CPU. sync_rcu_exp_select_cpus() */
  *#select(): Op<void> {
    const rcu = this.#rcu;
    for (const node of rcu.nodes) {
      const flags = yield* node.lock.lockIrqsave();
      node.expmask = node.expmaskInit;
      for (const entry of node.blocked) entry.blocksExp = true;
      yield* node.lock.unlockIrqrestore(flags);
    }
    for (const leaf of rcu.leaves) {
      let idle = 0;
      for (const data of rcu.cpus) {
        if (data.node !== leaf || (leaf.expmask & data.grpmask) === 0) continue;
        if (!data.isWatching || (leaf.qsmaskInitNext & data.grpmask) === 0) idle |= data.grpmask;
        else if (data.cpu === rcu.machine.cpu) yield* this.#askOwn(data);
        else if (!(yield* this.#ask(leaf, data))) idle |= data.grpmask;
      }
      if (idle !== 0) yield* this.#reportCpus(leaf, idle);
    }
  }

  /** Interrupts a CPU that may be about to go away; false: it has gone. */
  *#ask(leaf: RcuNode, data: CpuData): Op<boolean> {
    const { kernel } = this.#rcu;
    while (!(yield* kernel.smpCall(data.cpu.id, () => this.#handler()))) {
      const flags = yield* leaf.lock.lockIrqsave();
      const coming = (leaf.qsmaskInitNext & data.grpmask) !== 0;
      yield* leaf.lock.unlockIrqrestore(flags);
      if (!coming) return false;
      yield* kernel.scheduleTimeout(1);
    }
    return true;
  }

  /** Asks the CPU that this runs on, without an interrupt: the caller is no reader. It may be moved before interrupts are off. */
  *#askOwn(data: CpuData): Op<void> {
    const { kernel } = this.#rcu;
    const flags = yield* kernel.localIrqSave();
    const stayed = this.#rcu.own === data;
    if (stayed) {
      data.cpuNoQsExp = true;
      yield* this.reportOwn(data);
    }
    yield* kernel.localIrqRestore(flags);
    if (!stayed && !(yield* this.#ask(data.node, data))) yield* this.#reportCpus(data.node, data.grpmask);
  }

  /** The interrupt on the CPU that is asked. rcu_exp_handler() */
  *#handler(): Op<void> {
    const rcu = this.#rcu;
    const data = rcu.own;
    const reader = rcu.readerOf(data.cpu.current);
    const { node } = data;
    yield* node.lock.lock();
    const waits = (node.expmask & data.grpmask) !== 0;
    if (waits) data.cpuNoQsExp = true;
    yield* node.lock.unlock();
    if (!waits) return;
    if (reader.nesting > 0) {
      reader.expHint = true;
      return;
    }
    const atomic =
      data.cpu.preemptCount > 0 || data.cpu.hardirqDepth > 1 || (data.cpu.bhCount > 0 && !rcu.kernel.preemptRt);
    if (!atomic) {
      yield* this.reportOwn(data);
      return;
    }
    data.cpu.needResched = true;
    data.wantTick();
  }

  /** Reports this CPU, if an expedited grace period has asked it; interrupts off. */
  *reportOwn(data: CpuData): Op<void> {
    if (!data.cpuNoQsExp) return;
    data.cpuNoQsExp = false;
    yield* this.#reportCpus(data.node, data.grpmask);
  }

  /** Takes CPUs off the leaf that have reported, are idle or have gone. rcu_report_exp_cpu_mult() */
  *#reportCpus(leaf: RcuNode, mask: number): Op<void> {
    const flags = yield* leaf.lock.lockIrqsave();
    if ((leaf.expmask & mask) === 0) {
      yield* leaf.lock.unlockIrqrestore(flags);
      return;
    }
    leaf.expmask &= ~mask;
    yield* this.#reportUp(leaf, flags);
  }

  /** The last that a leaf waited for was a reader that had been switched out, and it has left. rcu_report_exp_rnp() */
  *reportReader(leaf: RcuNode): Op<void> {
    const flags = yield* leaf.lock.lockIrqsave();
    yield* this.#reportUp(leaf, flags);
  }

  /**
   * Tells the nodes above while nobody is missing below; the last one wakes the caller. Whoever finds the leaf done is the only one to
   * say so: said twice, the second may come when the next grace period has made the masks above anew, and not yet the leaf's.
   * Node locked on entry, released on return. __rcu_report_exp_rnp()
   */
  *#reportUp(from: RcuNode, flags: IrqFlags): Op<void> {
    const rcu = this.#rcu;
    let node = from;
    while (node.expDone) {
      const { parent, grpmask } = node;
      if (parent === undefined) {
        yield* rcu.machine.arm(WAKE, this);
        yield* node.lock.unlockIrqrestore(flags);
        return;
      }
      yield* node.lock.unlock();
      node = parent;
      yield* node.lock.lock();
      rcu.warn((node.expmask & grpmask) !== 0, 'a node is done twice with one expedited grace period');
      node.expmask &= ~grpmask;
    }
    // Only readers are missing: nobody else may come by to boost them.
    if (node.expmask === 0 && !rcu.has('exp-never-boosted')) yield* initiateBoost(rcu, node, flags);
    else yield* node.lock.unlockIrqrestore(flags);
  }

  get #isOver(): boolean {
    return this.#rcu.root.expDone;
  }

  *#wait(): Op<void> {
    const { machine, kernel } = this.#rcu;
    const { frame } = machine;
    do {
      this.#waiter = frame;
      if (!this.#isOver) frame.task.willSleep = true;
      for (const data of this.#rcu.cpus) if (data.cpuNoQsExp) data.wantTick();
      yield* this.event.sleep();
    } while (!this.#isOver);
    this.#waiter = undefined;
    yield* kernel.condResched();
  }

  /**
   * The last CPU has reported. No event of the dependency graph: whoever switches tasks may be the one, and what it held in its
   * past has nothing to do with the grace period. What readers need is known from the readers.
   */
  wake(): void {
    if (this.#waiter !== undefined) wakeWaiter(this.#rcu.machine, this.#waiter);
  }
}
