import { ActorKind, type Strategy } from '../explore/strategy.js';
import type { EventSink, KernelReport } from '../model/events.js';
import type { StringNames } from '../model/names.js';
import { WaitType } from '../model/wait-type.js';
import { Actors } from './actors.js';
import { Addresses } from './addresses.js';
import type { KernelConfig } from './config.js';
import { Cpu } from './cpu.js';
import { checkDeadlock, reportStuck } from './deadlock.js';
import { Emitter } from './emitter.js';
import { ScenarioError } from './errors.js';
import { Frame, FrameKind, FrameState, type Waitable } from './frame.js';
import { Hooks } from './hooks.js';
import { Hotplug } from './hotplug.js';
import type { InterruptSource } from './interrupt-source.js';
import { finishInterrupt } from './irq/delivery.js';
import { SoftirqList } from './irq/hrtimer.js';
import { Softirqs } from './irq/softirq.js';
import { Softirq } from './irq/softirq-run.js';
import { TimerBases } from './irq/timer.js';
import { LockdepLock } from './lock/lockdep-lock.js';
import { CacheModel } from './mem/cache.js';
import { Ordering } from './mem/ordering.js';
import { Memory } from './mm/memory.js';
import type { Op, OpKind } from './op.js';
import { enqueue, exitTask, schedule, wakeTask } from './scheduler.js';
import type { Sites } from './sites.js';
import { Task, type TaskOptions } from './task.js';

