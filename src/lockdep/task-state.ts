import type { FindingRecord } from './finding-collector.js';
import { grownFloat64, grownInt32 } from './growable.js';
import { Needs } from './needs.js';
import { newWwState, type WwState } from './ww-state.js';

/** Fields of a held lock (struct held_lock), as offsets into {@link TaskState.held}. */
export const Held = {
  InstanceHi: 0,
  InstanceLo: 1,
  Class: 2,
  Flags: 3,
  NestHi: 4,
  NestLo: 5,
  /** Acquisitions folded into this one under a nest lock; 0 when it is not reference counted. */
  References: 6,
  /** Chain of the context before this lock. */
  PrevChain: 7,
  /** Chain of the context with this lock. */
  Chain: 8,
  Ip: 9,
  Line: 10,
  Cpu: 11,
  /** Strictest inner wait type in this context down to here; context limit not included. */
  MinInner: 12,
  Name: 13,
  /** Unique within the task, counts up: names this holding in provisional findings. */
  Serial: 14,
} as const;

/** Numbers a held lock takes in {@link TaskState.held}. */
export const HELD_STRIDE = 16;

export const HeldFlag = {
  ReadMask: 0b11,
  Trylock: 1 << 2,
  Check: 1 << 3,
  /** Interrupt context it was taken in: bits of {@link IrqContext}, shifted. */
  ContextShift: 4,
  ContextMask: 0b111 << 4,
  IrqsOff: 1 << 7,
  IrqsKnown: 1 << 8,
  /** Its release seems to be lost: makes no dependency until it turns out to be real. */
  Suspect: 1 << 9,
  /** Something provisional hangs on it. */
  HasProvisional: 1 << 10,
  /** Taken with preemption counted off: contradicted by a preemption depth of 0. */
  PreemptOff: 1 << 11,
  /** Bottom halves were on when it was taken. */
  BhOn: 1 << 12,
} as const;

/** Interrupt contexts: a set of these bits; 0 is task context. */
export const IrqContext = { Task: 0, SoftIrq: 1, HardIrq: 2, Nmi: 4 } as const;

const RECENT = 32;

/** What the validator knows of one task (of one CPU's idle task for pid 0). */
export class TaskState {
  readonly pid: number;
  comm = 0;
  /** Locks held, outermost first, {@link HELD_STRIDE} numbers each. */
  held = new Int32Array(HELD_STRIDE * 8);
  /** Time of each acquisition. */
  times = new Float64Array(8);
  depth = 0;
  /** Holdings with HeldFlag.PreemptOff. */
  preemptOffHeld = 0;
  nextSerial = 1;
  /** lockdep's current->softirqs_enabled; undefined until an event tells. */
  softirqsEnabled: boolean | undefined = undefined;
  /** It was seen where it held nothing (user mode, its fork): from then on all its locks are known. */
  baseKnown = false;
  /** It ended. */
  dead = false;
  /** Inside schedule(), which keeps preemption off once until it returns (finish_task_switch() included). */
  inSchedule = false;
  /** lockdep_off() nesting (simulations only). */
  lockdepOff = 0;
  /** An acquisition of a lock that the task holds and cannot get: a deadlock if nothing follows. */
  selfDeadlock: { instanceHi: number; instanceLo: number; sleeping: boolean; report: () => void } | undefined =
    undefined;
  /** A release of what the task had released before; a fault unless acquisitions turn out to be missing. */
  doubtfulUnlock: FindingRecord | undefined = undefined;
  /** State-wide acquisition count when the task was first met (simulations only). */
  birth = 0;
  /** What it needed lately (simulations only). */
  readonly needs = new Needs();
  /** Wound/wait back-off. */
  readonly ww: WwState = newWwState();
  /** Events of the task so far: progress, to tell a task that is stuck from one that went on. */
  acquisitions = 0;
  readonly #recentHi = new Int32Array(RECENT);
  readonly #recentLo = new Int32Array(RECENT);
  readonly #recentName = new Int32Array(RECENT);
  #recentAt = 0;

  constructor(pid: number) {
    this.pid = pid;
  }

  /** Makes room for one more held lock. */
  reserve(): void {
    const needed = (this.depth + 1) * HELD_STRIDE;
    if (needed <= this.held.length) return;
    this.held = grownInt32(this.held, needed);
    this.times = grownFloat64(this.times, this.held.length / HELD_STRIDE);
  }

  /** The interrupt context that the held lock was taken in. */
  contextOf(index: number): number {
    return (this.held[index * HELD_STRIDE + Held.Flags] & HeldFlag.ContextMask) >> HeldFlag.ContextShift;
  }

  /** Index of the innermost holding of an instance, whatever its context, or -1. */
  find(hi: number, lo: number): number {
    const held = this.held;
    for (let index = this.depth - 1; index >= 0; index--) {
      const at = index * HELD_STRIDE;
      if (held[at + Held.InstanceLo] === lo && held[at + Held.InstanceHi] === hi) return index;
    }
    return -1;
  }

  /** Remembers that the task released the instance: a second release of it is then a fault. */
  rememberRelease(hi: number, lo: number, name: number): void {
    this.#recentHi[this.#recentAt] = hi;
    this.#recentLo[this.#recentAt] = lo;
    this.#recentName[this.#recentAt] = name;
    this.#recentAt = (this.#recentAt + 1) % RECENT;
  }

  /** Whether the task was seen releasing the instance among its last releases. */
  releasedRecently(hi: number, lo: number): boolean {
    for (let at = 0; at < RECENT; at++)
      if (this.#recentLo[at] === lo && this.#recentHi[at] === hi) return lo !== 0 || hi !== 0;
    return false;
  }

  /** The name of the instance if it is among the last that the task released: probes on releases tell addresses only. */
  nameOfReleased(hi: number, lo: number): number {
    for (let at = 0; at < RECENT; at++)
      if (this.#recentLo[at] === lo && this.#recentHi[at] === hi) return this.#recentName[at] as number;
    return 0;
  }

  /** Forgets the release history: after lost events it proves nothing. */
  forgetReleases(): void {
    this.#recentHi.fill(0);
    this.#recentLo.fill(0);
  }
}
