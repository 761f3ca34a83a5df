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
  readonly locks: number;
  readonly preempt: number;
  readonly bhOff: boolean;
}

/**
 * Notices when a run stops being what its code says: a handler leaves behind what it took, a task sleeps or ends while it keeps its CPU
 * from switching. What other contexts do wrong after that is the damage of the first, not a fault of theirs.
 */
export class Damage extends NullSink {
  /** Nanoseconds. */
  time = Number.POSITIVE_INFINITY;
  /** A handler left a lock behind: it is seen to be held with interrupts on. */
  hasLeft = false;
  readonly #names: NameTable;
  /** Locks that are held, by {@link taskOf}. */
  readonly #locks = new Map<number, number>();
  /** Locks that interrupts took, by the task that they interrupted. */
  readonly #ofInterrupts = new Map<number, Set<string>>();
  readonly #spinning = new Map<number, Set<string>>();
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
    if ((h.context & Ctx.HardIrq) !== 0) {
      const taken = this.#ofInterrupts.get(taskOf(h)) ?? new Set();
      taken.add(`${a.hi} ${a.lo}`);
      this.#ofInterrupts.set(taskOf(h), taken);
    }
    const limit = this.#isRt ? WaitType.Spin : WaitType.Config;
    if (a.waitInner === WaitType.Unchecked || a.waitInner > limit) return;
    const held = this.#spinning.get(taskOf(h)) ?? new Set();
    held.add(`${a.hi} ${a.lo}`);
    this.#spinning.set(taskOf(h), held);
  }

  override lockRelease(h: EventHeader, hi: number, lo: number): void {
    this.#locks.set(taskOf(h), (this.#locks.get(taskOf(h)) ?? 0) - 1);
    this.#spinning.get(taskOf(h))?.delete(`${hi} ${lo}`);
    this.#ofInterrupts.get(taskOf(h))?.delete(`${hi} ${lo}`);
  }

  /** The end of a timer's interrupt, which has no event of its own. */
  override hardirqsOn(h: EventHeader): void {
    if ((h.context & (Ctx.HardIrq | Ctx.SoftIrq)) !== 0 || (this.#ofInterrupts.get(taskOf(h))?.size ?? 0) === 0) return;
    this.hasLeft = true;
    this.#happened(h, 1);
  }

  override hardirqEntry(h: EventHeader): void {
    this.#enter(h);
  }

  override softirqEntry(h: EventHeader): void {
    this.#enter(h);
  }

  override hardirqExit(h: EventHeader): void {
    this.#leave(h);
  }

  override softirqExit(h: EventHeader): void {
    this.#leave(h);
  }

  override schedSwitch(h: EventHeader, prevPid: number, prevState: number): void {
    const isOff = (h.context & (Ctx.BhOff | Ctx.SoftIrq | Ctx.HardIrq)) !== 0;
    if (prevState !== TaskState.Running && (isOff || (this.#spinning.get(taskOf(h, prevPid))?.size ?? 0) > 0))
      this.#happened(h);
  }

  /** Sleeping in an interrupt keeps the CPU, and what it was doing, for as long as it lasts. */
  override mightSleep(h: EventHeader): void {
    if ((h.context & (Ctx.HardIrq | Ctx.SoftIrq)) !== 0) this.#happened(h);
  }

  override kernelReport(h: EventHeader, report: KernelReport): void {
    if (report.rule === 'deadlock') this.#happened(h);
  }

  /** A work item ends, and the next one runs with what it has left. */
  override wakeUp(h: EventHeader, _hi: number, _lo: number, _name: number, kind: number): void {
    if (kind === WaitKind.Work && (this.#locks.get(taskOf(h)) ?? 0) > 0) this.#happened(h);
  }

  override taskExit(h: EventHeader): void {
    if (this.time === Number.POSITIVE_INFINITY) this.#ended.add(this.#names.text(h.comm));
    if (h.preemptDepth > 0 || (h.context & (Ctx.HardIrqsOff | Ctx.BhOff)) !== 0) this.#happened(h);
  }

  #enter(h: EventHeader): void {
    const stack = this.#entered.get(h.cpu) ?? [];
    stack.push({
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
    if (!entered.bhOff && (h.context & Ctx.BhOff) !== 0 && (h.context & Ctx.SoftIrq) === 0) this.#happened(h, 1);
    if (entered.locks === (this.#locks.get(taskOf(h)) ?? 0) && entered.preempt === h.preemptDepth) return;
    this.hasLeft = true;
    this.#happened(h, 1);
  }

  #happened(h: EventHeader, before = 0): void {
    this.time = Math.min(this.time, h.time - before);
  }
}

/** The task of an event; of the idle tasks, which share a number, the CPU's. */
function taskOf(h: EventHeader, pid = h.pid): number {
  return pid === 0 ? -1 - h.cpu : pid;
}
