import type { ContextView } from '../model/context-view.js';
import {
  AcquireHas,
  type AllocEvent,
  Ctx,
  type EventHeader,
  type EventSink,
  LockAcquire,
  NullSink,
  TaskState as SwitchState,
} from '../model/events.js';
import type { Finding } from '../model/finding.js';
import { heldClass, heldRead, heldSite } from './describe.js';
import { confirmUnlock, doubtBeforeSleep, judgeHeldAtExit, releaseOfUnheld } from './doubts.js';
import { acquireContext, headerSoftirqsOn, irqFlags, isOwnWork, runningContext } from './event-context.js';
import {
  dropReference,
  enterHeld,
  findReleased,
  foldIntoReferences,
  leaveHeld,
  prepareHeld,
  reenterFrom,
} from './held-stack.js';
import { markHeldLocks } from './irq-usage.js';
import { type CpuState, LockdepState, type ValidatorOptions } from './lockdep-state.js';
import { dropAll, dropPreemptOff, judgeTwin, suspect, wentOn } from './lost-release.js';
import { reportHeldLockFreed } from './misuse.js';
import { HELD_STRIDE, Held, HeldFlag, IrqContext, type TaskState } from './task-state.js';
import { IrqKind } from './usage.js';
import { ValidatorView } from './validator-view.js';
import { wwAcquire, wwRelease } from './ww-mutex.js';

/** Size of struct lockdep_map on 64-bit kernels: a lock lies in freed memory when any byte of it does. */
const LOCKDEP_MAP_SIZE = 48;

/**
 * lockdep over an event stream: what kernel/locking/lockdep.c judges from lock events, without its limits and without
 * stopping at the first report. Feed it events, then ask for {@link findings}.
 */
export class Validator extends NullSink implements EventSink {
  /** Everything it learned: classes, chains, the dependency graph. Read-only for others. */
  readonly state: LockdepState;
  readonly #view: ValidatorView;
  readonly #again = new LockAcquire();
  /** Nesting of the kernel's locking selftest: what lies inside is deliberate. */
  #inSelftest = false;
  #selftestEvents = 0;
  #events = 0;

  constructor(options: ValidatorOptions) {
    super();
    this.state = new LockdepState(options);
    this.#view = new ValidatorView(this.state);
  }

  /** The running context at the event that was fed last. */
  get context(): ContextView {
    return this.#view;
  }

  /** True inside the kernel's locking selftest, whose violations are deliberate: no rule should judge there. */
  get inSelftest(): boolean {
    return this.#inSelftest;
  }

  /** Events that lay inside the locking selftest and were skipped. */
  get selftestEvents(): number {
    return this.#selftestEvents;
  }

  /** Events that were judged. */
  get events(): number {
    return this.#events;
  }

  /** All violations, in the order in which they first occurred. Ask after end(). */
  findings(): Finding[] {
    return this.state.findings.list((cls) => this.state.classes.isNoValidate(cls));
  }

