import { ContextOps, CPU_RELAX, DELAY, RAISE_SOFTIRQ, userMode, YIELD } from './context-ops.js';
import { Frame, FrameKind } from './frame.js';
import type { Hooks } from './hooks.js';
import { Hrtimer, type HrtimerOptions } from './irq/hrtimer.js';
import { IrqWork, smpCall } from './irq/ipi.js';
import { IrqLine, type IrqOptions, NmiLine } from './irq/line.js';
import { Tasklet } from './irq/tasklet.js';
import { Timer } from './irq/timer.js';
import { BitSpinlock } from './lock/bit-spinlock.js';
import type { IrqFlags } from './lock/irq-mode.js';
import { LocalLock } from './lock/local-lock.js';
import { LockdepLock, type LockdepLockOptions } from './lock/lockdep-lock.js';
import { Mutex } from './lock/mutex.js';
import { RawSpinlock } from './lock/raw-spinlock.js';
import { RtMutex } from './lock/rt-mutex.js';
import { Rwlock } from './lock/rwlock.js';
import { PercpuRwsem, Rwsem } from './lock/rwsem.js';
import { Semaphore } from './lock/semaphore.js';
import { Seqcount, Seqlock } from './lock/seqlock.js';
import { Spinlock } from './lock/spinlock.js';
import { WwClass } from './lock/ww-mutex.js';
import type { LockOptions } from './lockdep-map.js';
import type { Machine } from './machine.js';
import type { CacheModel } from './mem/cache.js';
import { Atomic, Variable, type VariableOptions } from './mem/variable.js';
import type { Memory } from './mm/memory.js';
import type { Body, Op } from './op.js';
import { BasicRcu, type RcuApi } from './rcu.js';
import type { Task, TaskOptions } from './task.js';
import { Completion } from './wait/completion.js';
import { Rcuwait } from './wait/rcuwait.js';
import { scheduleTimeout } from './wait/sleep.js';
import { WaitBits, WaitBitTable } from './wait/wait-bit.js';
import { Swait, WaitQueue } from './wait/wait-queue.js';
import { kthreadStop } from './work/kthread.js';
import { Work, Workqueue, type WorkqueueOptions } from './work/workqueue.js';

/**
 * The simulated kernel as code that runs on it sees it. Methods that return an {@link Op} are operations, to be run with
 * `yield*` by a task or a handler; the others make objects or answer questions and may be called anywhere.
 *
 * Names are the kernel's, in camelCase. Locks are objects: `yield* lock.lockIrqsave()` is spin_lock_irqsave(&lock, flags).
 */
export class Kernel {
  /** The machine below: for subsystems that are part of the kernel, not for scenarios. */
  readonly machine: Machine;
  #rcu: RcuApi | undefined;
  #bits: WaitBitTable | undefined;
  #irqs = 16;

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

  /** DEFINE_RWLOCK(name) */
  rwlock(name: string, options?: LockOptions): Rwlock {
    return new Rwlock(this.machine, name, options);
  }

  /** A local_lock_t of each CPU. */
  localLock(name: string): LocalLock {
    return new LocalLock(this.machine, name);
  }

  /** DECLARE_RWSEM(name) */
  rwsem(name: string, options?: LockOptions): Rwsem {
    return new Rwsem(this.machine, name, options);
  }

  /** DEFINE_STATIC_PERCPU_RWSEM(name) */
  percpuRwsem(name: string, options?: LockOptions): PercpuRwsem {
    return new PercpuRwsem(this.machine, name, options);
  }

  /** DEFINE_SEMAPHORE(name, count) */
  semaphore(name: string, count = 1): Semaphore {
    return new Semaphore(this.machine, name, count);
  }

  /** seqcount_t */
  seqcount(name: string, options?: LockOptions): Seqcount {
    return new Seqcount(this.machine, name, options);
  }

  /** DEFINE_SEQLOCK(name) */
  seqlock(name: string): Seqlock {
    return new Seqlock(this.machine, name);
  }

  /** A bit used as a lock; lockdep does not see it. */
  bitSpinlock(name: string): BitSpinlock {
    return new BitSpinlock(this.machine, name);
  }

  /** DEFINE_WW_CLASS(name): makes its mutexes and acquire contexts. */
  wwClass(name: string): WwClass {
    return new WwClass(this.machine, name);
  }

  /** A lock for lockdep alone, such as `rcu_read_lock`. */
  lockdepMap(name: string, options?: LockdepLockOptions): LockdepLock {
    return new LockdepLock(this.machine, name, options);
  }

  // --- waiting

  /** DECLARE_WAIT_QUEUE_HEAD(name): its lock is the spinlock_t `NAME.lock`. */
  waitQueue(name: string): WaitQueue {
    return new WaitQueue(this.machine, name);
  }

  /** DECLARE_SWAIT_QUEUE_HEAD(name): its lock is raw. */
  swait(name: string): Swait {
    return new Swait(this.machine, name);
  }

  /** DECLARE_COMPLETION(name) */
  completion(name: string): Completion {
    return new Completion(this.machine, name);
  }

  /** struct rcuwait: one waiter, no lock. */
  rcuwait(name: string): Rcuwait {
    return new Rcuwait(this.machine, name);
  }

