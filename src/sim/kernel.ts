import { ContextOps, CPU_RELAX, DELAY, YIELD } from './context-ops.js';
import { Frame, FrameKind } from './frame.js';
import type { Hooks } from './hooks.js';
import type { IrqFlags } from './lock/irq-mode.js';
import { Mutex } from './lock/mutex.js';
import { RawSpinlock } from './lock/raw-spinlock.js';
import { RtMutex } from './lock/rt-mutex.js';
import { Spinlock } from './lock/spinlock.js';
import type { LockOptions } from './lockdep-map.js';
import type { Machine } from './machine.js';
import type { Body, Op } from './op.js';
import type { Task, TaskOptions } from './task.js';

/**
 * The simulated kernel as code that runs on it sees it. Methods that return an {@link Op} are operations, to be run with
 * `yield*` by a task or a handler; the others make objects or answer questions and may be called anywhere.
 *
 * Names are the kernel's, in camelCase. Locks are objects: `yield* lock.lockIrqsave()` is spin_lock_irqsave(&lock, flags).
 */
export class Kernel {
  /** The machine below: for subsystems that are part of the kernel, not for scenarios. */
  readonly machine: Machine;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  // --- tasks

  /** Makes a task that runs `body` from the start of the run on; the run ends when all of them have. */
  task(name: string, body: Body, options: TaskOptions = {}): Task {
    return this.machine.newTask(name, options, (task) => new Frame(this.machine, FrameKind.Task, name, task, body));
  }

  /** kthread_run(): a task that may sleep for ever. */
  kthread(name: string, body: Body, options: TaskOptions = {}): Task {
    return this.task(name, body, { ...options, kthread: true });
  }

  // --- locks

  /** DEFINE_RAW_SPINLOCK(name), or one of a class of that name. */
  rawSpinlock(name: string, options?: LockOptions): RawSpinlock {
    return new RawSpinlock(this.machine, name, options);
  }

  /** DEFINE_SPINLOCK(name) */
  spinlock(name: string, options?: LockOptions): Spinlock {
    return new Spinlock(this.machine, name, options);
  }

  /** DEFINE_MUTEX(name) */
  mutex(name: string, options?: LockOptions): Mutex {
    return new Mutex(this.machine, name, options);
  }

  /** DEFINE_RT_MUTEX(name) */
  rtMutex(name: string, options?: LockOptions): RtMutex {
    return new RtMutex(this.machine, name, options);
  }

  // --- the running context: operations

  preemptDisable(): Op<void> {
    return this.machine.arm(ContextOps.preemptDisable, this.machine);
  }

  preemptEnable(): Op<void> {
    return this.machine.arm(ContextOps.preemptEnable, this.machine);
  }

  localIrqDisable(): Op<void> {
    return this.machine.arm(ContextOps.irqDisable, this.machine);
  }

  localIrqEnable(): Op<void> {
    return this.machine.arm(ContextOps.irqEnable, this.machine);
  }

  /** local_irq_save(): returns what {@link localIrqRestore} needs. */
  localIrqSave(): Op<IrqFlags> {
    return this.machine.arm(ContextOps.irqSave, this.machine);
  }

  localIrqRestore(flags: IrqFlags): Op<void> {
    return this.machine.arm(ContextOps.irqRestore, this.machine, flags);
  }

  localBhDisable(): Op<void> {
    return this.machine.softirqs.bottomHalves.disable();
  }

  /** local_bh_enable(): runs the soft interrupts that became pending. */
  localBhEnable(): Op<void> {
    return this.machine.softirqs.bottomHalves.enable();
  }

  migrateDisable(): Op<void> {
    return this.machine.arm(ContextOps.migrateDisable, this.machine);
  }

  migrateEnable(): Op<void> {
    return this.machine.arm(ContextOps.migrateEnable, this.machine);
  }

  /** might_sleep(): says that this place may block. */
  mightSleep(): Op<void> {
    return this.machine.arm(ContextOps.mightSleep, this.machine);
  }

  /** cond_resched(): lets another task run if one should. */
  condResched(): Op<void> {
    return this.machine.arm(YIELD, this.machine, 1);
  }

  /** yield(): gives up the CPU, staying runnable. */
  yieldCpu(): Op<void> {
    return this.machine.arm(YIELD, this.machine);
  }

  /** cpu_relax(): one turn of a loop that waits for another context. */
  cpuRelax(): Op<void> {
    return this.machine.arm(CPU_RELAX, this.machine);
  }

  /** udelay(): keeps the CPU busy. */
  udelay(us: number): Op<void> {
    return this.machine.arm(DELAY, this.machine, us * 1000);
  }

  /** lockdep_off(): lockdep looks away in this task until {@link lockdepOn}. lockvet reports what that hides. */
  lockdepOff(): Op<void> {
    return this.machine.arm(ContextOps.lockdepOff, this.machine);
  }

  lockdepOn(): Op<void> {
    return this.machine.arm(ContextOps.lockdepOn, this.machine);
  }

  // --- the running context: questions

  /** The running task (of an interrupt: the interrupted one). */
  get current(): Task {
    return this.machine.cpu.current;
  }

  get smpProcessorId(): number {
    return this.machine.cpu.id;
  }

  /** preemptible(): always false without PREEMPT_COUNT, as in the kernel. */
  get preemptible(): boolean {
    return this.machine.cpu.preemptible;
  }

  get irqsDisabled(): boolean {
    return this.machine.cpu.irqsOff;
  }

  get inHardirq(): boolean {
    return this.machine.cpu.hardirqDepth > 0;
  }

  get inServingSoftirq(): boolean {
    return this.machine.cpu.servingSoftirq > 0;
  }

  get inNmi(): boolean {
    return this.machine.cpu.nmiDepth > 0;
  }

  /** in_task(): no interrupt context. */
  get inTask(): boolean {
    return !this.inHardirq && !this.inNmi && !this.inServingSoftirq;
  }

  /** Nanoseconds since the start. */
  get now(): number {
    return this.machine.now;
  }

  /** jiffies */
  get jiffies(): number {
    return Math.floor((this.machine.now * this.machine.config.hz) / 1e9);
  }

  /** Number of CPUs. */
  get cpus(): number {
    return this.machine.cpus.length;
  }

  get preemptRt(): boolean {
    return this.machine.config.preemptRt;
  }

  /** A random number in 0..bound-1, the schedule's own: equal in a replay. */
  random(bound: number): number {
    return this.machine.strategy.random(bound);
  }

  /** BUG_ON(!condition) without the crash: reports `message` when the condition does not hold. */
  assert(condition: boolean, message: string): void {
    if (condition) return;
    const callSite = this.machine.callSite;
    this.machine.report({ rule: 'assertion-failed', severity: 'error', message, locks: [], callSite, evidence: [] });
  }

  /** Where a subsystem takes part in switches, idle and hotplug. */
  get hooks(): Hooks {
    return this.machine.hooks;
  }
}
