import { Ctx, type EventHeader, type LockAcquire, NullSink } from '../../model/events.js';
import type { StringNames } from '../../model/names.js';
import { WaitType } from '../../model/wait-type.js';

/** A stretch of time that a CPU had preemption or hard interrupts off; nanoseconds. */
export interface OffSection {
  readonly length: number;
  /** The raw lock that took most of it; '' when none was taken. */
  readonly lock: string;
  /** How much of it was waiting for that lock. */
  readonly waited: number;
}

interface HeldLock {
  readonly name: number;
  readonly since: number;
  waited: number;
}

/** What is known of a CPU. */
interface CpuState {
  irqsOff: boolean;
  preemptOff: boolean;
  /** Raw locks of the task that runs there. */
  held: HeldLock[];
  /** When the running section began; -1: none runs. */
  since: number;
  worst: { name: number; length: number; waited: number };
}

/**
 * Finds the longest time that a CPU had preemption or hard interrupts off, from the events of a simulated run: raw_spinlock_t held or waited
 * for, interrupts off, preemption off by hand. Times that a context went to sleep so are counted: PREEMPT_RT forbids that.
 */
export class OffTimes extends NullSink {
  longest: OffSection = { length: 0, lock: '', waited: 0 };
  sleptInAtomic = 0;
  /**
   * A CPU's own clock, ns: ahead of an event's time while the CPU is in the middle of something indivisible, when an interrupt that arrives has
   * still to wait. Without it event times count.
   */
  clockOf: ((cpu: number) => number) | undefined;
  readonly #names: StringNames;
  readonly #cpus = new Map<number, CpuState>();
  /** Raw locks of tasks that are switched out. */
  readonly #away = new Map<number, HeldLock[]>();
  readonly #raw = new Set<number>();

  constructor(names: StringNames) {
    super();
    this.#names = names;
  }

  override lockAcquire(h: EventHeader, a: LockAcquire): void {
    if (a.waitInner !== WaitType.Spin) return;
    this.#raw.add(a.name);
    const cpu = this.#cpu(h);
    cpu.held.push({ name: a.name, since: this.#now(h), waited: 0 });
    this.#update(cpu, this.#now(h));
  }

  override lockAcquired(h: EventHeader, _hi: number, _lo: number, name: number): void {
    const held = this.#cpu(h).held.findLast((lock) => lock.name === name);
    if (held !== undefined) held.waited = this.#now(h) - held.since;
  }

  override lockRelease(h: EventHeader, _hi: number, _lo: number, name: number): void {
    if (!this.#raw.has(name)) return;
    const cpu = this.#cpu(h);
    const at = cpu.held.findLastIndex((lock) => lock.name === name);
    const [lock] = at < 0 ? [] : cpu.held.splice(at, 1);
    if (lock !== undefined) {
      const length = this.#now(h) - Math.max(lock.since, cpu.since);
      if (length > cpu.worst.length) cpu.worst = { name, length, waited: lock.waited };
    }
    this.#update(cpu, this.#now(h));
  }

  override hardirqsOff(h: EventHeader): void {
    this.#interrupts(h, true);
  }

  override hardirqsOn(h: EventHeader): void {
    this.#interrupts(h, false);
  }

  override preemptOff(h: EventHeader): void {
    const cpu = this.#cpu(h);
    cpu.preemptOff = true;
    this.#update(cpu, this.#now(h));
  }

  override preemptOn(h: EventHeader): void {
    const cpu = this.#cpu(h);
    cpu.preemptOff = false;
    this.#update(cpu, this.#now(h));
  }

  override schedSwitch(h: EventHeader, prevPid: number, prevState: number, nextPid: number): void {
    const cpu = this.#cpu(h);
    if (cpu.held.length > 0 && prevState !== 0) this.sleptInAtomic++;
    this.#away.set(prevPid, cpu.held);
    cpu.held = nextPid === 0 ? [] : (this.#away.get(nextPid) ?? []);
    this.#update(cpu, this.#now(h));
  }

  override mightSleep(h: EventHeader): void {
    const cpu = this.#cpu(h);
    if (cpu.held.length > 0 || (h.context & (Ctx.HardIrqsOff | Ctx.HardIrq)) !== 0) this.sleptInAtomic++;
  }

  #interrupts(h: EventHeader, off: boolean): void {
    const cpu = this.#cpu(h);
    cpu.irqsOff = off;
    this.#update(cpu, this.#now(h));
  }

  #now(h: EventHeader): number {
    return Math.max(h.time, this.clockOf?.(h.cpu) ?? 0);
  }

  #cpu(h: EventHeader): CpuState {
    let cpu = this.#cpus.get(h.cpu);
    if (cpu === undefined) {
      cpu = { irqsOff: false, preemptOff: false, held: [], since: -1, worst: NOTHING };
      this.#cpus.set(h.cpu, cpu);
    }
    return cpu;
  }

  #update(cpu: CpuState, now: number): void {
    const off = cpu.irqsOff || cpu.preemptOff || cpu.held.length > 0;
    if (off && cpu.since < 0) {
      cpu.since = now;
      cpu.worst = NOTHING;
    } else if (!off && cpu.since >= 0) {
      const length = now - cpu.since;
      const { name, waited } = cpu.worst;
      if (length > this.longest.length) this.longest = { length, lock: name < 0 ? '' : this.#names.text(name), waited };
      cpu.since = -1;
    }
  }
}

const NOTHING = { name: -1, length: 0, waited: 0 };
