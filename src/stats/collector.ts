import { heldSite } from '../lockdep/describe.js';
import { findReleased } from '../lockdep/held-stack.js';
import type { Validator } from '../lockdep/index.js';
import { HELD_STRIDE, Held, HeldFlag, type TaskState } from '../lockdep/task-state.js';
import { Ctx, type EventHeader, type EventSink, type LockAcquire, NullSink } from '../model/events.js';
import { DurationLog } from './duration-log.js';
import { FlagTimer, OffTimer } from './off-timer.js';

/** What is counted of a class under one kind of access. */
export interface Counters {
  acquisitions: number;
  contentions: number;
  readonly hold: DurationLog;
  readonly wait: DurationLog;
}

/** A contended holding: since when it waits (below 0: no more), and when it got the lock. */
interface Contention {
  since: number;
  got: number;
}

/**
 * Counts what locks cost. It stands behind a validator, which knows who holds what: which release belongs to which acquisition,
 * and which holdings have lost theirs. {@link beforeRelease} must be called before the validator sees a release.
 */
export class StatsCollector extends NullSink implements EventSink {
  readonly #validator: Validator;
  readonly #counters: (Counters | undefined)[] = [];
  /** Contended holdings of a task by their serial; emptied when the task holds nothing. */
  readonly #contended = new Map<TaskState, Map<number, Contention>>();
  readonly irqs = new OffTimer();
  readonly irqFlags = new FlagTimer();
  readonly preemption = new OffTimer();
  readonly preemptFlags = new FlagTimer();
  contentionRecorded = false;

  constructor(validator: Validator) {
    super();
    this.#validator = validator;
  }

  /** Counters of a class; undefined where it was never taken so. */
  counters(cls: number, shared: boolean): Counters | undefined {
    return this.#counters[cls * 2 + (shared ? 1 : 0)];
  }