  override lockAcquire(h: EventHeader, a: LockAcquire): void {
    if (this.#skips()) return;
    const { state } = this;
    const cpu = state.cpu(h.cpu);
    const task = this.#taskOf(h, cpu);
    const context = acquireContext(state, h, cpu, task, a);
    if (task.lockdepOff > 0) return;
    task.acquisitions++;
    if (task.doubtfulUnlock !== undefined) confirmUnlock(task);
    const cls = state.classes.classOf(a);
    if (task.preemptOffHeld > 0 && h.preemptDepth === 0) dropPreemptOff(state, task);
    if (task.selfDeadlock !== undefined) this.#afterSelfDeadlock(task, cls, context);
    if (a.nestLo !== 0 || a.nestHi !== 0) wwAcquire(state, h, task, a, cls);
    if (foldIntoReferences(task, cls, a, context)) {
      this.onTaken(h, a, task);
      return;
    }
    prepareHeld(state, h, task, a, cls, context, irqFlags(h, cpu, task, a));
    if (task.depth > 0) {
      const twin = task.find(a.hi, a.lo);
      if (twin >= 0) judgeTwin(state, h, task, twin, a);
    }
    enterHeld(state, h, cpu, task);
    this.onTaken(h, a, task);
    if (state.simulated) this.#noteNeed(h, task, context);
  }

  /** An acquisition was judged: it is on top of the task's stack, or counted there where it was folded into the one of its class. */
  protected onTaken(_h: EventHeader, _a: LockAcquire, _task: TaskState): void {}

  /** The holding at `index` is about to end. */
  protected onRelease(_h: EventHeader, _task: TaskState, _index: number): void {}

  override lockRelease(h: EventHeader, hi: number, lo: number, name: number): void {
    if (this.#skips()) return;
    const { state } = this;
    const cpu = state.cpu(h.cpu);
    const task = this.#taskOf(h, cpu);
    if (task.lockdepOff > 0) return;
    const index = findReleased(task, hi, lo, name);
    if (index < 0) {
      releaseOfUnheld(state, h, task, hi, lo, name);
      return;
    }
    if (task.selfDeadlock !== undefined) this.#afterSelfDeadlock(task, heldClass(task, index), task.contextOf(index));
    wwRelease(h, task, index, hi, lo);
    if (dropReference(task, index)) return;
    this.onRelease(h, task, index);
    const flags = task.held[index * HELD_STRIDE + Held.Flags];
    if (flags & HeldFlag.Check) task.rememberRelease(hi, lo, task.held[index * HELD_STRIDE + Held.Name]);
    if (!state.seesIrqEvents) this.#inferIrqsOn(h, task, index, flags);
    leaveHeld(state, h, cpu, task, index);
  }

  override lockSetClass(
    h: EventHeader,
    hi: number,
    lo: number,
    name: number,
    keyHi: number,
    keyLo: number,
    subclass: number,
    ip: number,
  ): void {
    if (this.#skips()) return;
    const { state } = this;
    const cpu = state.cpu(h.cpu);
    const task = this.#taskOf(h, cpu);
    const index = findReleased(task, hi, lo, name);
    if (index < 0) return;
    const at = index * HELD_STRIDE;
    const a = this.#again;
    a.hi = hi;
    a.lo = lo;
    a.name = name;
    a.keyHi = keyHi;
    a.keyLo = keyLo;
    a.subclass = subclass;
    a.has = AcquireHas.Key | AcquireHas.Subclass;
    task.held[at + Held.Class] = state.classes.reclassify(a, task.held[at + Held.Class]);
    task.held[at + Held.Name] = name;
    if (ip !== 0) task.held[at + Held.Ip] = ip;
    reenterFrom(state, h, cpu, task, index, index, true);
  }

  override lockDowngrade(h: EventHeader, hi: number, lo: number, ip: number): void {
    if (this.#skips()) return;
    const { state } = this;
    const cpu = state.cpu(h.cpu);
    const task = this.#taskOf(h, cpu);
    const index = task.find(hi, lo);
    if (index < 0) return;
    const at = index * HELD_STRIDE;
    task.held[at + Held.Flags] = (task.held[at + Held.Flags] & ~HeldFlag.ReadMask) | 1;
    if (ip !== 0) task.held[at + Held.Ip] = ip;
    reenterFrom(state, h, cpu, task, index, index);
  }

  override lockFreeCheck(h: EventHeader, hi: number, lo: number, len: number): void {
    if (this.#skips()) return;
    const { state } = this;
    const task = this.#taskOf(h, state.cpu(h.cpu));
    if (task.preemptOffHeld > 0 && h.preemptDepth === 0) dropPreemptOff(state, task);
    for (let index = task.depth - 1; index >= 0; index--) {
      const at = index * HELD_STRIDE;
      const highBits = (task.held[at + Held.InstanceHi] - hi) * 2 ** 32;
      const offset = highBits + (task.held[at + Held.InstanceLo] >>> 0) - (lo >>> 0);
      if (offset + LOCKDEP_MAP_SIZE > 0 && offset < len) reportHeldLockFreed(state, h, task, index);
    }
  }

  override hardirqsOn(h: EventHeader, ip: number): void {
    if (this.#skips()) return;
    const { state } = this;
    const cpu = state.cpu(h.cpu);
    const task = this.#taskOf(h, cpu);
    state.seesIrqEvents = true;
    cpu.hardirqsOff = false;
    cpu.hardirqDepth = 0; // handlers run with interrupts off: an exit was missed
    if (task.depth === 0 || task.lockdepOff > 0) return;
    if (task.preemptOffHeld > 0 && h.preemptDepth === 0) dropPreemptOff(state, task);
    markHeldLocks(state, h, task, IrqKind.HardIrq, 'irqs', ip);
    const softOn = task.softirqsEnabled ?? headerSoftirqsOn(h) ?? false;
    if (softOn) markHeldLocks(state, h, task, IrqKind.SoftIrq, 'irqs', ip);
  }

  override hardirqsOff(h: EventHeader, _ip: number): void {
    if (this.#skips()) return;
    const cpu = this.state.cpu(h.cpu);
    this.#taskOf(h, cpu);
    this.state.seesIrqEvents = true;
    cpu.hardirqsOff = true;
  }

  override softirqsOn(h: EventHeader, ip: number): void {
    if (this.#skips()) return;
    const { state } = this;
    const cpu = state.cpu(h.cpu);
    const task = this.#taskOf(h, cpu);
    task.softirqsEnabled = true;
    const irqsOff = h.context & Ctx.Known ? (h.context & Ctx.HardIrqsOff) !== 0 : cpu.hardirqsOff !== false;
    if (!irqsOff) markHeldLocks(state, h, task, IrqKind.SoftIrq, 'bh', ip);
  }

  override softirqsOff(h: EventHeader, _ip: number): void {
    if (this.#skips()) return;
    this.#taskOf(h, this.state.cpu(h.cpu)).softirqsEnabled = false;
  }

  override hardirqEntry(h: EventHeader, _irq: number, _name: number): void {
    if (this.#skips()) return;
    const cpu = this.state.cpu(h.cpu);
    this.#taskOf(h, cpu);
    cpu.hardirqDepth++;
    cpu.hardirqThreaded = undefined;
  }

  override hardirqExit(h: EventHeader, _irq: number): void {
    if (this.#skips()) return;
    const cpu = this.state.cpu(h.cpu);
    if (cpu.hardirqDepth > 0) cpu.hardirqDepth--;
  }

  override softirqEntry(h: EventHeader, _vector: number): void {
    if (this.#skips()) return;
    this.state.cpu(h.cpu).softirqDepth++;
  }

  override softirqExit(h: EventHeader, _vector: number): void {
    if (this.#skips()) return;
    const cpu = this.state.cpu(h.cpu);
    if (cpu.softirqDepth > 0) cpu.softirqDepth--;
  }

  override alloc(h: EventHeader, _a: AllocEvent): void {
    if (this.#skips()) return;
    // The end of schedule() frees what the previous task left, but nothing in it allocates.
    const cpu = this.state.cpu(h.cpu);
    if (runningContext(this.state, h, cpu) === IrqContext.Task) this.#taskOf(h, cpu).inSchedule = false;
    this.#showContext(h);
  }

  override free(h: EventHeader, _a: AllocEvent): void {
    if (!this.#skips()) this.#showContext(h);
  }

  override mightSleep(h: EventHeader, _ip: number): void {
    if (!this.#skips()) this.#showContext(h);
  }

  override rcuDereference(h: EventHeader, _isProtected: boolean, _name: number, _ip: number): void {
    if (!this.#skips()) this.#showContext(h);
  }

  override schedSwitch(h: EventHeader, prevPid: number, prevState: number, nextPid: number, nextComm: number): void {
    if (this.#skips()) return;
    const { state } = this;
    const cpu = state.cpu(h.cpu);
    const prev = h.pid === prevPid ? this.#taskOf(h, cpu) : state.task(prevPid, cpu);
    // No interrupt is switched away from.
    cpu.hardirqDepth = 0;
    cpu.softirqDepth = 0;
    if (prevState !== SwitchState.Running) doubtBeforeSleep(state, h, prev);
    if (prevState === SwitchState.Dead) judgeHeldAtExit(state, h, prev, 'ended');
    const next = state.task(nextPid, cpu);
    if (nextComm !== 0) next.comm = nextComm;
    prev.inSchedule = true;
    // A recording's next task is inside __schedule() until it has let go of the run queue's lock; the simulated kernel's is not.
    next.inSchedule = !state.simulated;
    this.#view.moveTo(h, cpu, prev, IrqContext.Task, true);
    if (prevState === SwitchState.Dead) {
      confirmUnlock(prev);
      state.bury(prev);
    }
  }

  override taskFork(h: EventHeader, childPid: number, childComm: number): void {
    if (this.#skips()) return;
    const { state } = this;
    state.forgetTask(childPid);
    const child = state.task(childPid, state.cpu(h.cpu));
    child.comm = childComm;
    child.baseKnown = true;
  }

  override userMode(h: EventHeader): void {
    if (this.#skips()) return;
    const { state } = this;
    const task = this.#taskOf(h, state.cpu(h.cpu));
    if (task.preemptOffHeld > 0 && h.preemptDepth === 0) dropPreemptOff(state, task);
    if (task.depth > 0) {
      // Back to user space with a lock: a fault, unless this recording is known to miss releases.
      if (state.lostReleases === 0 && !state.lostEvents) judgeHeldAtExit(state, h, task, 'returned to user space');
      if (!state.isWhole) dropAll(state, task, () => true);
    }
    task.selfDeadlock = undefined;
    confirmUnlock(task);
    task.baseKnown = true;
  }

  override waitBegin(h: EventHeader, hi: number, lo: number, name: number, kind: number, ip: number): void {
    if (this.#skips()) return;
    this.state.waits.begin(h, this.#taskOf(h, this.state.cpu(h.cpu)), hi, lo, name, kind, ip);
  }

  override waitEnd(_h: EventHeader, hi: number, lo: number, _name: number, kind: number): void {
    if (!this.#skips()) this.state.waits.end(hi, lo, kind);
  }

  override wakeUp(h: EventHeader, _hi: number, _lo: number, name: number, kind: number, ip: number): void {
    if (this.#skips()) return;
    const cpu = this.state.cpu(h.cpu);
    this.state.waits.signal(h, this.#taskOf(h, cpu), runningContext(this.state, h, cpu), name, kind, ip);
  }

  override lockdepOff(h: EventHeader, _ip: number): void {
    this.#taskOf(h, this.state.cpu(h.cpu)).lockdepOff++;
  }

  override lockdepOn(h: EventHeader, _ip: number): void {
    const task = this.#taskOf(h, this.state.cpu(h.cpu));
    if (task.lockdepOff > 0) task.lockdepOff--;
  }

  override selftest(h: EventHeader, begin: boolean, _name: number): void {
    if (!begin && this.#inSelftest) {
      // The kernel resets lockdep between cases: the running task holds nothing.
      const task = this.state.cpu(h.cpu).task;
      task.depth = 0;
      task.preemptOffHeld = 0;
    }
    this.#inSelftest = begin;
  }

  override lostEvents(cpuId: number, _count: number): void {
    const { state } = this;
    const cpu = state.cpu(cpuId);
    state.lostEvents = true;
    for (const task of [cpu.idle, ...state.tasks.values()]) {
      task.baseKnown = false;
      task.forgetReleases();
      task.selfDeadlock = undefined;
      task.doubtfulUnlock = undefined;
      task.softirqsEnabled = undefined;
      for (let index = 0; index < task.depth; index++) {
        if (task.held[index * HELD_STRIDE + Held.Cpu] === cpuId) suspect(state, task, index);
      }
    }
    cpu.hardirqsOff = undefined;
    cpu.hardirqDepth = 0;
    cpu.softirqDepth = 0;
  }

  override end(): void {
    for (const task of [...this.state.cpus.flatMap((cpu) => (cpu ? [cpu.idle] : [])), ...this.state.tasks.values()]) {
      task.selfDeadlock?.report();
      confirmUnlock(task);
    }
    this.state.claims.end(this.state.isWhole);
  }

  #skips(): boolean {
    if (this.#inSelftest) {
      this.#selftestEvents++;
      return true;
    }
    this.#events++;
    return false;
  }

  #taskOf(h: EventHeader, cpu: CpuState): TaskState {
    let task = cpu.task;
    if (task.pid !== h.pid) {
      task = this.state.task(h.pid, cpu);
      cpu.task = task;
    }
    if (h.comm !== 0) task.comm = h.comm;
    if (task.inSchedule && h.preemptDepth === 0) task.inSchedule = false;
    this.state.current = cpu;
    return task;
  }

  #showContext(h: EventHeader): void {
    const { state } = this;
    const cpu = state.cpu(h.cpu);
    const task = this.#taskOf(h, cpu);
    if (task.preemptOffHeld > 0 && h.preemptDepth === 0) dropPreemptOff(state, task);
    this.#view.moveTo(h, cpu, task, this.#viewContext(h, cpu, task));
  }

  /**
   * Where the selftest fakes a softirq the flags column does not show it, and where flags are missing the context of
   * the last acquisition is the best guess: the top of the stack settles both when it is deeper.
   */
  #viewContext(h: EventHeader, cpu: CpuState, task: TaskState): number {
    const context = runningContext(this.state, h, cpu);
    if (h.context & Ctx.Known || task.depth === 0) return context;
    return Math.max(context, task.contextOf(task.depth - 1));
  }

  /** A lock is taken or released: while a task waits for itself, interrupts do that, and the wait of a sleeping lock. */
  #afterSelfDeadlock(task: TaskState, cls: number, context: number): void {
    const pending = task.selfDeadlock;
    if (pending === undefined || context !== IrqContext.Task) return;
    if (!pending.sleeping || !this.state.classes.isSpinning(cls)) wentOn(task);
  }

  /** Simulations tell of waits too: what a task takes, its signals may depend on; what a reader takes, its grace period. */
  #noteNeed(h: EventHeader, task: TaskState, context: number): void {
    const { state } = this;
    const index = task.depth - 1;
    const flags = task.held[index * HELD_STRIDE + Held.Flags];
    state.acquisitions++;
    if ((flags & (HeldFlag.Check | HeldFlag.Trylock)) !== HeldFlag.Check) return;
    if (isOwnWork(h, context)) {
      task.needs.note(heldClass(task, index), heldRead(task, index), state.acquisitions, heldSite(task, index));
    }
    state.waits.takenInReader(h, task, index);
  }

  /** Without irq events: a lock taken with interrupts off and released with them on had them switched on in between. */
  #inferIrqsOn(h: EventHeader, task: TaskState, index: number, flags: number): void {
    if (!(h.context & Ctx.Known) || h.context & Ctx.HardIrqsOff || !(flags & HeldFlag.IrqsOff)) return;
    if (task.contextOf(index) !== runningContext(this.state, h, this.state.cpu(h.cpu))) return;
    markHeldLocks(this.state, h, task, IrqKind.HardIrq, 'release', 0);
  }
}
