import type { ContextView, HeldLockView, Known } from '../model/context-view.js';
import { Ctx, EventHeader } from '../model/events.js';
import { WaitType } from '../model/wait-type.js';
import { heldClass, heldSite } from './describe.js';
import { CpuState, type LockdepState } from './lockdep-state.js';
import { HELD_STRIDE, Held, HeldFlag, IrqContext, TaskState } from './task-state.js';

/** Functions whose locks belong to the scheduler itself: not held by the code that goes to sleep. */
const RCU_READER = /^rcu_read_lock(_bh|_sched)?$/;

/**
 * The running context at the current event. Cheap to move; what needs work is computed when asked, which rules do only
 * for combinations that they have not met before.
 */
export class ValidatorView implements ContextView {
  readonly #state: LockdepState;
  #h = new EventHeader();
  #cpu = new CpuState(0);
  #task = new TaskState(0);
  #context = 0;
  #atSwitch = false;

  constructor(state: LockdepState) {
    this.#state = state;
  }

  /** Moves to an event. `context` is the interrupt context that runs. */
  moveTo(h: EventHeader, cpu: CpuState, task: TaskState, context: number, atSwitch = false): void {
    this.#atSwitch = atSwitch;
    this.#h = h;
    this.#cpu = cpu;
    this.#task = task;
    this.#context = context;
  }

  get chain(): number {
    const task = this.#task;
    if (task.depth === 0) return 0;
    const top = (task.depth - 1) * HELD_STRIDE;
    if ((task.held[top + Held.Flags] & HeldFlag.ContextMask) >> HeldFlag.ContextShift !== this.#context) return 0;
    return task.held[top + Held.Chain];
  }

  get heldCount(): number {
    const task = this.#task;
    let count = 0;
    for (let index = task.depth - 1; index >= 0 && task.contextOf(index) === this.#context; index--) count++;
    return count;
  }

  heldLocks(): readonly HeldLockView[] {
    const task = this.#task;
    const views: HeldLockView[] = [];
    for (let index = task.depth - 1; index >= 0 && task.contextOf(index) === this.#context; index--) {
      const flags = task.held[index * HELD_STRIDE + Held.Flags];
      if (flags & HeldFlag.Suspect || (this.#atSwitch && this.#maySleepUnder(index))) continue;
      views.unshift(this.#describe(index));
    }
    return views;
  }

  /** A spinlock_t that was taken without disabling preemption: the kernel is PREEMPT_RT, where its holder may sleep. */
  #maySleepUnder(index: number): boolean {
    if (this.#h.preemptDepth < 0) return false;
    const { classes } = this.#state;
    const flags = this.#task.held[index * HELD_STRIDE + Held.Flags];
    return classes.waitInner(heldClass(this.#task, index)) === WaitType.Config && !(flags & HeldFlag.PreemptOff);
  }

  #describe(index: number): HeldLockView {
    const { classes, sites } = this.#state;
    const task = this.#task;
    const cls = heldClass(task, index);
    const flags = task.held[index * HELD_STRIDE + Held.Flags];
    const site = heldSite(task, index);
    return {
      name: classes.displayName(cls),
      waitOuter: classes.waitOuter(cls),
      waitInner: classes.waitInner(cls),
      lockType: classes.lockType(cls),
      read: flags & HeldFlag.ReadMask,
      trylock: (flags & HeldFlag.Trylock) !== 0,
      checked: (flags & HeldFlag.Check) !== 0,
      real: classes.isReal(cls) && (flags & HeldFlag.Check || classes.isNoValidate(cls)) !== 0,
      takenAt: sites.callSite(site.ip),
      where: sites.where(site),
    };
  }

  get #known(): boolean {
    return (this.#h.context & Ctx.Known) !== 0;
  }

  get inHardIrq(): Known {
    if (this.#known) return (this.#h.context & Ctx.HardIrq) !== 0;
    return this.#cpu.hardirqDepth > 0 ? true : undefined;
  }

  get hardIrqThreaded(): Known {
    return this.#context & IrqContext.HardIrq ? this.#cpu.hardirqThreaded : undefined;
  }

  get inSoftIrq(): Known {
    if (this.#known) return (this.#h.context & Ctx.SoftIrq) !== 0;
    return this.#cpu.softirqDepth > 0 ? true : undefined;
  }

  get inNmi(): Known {
    return this.#known ? (this.#h.context & Ctx.Nmi) !== 0 : undefined;
  }

  get hardIrqsOff(): Known {
    return this.#known ? (this.#h.context & Ctx.HardIrqsOff) !== 0 : this.#cpu.hardirqsOff;
  }

  get softIrqsOff(): Known {
    if (this.#h.context & Ctx.BhKnown) return (this.#h.context & (Ctx.BhOff | Ctx.SoftIrq)) !== 0;
    return this.#task.softirqsEnabled === undefined ? undefined : !this.#task.softirqsEnabled;
  }

  get preemptDepth(): number {
    return this.#h.preemptDepth;
  }

  get rcuReaderDepth(): number {
    const task = this.#task;
    let depth = 0;
    for (let index = task.depth - 1; index >= 0 && task.contextOf(index) === this.#context; index--) {
      if (task.held[index * HELD_STRIDE + Held.Flags] & HeldFlag.Suspect) continue;
      if (RCU_READER.test(this.#state.classes.displayName(heldClass(task, index)))) depth++;
    }
    return depth;
  }

  get hardIrqsOffByHand(): Known {
    const off = this.hardIrqsOff;
    if (off !== true) return off;
    if (this.inHardIrq !== false) return this.inHardIrq === true ? false : undefined;
    const task = this.#task;
    if (this.#holdsUnknownKind()) return undefined;
    for (let index = task.depth - 1; index >= 0 && task.contextOf(index) === this.#context; index--) {
      const flags = task.held[index * HELD_STRIDE + Held.Flags];
      if (flags & HeldFlag.IrqsOff && this.#state.classes.isSpinning(heldClass(task, index))) return false;
    }
    return true;
  }

  /** A lock of unknown kind may be what turned interrupts or preemption off. */
  #holdsUnknownKind(): boolean {
    const task = this.#task;
    for (let index = 0; index < task.depth; index++) {
      if (!this.#state.classes.isKindKnown(heldClass(task, index))) return true;
    }
    return false;
  }

  get preemptOffByHand(): Known {
    const depth = this.#h.preemptDepth;
    if (depth < 0) return undefined;
    if (depth === 0) return false;
    // An interrupt inherits the depth of what it interrupted: nothing can be said of its own part.
    if (this.#context !== IrqContext.Task || this.#holdsUnknownKind()) return undefined;
    return depth > this.#task.preemptOffHeld + (this.#task.inSchedule ? 1 : 0);
  }
}
