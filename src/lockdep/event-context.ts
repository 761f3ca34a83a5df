import { Ctx, type EventHeader, type LockAcquire, LockdepCtx } from '../model/events.js';
import type { CpuState, LockdepState } from './lockdep-state.js';
import { HeldFlag, IrqContext, type TaskState } from './task-state.js';

/** The interrupt context of an acquisition: lockdep's own word where it is there, else the flags column. */
export function acquireContext(
  state: LockdepState,
  h: EventHeader,
  cpu: CpuState,
  task: TaskState,
  a: LockAcquire,
): number {
  const bits = trustedBits(state, h, cpu, a);
  let context: number;
  if (bits & LockdepCtx.Known) {
    context =
      (bits & LockdepCtx.HardIrq ? IrqContext.HardIrq : 0) | (bits & LockdepCtx.SoftIrq ? IrqContext.SoftIrq : 0);
    cpu.hardirqThreaded = context & IrqContext.HardIrq ? (bits & LockdepCtx.Threaded) !== 0 : undefined;
    task.softirqsEnabled = (bits & LockdepCtx.SoftIrqsOn) !== 0;
    // An entry without its exit, where events were lost.
    if (!(context & IrqContext.HardIrq)) cpu.hardirqDepth = 0;
    if (!(context & IrqContext.SoftIrq)) cpu.softirqDepth = 0;
    if (h.context & Ctx.Nmi) context |= IrqContext.Nmi;
    cpu.irqContext = context;
  } else {
    context = runningContext(state, h, cpu);
    if (state.kernelVerdict.isOff) task.softirqsEnabled = undefined;
  }
  return context;
}

/**
 * lockdep's context bits, unless lockdep has switched itself off: after a report it no longer follows interrupts, so its
 * bits stay as they were. A validated acquisition for which they and the processor's own flag disagree gives it away.
 */
function trustedBits(state: LockdepState, h: EventHeader, cpu: CpuState, a: LockAcquire): number {
  const bits = a.lockdepContext;
  if (!(bits & LockdepCtx.Known)) return bits;
  const { kernelVerdict } = state;
  const irqsOn = (bits & LockdepCtx.HardIrqsOn) !== 0;
  if (cpu.lockdepIrqsOn !== irqsOn) {
    if (cpu.lockdepIrqsOn !== undefined) kernelVerdict.changed(cpu.id, irqsOn);
    cpu.lockdepIrqsOn = irqsOn;
  }
  if (!(h.context & Ctx.Known)) {
    // Without flags there is only irq_disable to hold against a stale "on".
    if (irqsOn && cpu.hardirqsOff === true) a.lockdepContext &= ~LockdepCtx.HardIrqsOn;
    return a.lockdepContext;
  }
  const disagree = ((h.context & Ctx.HardIrqsOff) !== 0) === irqsOn;
  if (disagree && a.check !== 0) kernelVerdict.switchedOff();
  if (!kernelVerdict.isOff) return bits;
  a.lockdepContext = 0;
  return 0;
}

/** The interrupt context that runs at an event, as lockdep counts: a set of IrqContext bits. */
export function runningContext(state: LockdepState, h: EventHeader, cpu: CpuState): number {
  const context = shownContext(h, cpu);
  // lockdep_softirq_enter() in include/linux/irqflags.h does nothing on PREEMPT_RT, though the flags column shows soft interrupts.
  return state.classes.softirqsInTasks ? context & ~IrqContext.SoftIrq : context;
}

function shownContext(h: EventHeader, cpu: CpuState): number {
  if (h.context & Ctx.Known) {
    return (
      (h.context & Ctx.HardIrq ? IrqContext.HardIrq : 0) |
      (h.context & Ctx.SoftIrq ? IrqContext.SoftIrq : 0) |
      (h.context & Ctx.Nmi ? IrqContext.Nmi : 0)
    );
  }
  if (cpu.hardirqDepth > 0 || cpu.softirqDepth > 0) {
    return (cpu.hardirqDepth > 0 ? IrqContext.HardIrq : 0) | (cpu.softirqDepth > 0 ? IrqContext.SoftIrq : 0);
  }
  return cpu.irqContext;
}

/** Whether the task does something of its own, not what interrupted it or, on PREEMPT_RT, a soft interrupt that it runs. */
export function isOwnWork(h: EventHeader, context: number): boolean {
  return context === IrqContext.Task && (h.context & Ctx.SoftIrq) === 0;
}

/** HeldFlag bits of an acquisition: whether interrupts, and bottom halves, could come while it is held. */
export function irqFlags(h: EventHeader, cpu: CpuState, task: TaskState, a: LockAcquire): number {
  const bh = softirqsOn(h, task, a) ? HeldFlag.BhOn : 0;
  const off = hardirqsOff(h, cpu, a);
  return off === undefined ? bh : bh | HeldFlag.IrqsKnown | (off ? HeldFlag.IrqsOff : 0);
}

function hardirqsOff(h: EventHeader, cpu: CpuState, a: LockAcquire): boolean | undefined {
  if (a.lockdepContext & LockdepCtx.Known) return (a.lockdepContext & LockdepCtx.HardIrqsOn) === 0;
  return h.context & Ctx.Known ? (h.context & Ctx.HardIrqsOff) !== 0 : cpu.hardirqsOff;
}

/** Whether softirqs can come, by the flags column; undefined where it does not tell. */
export function headerSoftirqsOn(h: EventHeader): boolean | undefined {
  if (!(h.context & Ctx.BhKnown)) return undefined;
  return (h.context & (Ctx.BhOff | Ctx.SoftIrq)) === 0;
}

function softirqsOn(h: EventHeader, task: TaskState, a: LockAcquire): boolean {
  if (a.lockdepContext & LockdepCtx.Known) return (a.lockdepContext & LockdepCtx.SoftIrqsOn) !== 0;
  return task.softirqsEnabled ?? headerSoftirqsOn(h) ?? false;
}
