import {
  Ctx,
  type EventHeader,
  type KernelReport,
  type LockAcquire,
  NullSink,
  TaskState,
  WaitKind,
} from '../../../../src/model/events.js';
import type { NameTable } from '../../../../src/model/names.js';
import { WaitType } from '../../../../src/model/wait-type.js';

interface Entered {
  /** Nanoseconds. */
  readonly time: number;
  readonly locks: number;
  readonly preempt: number;
  readonly bhOff: boolean;
}

/** Where and when something runs, time in nanoseconds. */
export interface Running {
  readonly pid: number;
  readonly cpu: number;
  readonly time: number;
  readonly inInterrupt: boolean;
}

/**
 * Notices when a run stops being what its code says: a handler leaves behind what it took, a task sleeps or ends while it keeps its CPU
 * from switching. What other contexts do wrong after that is the damage of the first, not a fault of theirs.
 */
export class Damage extends NullSink {
  /** When it happened first, nanoseconds. */
  time = Number.POSITIVE_INFINITY;
  /**
   * When something was left behind that changes what others are in. Until then only the order of what is done is not what the code says,
   * since a task or a handler waits where it must not. Nanoseconds.
   */
  leftTime = Number.POSITIVE_INFINITY;
  /** When the interrupt handler began that waits at {@link time}; undefined: the damage is not such a wait. Nanoseconds. */
  waiterSince: number | undefined;
  /** The first handler that left a lock behind, and when it began, nanoseconds: the lock is seen to be held with interrupts on. */
  leaver: { readonly cpu: number; readonly since: number } | undefined;
  readonly #names: NameTable;
  /** Locks that are held, by {@link taskOf}. */
  readonly #locks = new Map<number, number>();
  readonly #spinning = new Map<number, Set<string>>();
  /** Hard interrupt handlers that run, by CPU. */
  readonly #handlers = new Map<number, number>();
  /** When a handler last turned interrupts on, by CPU. */
  readonly #turnedOn = new Map<number, number>();
  readonly #entered = new Map<number, Entered[]>();
  readonly #isRt: boolean;
  readonly #ended: Set<string>;

  /** @param ended is given the tasks that end before */
  constructor(names: NameTable, isRt: boolean, ended: Set<string>) {
    super();
    this.#ended = ended;
    this.#names = names;
    this.#isRt = isRt;
  }