  override lockAcquire(h: EventHeader, a: LockAcquire): void {
    if (this.#validator.inSelftest) return;
    this.#seeFlags(h, a.ip);
    const { task } = this.#validator.state.cpu(h.cpu);
    if (task.lockdepOff > 0 || task.depth === 0) return;
    // The acquisition is on top, or counted there where it was folded into the one of its class.
    this.count(task.held[(task.depth - 1) * HELD_STRIDE + Held.Class], a.read !== 0, 1);
  }

  /** Counts acquisitions of a class: for those who count them themselves. */
  count(cls: number, shared: boolean, acquisitions: number): void {
    this.#countersOf(cls, shared).acquisitions += acquisitions;
  }

  /** A release is about to be seen by the validator. */
  beforeRelease(h: EventHeader, hi: number, lo: number, name: number): void {
    if (this.#validator.inSelftest) return;
    this.#seeFlags(h, 0);
    const task = this.#taskOf(h);
    if (task.lockdepOff > 0) return;
    const index = findReleased(task, hi, lo, name);
    if (index < 0) return;
    if (task.held[index * HELD_STRIDE + Held.References] > 1) return;
    this.release(h, task, index);
  }

  /** Only counts the holding at `index`, which ends. */
  release(h: EventHeader, task: TaskState, index: number): void {
    const at = index * HELD_STRIDE;
    const contention = this.#contended.size === 0 ? undefined : this.#takeContention(task, task.held[at + Held.Serial]);
    const flags = task.held[at + Held.Flags];
    if (flags & HeldFlag.Suspect) return;
    const { hold } = this.#countersOf(task.held[at + Held.Class], (flags & HeldFlag.ReadMask) !== 0);
    if (hold.add(h.time - (contention?.got ?? task.times[index]))) hold.place(heldSite(task, index));
  }

  override lockContended(h: EventHeader, hi: number, lo: number, name: number): void {
    if (this.#validator.inSelftest) return;
    this.contentionRecorded = true;
    const task = this.#taskOf(h);
    const index = findReleased(task, hi, lo, name);
    if (index < 0) return;
    const at = index * HELD_STRIDE;
    this.#countersOf(task.held[at + Held.Class], isShared(task, index)).contentions++;
    let contended = this.#contended.get(task);
    if (contended === undefined) {
      contended = new Map();
      this.#contended.set(task, contended);
    }
    contended.set(task.held[at + Held.Serial], { since: h.time, got: task.times[index] });
  }

  override lockAcquired(h: EventHeader, hi: number, lo: number, name: number): void {
    if (this.#validator.inSelftest) return;
    const task = this.#taskOf(h);
    const contended = this.#contended.get(task);
    if (contended === undefined) return;
    const index = findReleased(task, hi, lo, name);
    if (index < 0) return;
    const contention = contended.get(task.held[index * HELD_STRIDE + Held.Serial]);
    if (contention === undefined || contention.since < 0) return;
    const { wait } = this.#countersOf(task.held[index * HELD_STRIDE + Held.Class], isShared(task, index));
    if (wait.add(h.time - contention.since)) wait.place(heldSite(task, index));
    contention.since = -1;
    contention.got = h.time;
  }

  override hardirqsOff(h: EventHeader, ip: number): void {
    if (!this.#validator.inSelftest) this.irqs.off(h, ip);
  }

  override hardirqsOn(h: EventHeader, _ip: number): void {
    if (!this.#validator.inSelftest) this.irqs.on(h);
  }

  override preemptOff(h: EventHeader, ip: number): void {
    if (!this.#validator.inSelftest) this.preemption.off(h, ip);
  }

  override preemptOn(h: EventHeader, _ip: number): void {
    if (!this.#validator.inSelftest) this.preemption.on(h);
  }

  override schedSwitch(
    _h: EventHeader,
    prevPid: number,
    _prevState: number,
    _nextPid: number,
    _nextComm: number,
  ): void {
    if (this.#contended.size === 0) return;
    const task = this.#validator.state.tasks.get(prevPid);
    if (task?.depth === 0) this.#contended.delete(task);
  }

  override selftest(_h: EventHeader, _begin: boolean, _name: number): void {
    this.#forget();
  }

  override lostEvents(cpu: number, _count: number): void {
    this.#contended.clear();
    this.#forget(cpu);
  }

  #forget(cpu?: number): void {
    for (const timer of [this.irqs, this.irqFlags, this.preemption, this.preemptFlags]) timer.forget(cpu);
  }

  #seeFlags(h: EventHeader, ip: number): void {
    if (!this.irqs.isTold && h.context & Ctx.Known) this.irqFlags.see(h, (h.context & Ctx.HardIrqsOff) !== 0, ip);
    // The idle task has preemption off always.
    if (!this.preemption.isTold && h.preemptDepth >= 0) this.preemptFlags.see(h, h.preemptDepth > 0 && h.pid !== 0, ip);
  }

  #taskOf(h: EventHeader): TaskState {
    const { state } = this.#validator;
    const cpu = state.cpu(h.cpu);
    return cpu.task.pid === h.pid ? cpu.task : state.task(h.pid, cpu);
  }

  #takeContention(task: TaskState, serial: number): Contention | undefined {
    const contended = this.#contended.get(task);
    if (contended === undefined) return undefined;
    const contention = contended.get(serial);
    contended.delete(serial);
    if (contended.size === 0 || task.depth <= 1) this.#contended.delete(task);
    return contention;
  }

  #countersOf(cls: number, shared: boolean): Counters {
    const at = cls * 2 + (shared ? 1 : 0);
    let counters = this.#counters[at];
    if (counters === undefined) {
      counters = { acquisitions: 0, contentions: 0, hold: new DurationLog(), wait: new DurationLog() };
      this.#counters[at] = counters;
    }
    return counters;
  }
}

function isShared(task: TaskState, index: number): boolean {
  return (task.held[index * HELD_STRIDE + Held.Flags] & HeldFlag.ReadMask) !== 0;
}
