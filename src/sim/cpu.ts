import { Ctx, LockdepCtx } from '../model/events.js';
import { type Frame, FrameState } from './frame.js';
import type { Task } from './task.js';

/** A CPU: what runs on it, what is masked, what is pending. */
export class Cpu {
  readonly id: number;
  readonly idleTask: Task;
  /** Running task; the idle task when there is none. */
  current: Task;
  /** Interrupts on top of the task, innermost last: not preemptible, cannot leave the CPU. */
  readonly stack: Frame[] = [];
  /** Tasks that could run here, in no particular order. */
  readonly queue: Task[] = [];
  /** In cpu_online_mask: takes interrupts and calls from other CPUs. */
  online = true;
  /** In cpu_active_mask: tasks are put here; otherwise only threads bound to it ({@link Task.perCpu}) run. */
  active = true;
  /** Its own threads are parked: a wake-up of one takes effect when they are not any more. */
  parked = false;
  /** Those that were woken, or made, meanwhile. */
  readonly wokenParked: Task[] = [];
  /** It has taken itself out of cpu_online_mask and will be dead once it is idle. */
  dying = false;
  /** Powered off: runs nothing, nothing arrives. */
  dead = false;
  /** Who waits for its tasks to have left. */
  emptyWatch: Frame | undefined = undefined;
  /** Who waits for it to be dead. */
  deathWatch: Frame | undefined = undefined;
  /** Own clock, ns. */
  clock = 0;
  needResched = false;
  /** The running task asked for the switch itself. */
  yielding = false;
  /** Hard interrupts off. */
  irqsOff = false;
  /** PREEMPT bits of the preempt count. */
  preemptCount = 0;
  /** local_bh_disable() depth; soft interrupts being run count too. */
  bhCount = 0;
  hardirqDepth = 0;
  /** Of the innermost hard interrupt: PREEMPT_RT would run it in a thread. */
  hardirqThreaded = false;
  servingSoftirq = 0;
  nmiDepth = 0;
  /** Raised soft interrupts, a bit a vector. */
  softirqPending = 0;
  /** Interrupts taken, for RCU's dyntick counters and statistics. */
  interrupts = 0;
  /** Voluntary and involuntary switches. */
  switches = 0;
  /** CONFIG_PREEMPT_COUNT */
  readonly preemptCounted: boolean;
  /** PREEMPT_RT: the bottom-half lock of this CPU does what bhCount does elsewhere, so it is no atomic section. */
  readonly realTime: boolean;
  /** {@link Ctx} bits for event headers; kept by {@link refresh}. */
  context = 0;
  /** {@link LockdepCtx} bits; kept by {@link refresh}. */
  lockdepContext = 0;

  constructor(id: number, idleTask: Task, realTime: boolean, preemptCounted: boolean) {
    this.id = id;
    this.idleTask = idleTask;
    this.current = idleTask;
    this.realTime = realTime;
    this.preemptCounted = preemptCounted;
    this.refresh();
  }

  /** The context that runs; undefined: idle. */
  get top(): Frame | undefined {
    return this.stack.length > 0
      ? this.stack[this.stack.length - 1]
      : this.current.frames[this.current.frames.length - 1];
  }

  /** Something on it can take a step. */
  get canStep(): boolean {
    if (this.dead) return false;
    const top = this.top;
    if (this.stack.length > 0) return top !== undefined && top.state === FrameState.Runnable;
    if (top !== undefined && this.current.running && top.state === FrameState.Runnable) return true;
    // A task that spins can be preempted; an idle CPU takes what is queued.
    return this.queue.length > 0 && (this.current.idle || (this.needResched && this.preemptible));
  }

  /** preemptible(): preemption and interrupts on, no interrupt context. */
  get preemptible(): boolean {
    return (
      this.preemptCounted &&
      this.preemptCount === 0 &&
      !this.irqsOff &&
      !this.inInterrupt &&
      (this.realTime || this.bhCount === 0)
    );
  }

  get inInterrupt(): boolean {
    return this.hardirqDepth > 0 || this.nmiDepth > 0 || (!this.realTime && this.servingSoftirq > 0);
  }

  /**
   * Recomputes the context bits after any of the fields above changed. On PREEMPT_RT soft interrupts are part of a task: tracing shows them
   * (in_serving_softirq()), lockdep does not count them (lockdep_softirq_enter() in include/linux/irqflags.h does nothing there), so no lock is
   * ever used in one; that bottom halves are off it follows (__local_bh_disable_ip() in kernel/softirq.c).
   */
  refresh(): void {
    const softirq = this.servingSoftirq > 0;
    let bits: number = Ctx.Known | Ctx.BhKnown;
    if (this.irqsOff) bits |= Ctx.HardIrqsOff;
    if (this.hardirqDepth > 0) bits |= Ctx.HardIrq;
    if (softirq) bits |= Ctx.SoftIrq;
    if (this.nmiDepth > 0) bits |= Ctx.Nmi;
    if (this.bhCount > 0) bits |= Ctx.BhOff;
    this.context = bits;
    let lockdep: number = LockdepCtx.Known;
    if (this.hardirqDepth > 0) lockdep |= LockdepCtx.HardIrq;
    if (softirq && !this.realTime) lockdep |= LockdepCtx.SoftIrq;
    if (this.hardirqDepth > 0 && this.hardirqThreaded) lockdep |= LockdepCtx.Threaded;
    if (!this.irqsOff) lockdep |= LockdepCtx.HardIrqsOn;
    if (this.bhCount === 0) lockdep |= LockdepCtx.SoftIrqsOn;
    this.lockdepContext = lockdep;
  }
}