  override lockAcquire(h: EventHeader, a: LockAcquire): void {
    this.#locks.set(taskOf(h), (this.#locks.get(taskOf(h)) ?? 0) + 1);
    const limit = this.#isRt ? WaitType.Spin : WaitType.Config;
    if (a.waitInner === WaitType.Unchecked || a.waitInner > limit) return;
    // A reader of preemptible RCU leaves its CPU like any other task.
    if (this.#names.text(a.name) === 'rcu_read_lock') return;
    const held = this.#spinning.get(taskOf(h)) ?? new Set();
    held.add(`${a.hi} ${a.lo}`);
    this.#spinning.set(taskOf(h), held);
  }

  override lockRelease(h: EventHeader, hi: number, lo: number): void {
    this.#locks.set(taskOf(h), (this.#locks.get(taskOf(h)) ?? 0) - 1);
    this.#spinning.get(taskOf(h))?.delete(`${hi} ${lo}`);
  }

  /** A handler that turns interrupts on itself has its locks held so by what the code says. */
  override hardirqsOn(h: EventHeader): void {
    if ((h.context & Ctx.HardIrq) !== 0) this.#turnedOn.set(h.cpu, h.time);
  }

  override hardirqEntry(h: EventHeader): void {
    // A handler that turned interrupts on is interrupted by another, which runs with what it holds.
    const depth = (this.#handlers.get(h.cpu) ?? 0) + 1;
    this.#handlers.set(h.cpu, depth);
    if (depth > 1) this.#happened(h);
    this.#enter(h);
  }

  override softirqEntry(h: EventHeader): void {
    this.#enter(h);
  }

  override hardirqExit(h: EventHeader): void {
    this.#handlers.set(h.cpu, (this.#handlers.get(h.cpu) ?? 0) - 1);
    this.#leave(h);
  }

  override softirqExit(h: EventHeader): void {
    this.#leave(h);
  }

  override schedSwitch(h: EventHeader, prevPid: number, prevState: number): void {
    const isOff = (h.context & (Ctx.BhOff | Ctx.SoftIrq | Ctx.HardIrq)) !== 0;
    const isSpinning = (this.#spinning.get(taskOf(h, prevPid))?.size ?? 0) > 0;
    // Who still runs gives its CPU away by cond_resched(): nobody preempts it there. PREEMPT_RT does where only bottom halves are off.
    if (isSpinning || (isOff && (prevState !== TaskState.Running || !this.#isRt))) this.#happened(h);
  }

  /**
   * A handler that waits for an event does so as the task that it interrupted: what that one holds or reads is held, and its own wait is
   * no more. A handler that finds what it wants at once, or only lets time go by, has not harmed anyone.
   */
  override waitBegin(h: EventHeader): void {
    if ((h.context & (Ctx.HardIrq | Ctx.SoftIrq)) === 0) return;
    const isOnTop = !this.#isRt || (h.context & Ctx.HardIrq) !== 0;
    if (h.time < this.time && isOnTop) this.waiterSince = this.#entered.get(h.cpu)?.at(-1)?.time;
    this.#happened(h);
  }

  /** How many locks the running task holds, or the one that is interrupted. */
  heldBy({ pid, cpu }: Running): number {
    return this.#locks.get(pid === 0 ? -1 - cpu : pid) ?? 0;
  }

  /** A handler ended that held so many locks in its task before, and began then. What follows can come at the same time. */
  handlerEnded(end: Running, before: number, since: number): void {
    if (this.heldBy(end) === before) return;
    const time = end.inInterrupt ? end.time - 1 : end.time;
    if (end.inInterrupt) this.#leaves(end.cpu, since);
    this.leftTime = Math.min(this.leftTime, time);
    this.time = Math.min(this.time, time);
  }

  override kernelReport(h: EventHeader, report: KernelReport): void {
    if (report.rule === 'deadlock') this.#happened(h);
  }

  /** A work item ends, and the next one runs with what it has left. */
  override wakeUp(h: EventHeader, _hi: number, _lo: number, _name: number, kind: number): void {
    if (kind === WaitKind.Work && (this.#locks.get(taskOf(h)) ?? 0) > 0) this.#left(h);
  }

  override taskExit(h: EventHeader): void {
    if (this.time === Number.POSITIVE_INFINITY) this.#ended.add(this.#names.text(h.comm));
    if (h.preemptDepth > 0 || (h.context & (Ctx.HardIrqsOff | Ctx.BhOff)) !== 0) this.#happened(h);
  }

  #enter(h: EventHeader): void {
    const stack = this.#entered.get(h.cpu) ?? [];
    stack.push({
      time: h.time,
      locks: this.#locks.get(taskOf(h)) ?? 0,
      preempt: h.preemptDepth,
      bhOff: (h.context & Ctx.BhOff) !== 0,
    });
    this.#entered.set(h.cpu, stack);
  }

  #leave(h: EventHeader): void {
    const entered = this.#entered.get(h.cpu)?.pop();
    if (entered === undefined) return;
    // Who is interrupted goes on with bottom halves off that the handler left so.
    if (!entered.bhOff && (h.context & Ctx.BhOff) !== 0 && (h.context & Ctx.SoftIrq) === 0) this.#left(h, 1);
    if (entered.locks === (this.#locks.get(taskOf(h)) ?? 0) && entered.preempt === h.preemptDepth) return;
    this.#leaves(h.cpu, entered.time);
    this.#left(h, 1);
  }

  #leaves(cpu: number, since: number): void {
    if ((this.#turnedOn.get(cpu) ?? Number.NEGATIVE_INFINITY) < since) this.leaver ??= { cpu, since };
  }

  #left(h: EventHeader, before = 0): void {
    this.leftTime = Math.min(this.leftTime, h.time - before);
    this.#happened(h, before);
  }

  #happened(h: EventHeader, before = 0): void {
    this.time = Math.min(this.time, h.time - before);
  }
}

/** The task of an event; of the idle tasks, which share a number, the CPU's. */
function taskOf(h: EventHeader, pid = h.pid): number {
  return pid === 0 ? -1 - h.cpu : pid;
}