/** How a run ended. */
export const Outcome = {
  /** Every task of the scenario has exited and nothing is pending. */
  Finished: 'finished',
  /** Nothing can move, and tasks are left. */
  Stuck: 'stuck',
  /** Given up after {@link KernelConfig.maxOperations}. */
  LimitReached: 'limit reached',
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/**
 * The state of the simulated machine and the loop that runs it. Internal: scenarios use {@link Kernel}; the primitives'
 * files are functions and operations over this.
 */
export class Machine {
  readonly config: KernelConfig;
  readonly strategy: Strategy;
  readonly names: StringNames;
  readonly addresses = new Addresses();
  readonly emit: Emitter;
  readonly sites: Sites | undefined;
  readonly hooks = new Hooks();
  readonly cpus: Cpu[] = [];
  readonly tasks: Task[] = [];
  /** Armed interrupts. */
  readonly sources: InterruptSource[] = [];
  readonly actors = new Actors();
  readonly softirqs: Softirqs;
  readonly timers: TimerBases;
  readonly hrtimers: SoftirqList;
  readonly tasklets: SoftirqList;
  readonly ordering = new Ordering();
  /** There are shared variables: what orders contexts is followed. */
  tracksOrder = false;
  readonly cache: CacheModel | undefined;
  #rcuReadMap: LockdepLock | undefined;
  #memory: Memory | undefined;
  #hotplug: Hotplug | undefined;
  /** Nanoseconds since the start. */
  now = 0;
  /** Operations done. */
  operations = 0;
  /** CPU that moves. */
  cpu: Cpu;
  /** Context that moves. */
  frame: Frame;
  /** Something tells lockdep to look away or to trust a nesting level. */
  annotated = false;
  /** The list of actors must be made anew. */
  dirty = true;
  /** Contexts reported as deadlocked. */
  readonly deadlocked = new Set<Frame>();
  /** Code that runs after the last event, before the sink's end: leak checks. */
  readonly atEnd: (() => void)[] = [];
  readonly #exitWaiters: { task: Task; then: () => void }[] = [];
  #decided = -1;
  /** The run has ended: what it made is of no use to another. */
  #isOver = false;
  #ids = 0;
  #pids = 0;
  readonly #live = new Set<Task>();
  /** Costs that {@link KernelConfig.operationCost} gave. */
  readonly #costs = new Map<OpKind<object, unknown>, number>();

  constructor(config: KernelConfig, strategy: Strategy, sink: EventSink, names: StringNames, sites?: Sites) {
    this.config = config;
    this.strategy = strategy;
    this.names = names;
    this.sites = sites;
    this.emit = new Emitter(sink, config.preemptCount);
    const idle = (id: number) => new Task(0, `swapper/${id}`, names.intern('<idle>'), id, {}, true);
    for (let id = 0; id < config.cpus; id++)
      this.cpus.push(new Cpu(id, idle(id), config.preemptRt, config.preemptCount));
    this.cpu = this.cpuOf(0);
    this.cache = config.cache && new CacheModel(config.cache, config.cpus);
    this.softirqs = new Softirqs(this);
    this.timers = new TimerBases(this);
    this.hrtimers = new SoftirqList(this, Softirq.Hrtimer);
    this.tasklets = new SoftirqList(this, Softirq.Tasklet);
    // Never run: the scenario's set-up is no context, operations are not for it.
    this.frame = new Frame(this, FrameKind.Inline, 'setup', this.cpu.idleTask, () => []);
  }

  /** The machine's memory, made when first asked for. */
  memory(): Memory {
    this.#memory ??= new Memory(this);
    return this.#memory;
  }

  /** What takes CPUs away and brings them back, made when first asked for. */
  hotplug(): Hotplug {
    this.#hotplug ??= new Hotplug(this);
    return this.#hotplug;
  }

  /** Nanoseconds of an operation of that kind on this machine. */
  costOf(kind: OpKind<object, unknown>): number {
    const { operationCost } = this.config;
    if (operationCost === undefined) return kind.cost;
    let cost = this.#costs.get(kind);
    if (cost === undefined) {
      cost = operationCost(kind.label, kind.cost);
      this.#costs.set(kind, cost);
    }
    return cost;
  }

  /** Lets the running CPU pay for an access to memory. */
  chargeAccess(hi: number, lo: number, size: number, writes: boolean): void {
    if (this.cache !== undefined) this.charge(this.cache.access(this.cpu.id, hi, lo, size, writes));
  }

  /** What lockdep knows of rcu_read_lock(): not validated, and everything but sleeping locks may nest in it. */
  rcuReadMap(): LockdepLock {
    this.#rcuReadMap ??= new LockdepLock(this, 'rcu_read_lock', {
      waitOuter: WaitType.Free,
      waitInner: WaitType.Config,
      check: false,
    });
    return this.#rcuReadMap;
  }

  /** The CPU of that number. Throws RangeError when there is none. */
  cpuOf(id: number): Cpu {
    const cpu = this.cpus[id];
    if (cpu === undefined) throw new RangeError(`cpu ${id}: the machine has ${this.cpus.length}`);
    return cpu;
  }

  /** A number that identifies an object within the run. */
  newId(): number {
    return ++this.#ids;
  }

  /** The identity of an operation's object, 0 when it has none. */
  identityOf(target: object): number {
    return 'id' in target && typeof target.id === 'number' ? target.id : 0;
  }

  /** Makes a task, runnable at once. */
  newTask(comm: string, options: TaskOptions, makeFrame: (task: Task) => Frame): Task {
    const pid = ++this.#pids;
    const allowed = options.affinity;
    const first = typeof allowed === 'number' ? allowed : allowed?.[0];
    const cpu = options.cpu ?? first ?? (pid - 1) % this.cpus.length;
    this.cpuOf(cpu);
    const task = new Task(pid, comm, this.names.intern(comm), cpu, options);
    const frame = makeFrame(task);
    task.frames.push(frame);
    if (this.tracksOrder) {
      this.ordering.release(task, this.frame);
      this.ordering.acquire(task, frame);
    }
    this.tasks.push(task);
    if (!task.kthread) this.#live.add(task);
    this.emit.sink.taskFork(this.emit.stamp(this.cpu, this.now), task.pid, task.commId);
    enqueue(this, task, this.cpuOf(cpu));
    return task;
  }

  /** Prepares the running context's operation; the result is to be run by `yield*`. */
  arm<Target extends object, Value>(kind: OpKind<Target, Value>, target: Target, a = 0, b?: unknown): Op<Value> {
    const frame = this.frame;
    const op = frame.op;
    if (this.#isOver) throw ScenarioError.earlierRun(kind.label);
    if (op.armed) throw ScenarioError.forgottenYield(op.label, this.sites?.textOf(op.ip) ?? '');
    op.arm(kind as OpKind<object, unknown>, target, a, b);
    op.ip = this.sites === undefined ? frame.fn : this.sites.capture(this, frame.fn);
    // The one place where an operation's result type is asserted: its kind says it.
    return op as unknown as Op<Value>;
  }

  /**
   * Called before each operation: lets time pass and asks the strategy. True: something else goes first, the operation
   * must pause.
   */
  switchPoint(cost: number): boolean {
    const cpu = this.cpu;
    this.operations++;
    cpu.clock += cost;
    if (this.operations > this.config.maxOperations) return true;
    if (cpu.needResched && cpu.preemptible && cpu.stack.length === 0) return true;
    const actors = this.actors;
    if (this.dirty || this.now >= actors.nextDue) this.#refreshActors();
    if (actors.count > 1) {
      actors.step = this.operations;
      const pick = this.strategy.next(actors);
      const actor = actors.actors[pick];
      if (actor === undefined || actor.kind !== ActorKind.Cpu || actor.cpu !== cpu.id) {
        this.#decided = pick;
        return true;
      }
    }
    if (cpu.clock > this.now) this.now = cpu.clock;
    else cpu.clock = this.now;
    return false;
  }

  /** Calls back when a task has exited. */
  onExit(task: Task, then: () => void): void {
    this.#exitWaiters.push({ task, then });
  }

  /** Adds CPU time to what the running CPU does. The clock counts whole nanoseconds. */
  charge(ns: number): void {
    this.cpu.clock += Math.round(ns);
  }

  /**
   * The running context waits: off its CPU when it is a task that may sleep, spinning otherwise. It goes on when someone
   * calls {@link resume}.
   */
  block(on: Waitable, sleeping: boolean): void {
    const frame = this.frame;
    frame.waitingFor = on;
    frame.wakeReason = 0;
    if (sleeping && this.cpu.stack.length === 0 && !this.cpu.current.idle) {
      frame.state = FrameState.Sleeping;
      frame.task.state = 1;
    } else {
      frame.state = FrameState.Spinning;
    }
    this.dirty = true;
    checkDeadlock(this, frame);
  }

  /** Ends the wait of a context; `reason` is what its operation finds in `frame.wakeReason`. */
  resume(frame: Frame, reason = 0): void {
    if (frame.state !== FrameState.Sleeping && frame.state !== FrameState.Spinning) return;
    const slept = frame.state === FrameState.Sleeping;
    frame.state = FrameState.Runnable;
    frame.waitingFor = undefined;
    frame.wakeReason = reason;
    this.dirty = true;
    if (slept) wakeTask(this, frame.task);
  }

  /** Prints a report of the kernel's own checkers at the running context. */
  report(report: KernelReport): void {
    this.emit.report(this.cpu, this.now, report);
  }

  /** The call site of the running operation, as text. */
  get callSite(): string {
    return this.names.text(this.frame.op.ip === 0 ? this.frame.fn : this.frame.op.ip);
  }

  /** Runs until nothing is left to do. */
  run(): Outcome {
    if (this.frame.op.armed) throw new ScenarioError(`${this.frame.op.label}: operations are for tasks and handlers`);
    try {
      const outcome = this.#loop();
      for (const check of this.atEnd) check();
      this.emit.sink.end();
      return outcome;
    } finally {
      this.#isOver = true;
    }
  }

  #loop(): Outcome {
    for (;;) {
      if (this.operations > this.config.maxOperations) {
        reportStuck(this, 'limit');
        return Outcome.LimitReached;
      }
      let pick = this.#decided;
      this.#decided = -1;
      if (pick < 0) {
        if (this.#live.size === 0 && !this.#busy()) return Outcome.Finished;
        if (this.dirty || this.now >= this.actors.nextDue) this.#refreshActors();
        if (this.actors.count === 0) {
          if (this.#skipToNextInterrupt()) continue;
          if (this.#live.size === 0) return Outcome.Finished;
          reportStuck(this, 'stuck');
          return Outcome.Stuck;
        }
        this.actors.step = this.operations;
        pick = this.actors.count === 1 ? 0 : this.strategy.next(this.actors);
      }
      this.#move(pick);
    }
  }

  #refreshActors(): void {
    this.dirty = false;
    this.actors.refresh(this);
  }

  /** Kernel threads or interrupts still have something to do. */
  #busy(): boolean {
    return this.cpus.some((cpu) => cpu.canStep) || this.sources.some((source) => source.keepsAlive);
  }

  #skipToNextInterrupt(): boolean {
    let next: InterruptSource | undefined;
    for (const source of this.sources) {
      if (source.deliverable(this) && (next === undefined || source.due < next.due)) next = source;
    }
    if (next === undefined) return false;
    if (next.due > this.now) this.now = next.due;
    return true;
  }

  #move(pick: number): void {
    const actor = this.actors.actors[pick];
    if (actor === undefined)
      throw new RangeError(`strategy ${this.strategy.name} chose actor ${pick} of ${this.actors.count}`);
    const cpu = this.cpuOf(actor.cpu);
    this.cpu = cpu;
    if (actor.due > this.now) this.now = actor.due;
    if (cpu.clock < this.now) cpu.clock = this.now;
    if (actor.kind === ActorKind.Cpu) {
      this.actors.previous = pick;
      this.#step(cpu);
      return;
    }
    this.dirty = true;
    if (actor.kind === ActorKind.Tick) cpu.needResched = true;
    else actor.source?.fire(this);
  }

  #step(cpu: Cpu): void {
    if (cpu.stack.length === 0 && (!cpu.current.running || cpu.yielding || (cpu.needResched && cpu.preemptible))) {
      schedule(this, cpu);
      if (cpu.stack.length === 0 && !cpu.current.running) return;
    }
    const frame = cpu.top;
    if (frame === undefined || !frame.runnable) return;
    this.frame = frame;
    if (frame.resume()) this.#finish(cpu, frame);
    else if (frame.state === FrameState.Sleeping) schedule(this, cpu);
  }

  #finish(cpu: Cpu, frame: Frame): void {
    if (frame.op.armed) throw ScenarioError.forgottenYield(frame.op.label, this.sites?.textOf(frame.op.ip) ?? '');
    frame.state = FrameState.Done;
    this.dirty = true;
    if (frame.kind === FrameKind.Task) {
      this.#live.delete(frame.task);
      exitTask(this, cpu, frame.task);
      for (const waiter of this.#exitWaiters) if (waiter.task === frame.task) waiter.then();
      return;
    }
    finishInterrupt(this, cpu, frame);
  }
}