  /** A word of bits to wait on. */
  waitBits(): WaitBits {
    this.#bits ??= new WaitBitTable(this.machine);
    return new WaitBits(this.machine, this.#bits);
  }

  // --- interrupts and deferred work

  /** request_irq() */
  irq(name: string, handler: Body, options: IrqOptions = {}): IrqLine {
    return new IrqLine(this.machine, ++this.#irqs, name, handler, options);
  }

  /** A non-maskable interrupt of a CPU. */
  nmi(name: string, handler: Body, cpu = 0): NmiLine {
    return new NmiLine(this.machine, name, cpu, handler);
  }

  /** DEFINE_TIMER(name, handler): the handler runs in a soft interrupt. */
  timer(name: string, handler: Body): Timer {
    return new Timer(this.machine, name, handler);
  }

  /** hrtimer_init() */
  hrtimer(name: string, handler: Body, options: HrtimerOptions = {}): Hrtimer {
    return new Hrtimer(this.machine, name, handler, options);
  }

  /** open_softirq(): `handler` runs the vector ({@link Softirq}). */
  openSoftirq(vector: number, handler: Body): void {
    this.machine.softirqs.open(vector, handler);
  }

  /** DECLARE_TASKLET(name, handler) */
  tasklet(name: string, handler: Body): Tasklet {
    return new Tasklet(this.machine, name, handler);
  }

  /** init_irq_work(); `hard`: IRQ_WORK_HARD_IRQ, a hard interrupt also on PREEMPT_RT. */
  irqWork(name: string, handler: Body, hard = false): IrqWork {
    return new IrqWork(this.machine, name, handler, hard);
  }

  /** alloc_workqueue() */
  workqueue(name: string, options: WorkqueueOptions = {}): Workqueue {
    return new Workqueue(this.machine, name, options);
  }

  /** DECLARE_WORK(name, handler); with queueDelayedWork() also a delayed one. */
  work(name: string, handler: Body): Work {
    return new Work(this.machine, name, handler);
  }

  // --- memory and variables

  /** Pages, slab, vmalloc, per-CPU memory. */
  get mm(): Memory {
    return this.machine.memory();
  }

  /** A shared variable: its accesses are operations. */
  variable<T>(name: string, value: T, options?: VariableOptions): Variable<T> {
    return new Variable(this.machine, name, value, options);
  }

  /** atomic_t */
  atomic(name: string, value = 0, options?: VariableOptions): Atomic {
    return new Atomic(this.machine, name, value, options);
  }

  /** The caches, when the scenario asked for them. */
  get cache(): CacheModel | undefined {
    return this.machine.cache;
  }

  /** The kernel's RCU: a small one, unless {@link setRcu} brought another. */
  get rcu(): RcuApi {
    this.#rcu ??= new BasicRcu(this.machine);
    return this.#rcu;
  }

  /** Puts another RCU in place of the small one, before it is used. */
  setRcu(rcu: RcuApi): void {
    this.#rcu = rcu;
  }

  // --- the running context: operations

  /** raise_softirq() on the running CPU. */
  raiseSoftirq(vector: number): Op<void> {
    return this.machine.arm(RAISE_SOFTIRQ, this.machine, vector);
  }

  /** smp_call_function_single(): runs `body` as an interrupt of that CPU and waits for it, spinning. False: it is offline. */
  smpCall(cpu: number, body: Body): Op<boolean> {
    return smpCall(this.machine, cpu, body);
  }

  /** schedule_timeout_uninterruptible() */
  scheduleTimeout(jiffies: number): Op<void> {
    return scheduleTimeout(this.machine, jiffies);
  }

  /** msleep() */
  msleep(ms: number): Op<void> {
    return scheduleTimeout(this.machine, Math.ceil((ms * this.machine.config.hz) / 1000) + 1);
  }

  /** kthread_stop(): asks a kernel thread to end, wakes it and waits until it has. */
  kthreadStop(task: Task): Op<void> {
    return kthreadStop(this.machine, task);
  }

  /** kthread_should_stop() of the running task; no operation. */
  get kthreadShouldStop(): boolean {
    return this.current.shouldStop;
  }

  /** CPU hotplug: takes a CPU away; its tasks and timers move. Sleeps. Throws RangeError for the last CPU. */
  cpuDown(cpu: number): Op<void> {
    return this.machine.hotplug().down(this.machine.cpuOf(cpu));
  }

  /** CPU hotplug: brings a CPU back. Sleeps. */
  cpuUp(cpu: number): Op<void> {
    return this.machine.hotplug().up(this.machine.cpuOf(cpu));
  }

  /** cpus_read_lock(): keeps CPUs from coming and going. */
  cpusReadLock(): Op<void> {
    return this.machine.hotplug().lock.downRead();
  }

  cpusReadUnlock(): Op<void> {
    return this.machine.hotplug().lock.upRead();
  }

  /** cpu_online(); no operation. */
  cpuOnline(cpu: number): boolean {
    return this.machine.cpuOf(cpu).online;
  }

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

  /**
   * The task is in user mode for `us` microseconds, in that many pieces between which interrupts and preemption fit. To be called
   * by a task that holds nothing.
   */
  userMode(us: number, pieces = 4): Op<void> {
    return userMode(this.machine, us, pieces);
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

  /** in_hardirq(): an NMI counts as one (nmi_enter() in include/linux/hardirq.h). */
  get inHardirq(): boolean {
    return this.machine.cpu.hardirqDepth > 0 || this.machine.cpu.nmiDepth > 0;
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
