import { TaskState } from '../model/events.js';
import type { Frame } from './frame.js';

/** Scheduling policies: SCHED_FIFO with priorities 1..99 (99 the highest), and the fair class. */
export type Policy = 'fifo' | 'fair';

export interface TaskOptions {
  /** CPU where it starts; default: spread in order of creation. */
  cpu?: number;
  /** CPUs where it may run; default: all. A number pins it. */
  affinity?: number | readonly number[];
  /** Default 'fair', or 'fifo' when `priority` is given. */
  policy?: Policy;
  /** SCHED_FIFO priority 1..99. */
  priority?: number;
  /** -20..19, fair tasks only. */
  nice?: number;
  /** kthread_set_per_cpu(): belongs to the CPU that `affinity` names, and is parked while that is away. */
  perCpu?: boolean;
  /** A thread of a CPU's own that takes part in its coming and going, and so is not parked with the others. */
  hotplug?: boolean;
  /** A kernel thread: may sleep for ever when the scenario ends (no hang is reported of it). */
  kthread?: boolean;
}

/** Number that the scheduler compares, smaller first, as the kernel's `prio`: 0..98 FIFO, 100..139 fair. */
export function kernelPriority(policy: Policy, priority: number, nice: number): number {
  return policy === 'fifo' ? 99 - priority : 120 + nice;
}

/** A task of the simulated kernel. */
export class Task {
  readonly pid: number;
  readonly comm: string;
  /** Name id of `comm`. */
  readonly commId: number;
  readonly kthread: boolean;
  /** Bound to its CPU for good: parked, not moved, when that goes away. */
  readonly perCpu: boolean;
  /** Does not run while its CPU's threads are parked ({@link Cpu.parked}). */
  readonly parks: boolean;
  readonly idle: boolean;
  /** {@link TaskState}. */
  state: number = TaskState.Running;
  /** CPU that it runs on, is queued at, or ran on last. */
  cpu: number;
  /** CPUs where it may run; undefined: all. */
  allowed: readonly number[] | undefined;
  policy: Policy;
  /** Own priority ({@link kernelPriority}). */
  normalPrio: number;
  /** Effective priority: own, or inherited from a waiter. */
  prio: number;
  /** On a run queue (not while running). */
  queued = false;
  running = false;
  /** set_current_state(): the next schedule() sleeps, unless a wake-up comes before and clears this. */
  willSleep = false;
  /** It is in user mode, or was when it was preempted. */
  userMode = false;
  /** Blocked on PREEMPT_RT's form of a spinning lock: the switch counts as involuntary (SM_RTLOCK_WAIT). */
  lockSleep = false;
  /** Fair class: weighted nanoseconds it has run. */
  vruntime = 0;
  /** Time it was last put on a CPU. */
  startedAt = 0;
  migrateDisabled = 0;
  /** Saved while it does not run: PREEMPT bits of the preempt count, bottom halves off, interrupts off, in a softirq. */
  preemptCount = 0;
  bhCount = 0;
  irqsOff = false;
  servingSoftirq = 0;
  /** Its contexts, innermost last: the body, and on PREEMPT_RT the soft interrupts that it runs. */
  readonly frames: Frame[] = [];
  /** Sleeping locks that it owns and that pass on their waiters' priority. */
  readonly boosters: PriorityDonor[] = [];
  /** The lock with priority inheritance that it waits for. */
  blockedOn: PriorityDonor | undefined = undefined;
  /** Asked to stop (kthread_stop). */
  shouldStop = false;

  constructor(pid: number, comm: string, commId: number, cpu: number, options: TaskOptions, idle = false) {
    this.pid = pid;
    this.comm = comm;
    this.commId = commId;
    this.cpu = cpu;
    this.kthread = options.kthread ?? false;
    this.perCpu = options.perCpu ?? false;
    this.parks = this.perCpu && options.hotplug !== true;
    this.idle = idle;
    this.policy = options.policy ?? (options.priority === undefined ? 'fair' : 'fifo');
    this.normalPrio = idle ? 140 : kernelPriority(this.policy, options.priority ?? 1, options.nice ?? 0);
    this.prio = this.normalPrio;
    const affinity = options.affinity;
    this.allowed = affinity === undefined ? undefined : typeof affinity === 'number' ? [affinity] : affinity;
  }

  get dead(): boolean {
    return this.state === TaskState.Dead;
  }

  /** May it run on this CPU? */
  allows(cpu: number): boolean {
    return this.allowed === undefined || this.allowed.includes(cpu);
  }

  /** `comm-pid`, as ftrace prints it. */
  toString(): string {
    return `${this.comm}-${this.pid}`;
  }
}

/** A lock whose owner inherits the priority of its waiters. */
export interface PriorityDonor {
  owner(): Task | undefined;
  /** Best (smallest) effective priority among the waiters, or Infinity. */
  topPriority(): number;
  /** A waiter's priority changed: put the waiters in order again. */
  reorder(): void;
}
