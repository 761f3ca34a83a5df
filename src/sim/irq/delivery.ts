import type { Cpu } from '../cpu.js';
import { Frame, FrameKind } from '../frame.js';
import type { InterruptSource } from '../interrupt-source.js';
import type { Machine } from '../machine.js';
import type { Body } from '../op.js';
import { disableBh, enableBh, maskIrqs, unmaskIrqs } from './masking.js';
import { runSoftirqs } from './softirq-run.js';

/** How a hard interrupt is delivered. */
export interface HardIrqOptions {
  /** PREEMPT_RT would run the handler in a thread (lockdep's hardirq_threaded). */
  threaded: boolean;
  /** Number of the line; undefined: not a device line, no irq_handler_entry event. */
  irq?: number;
  nmi?: boolean;
  /** What raised it: it does not arrive again before the handler's end (IRQD_IRQ_INPROGRESS). */
  source?: InterruptSource;
}

/** Interrupts a CPU: the handler becomes its innermost context, interrupts off. */
export function pushHardIrq(machine: Machine, cpu: Cpu, name: string, body: Body, options: HardIrqOptions): void {
  const kind = options.nmi ? FrameKind.Nmi : FrameKind.HardIrq;
  const frame = new Frame(machine, kind, name, cpu.current, body);
  frame.irqsWereOn = maskIrqs(machine, cpu, frame.fn);
  machine.hooks.irqEnter?.(cpu);
  if (options.nmi) cpu.nmiDepth++;
  else cpu.hardirqDepth++;
  const outerThreaded = cpu.hardirqThreaded;
  // An NMI leaves what lockdep knows of the handler that it interrupts (lockdep_hardirq_enter() in include/linux/irqflags.h).
  if (!options.nmi) cpu.hardirqThreaded = options.threaded;
  cpu.refresh();
  const irq = options.irq;
  if (irq !== undefined) {
    machine.emit.sink.hardirqEntry(machine.emit.stamp(cpu, machine.now), irq, machine.names.intern(name));
  }
  const { source } = options;
  if (source !== undefined) source.inProgress = true;
  frame.onExit = () => {
    if (source !== undefined) source.inProgress = false;
    if (irq !== undefined) machine.emit.sink.hardirqExit(machine.emit.stamp(cpu, machine.now), irq);
    cpu.hardirqThreaded = outerThreaded;
  };
  cpu.stack.push(frame);
  machine.dirty = true;
}

/** A context on top of a task has run to its end. */
export function finishInterrupt(machine: Machine, cpu: Cpu, frame: Frame): void {
  cpu.stack.pop();
  frame.onExit?.(cpu);
  if (frame.kind === FrameKind.Nmi) {
    cpu.nmiDepth--;
    leaveInterrupt(machine, cpu, frame.irqsWereOn);
  } else if (frame.kind === FrameKind.HardIrq) {
    cpu.hardirqDepth--;
    cpu.refresh();
    if (cpu.softirqPending !== 0 && !cpu.inInterrupt && cpu.bhCount === 0 && machine.softirqs.inlineAtExit) {
      pushSoftIrq(machine, cpu, frame.irqsWereOn);
      return;
    }
    if (cpu.softirqPending !== 0 && !machine.softirqs.inlineAtExit) machine.softirqs.wakeThread(cpu);
    leaveInterrupt(machine, cpu, frame.irqsWereOn);
  }
}

function leaveInterrupt(machine: Machine, cpu: Cpu, irqsWereOn: boolean): void {
  machine.hooks.irqExit?.(cpu);
  cpu.refresh();
  if (irqsWereOn) unmaskIrqs(machine, cpu, 0);
}

/**
 * Runs the pending soft interrupts on top of what the CPU does: at the end of a hard interrupt, or when bottom halves
 * are enabled. Called with interrupts off.
 */
export function pushSoftIrq(machine: Machine, cpu: Cpu, irqsWereOn: boolean): void {
  const frame = new Frame(machine, FrameKind.SoftIrq, 'softirq', cpu.current, () => runSoftirqs(machine, cpu));
  cpu.servingSoftirq++;
  disableBh(machine, cpu, frame.fn);
  unmaskIrqs(machine, cpu, frame.fn);
  frame.onExit = () => {
    maskIrqs(machine, cpu, frame.fn);
    enableBh(machine, cpu, frame.fn);
    cpu.servingSoftirq--;
    leaveInterrupt(machine, cpu, irqsWereOn);
    machine.softirqs.leftOver(cpu);
  };
  cpu.stack.push(frame);
  machine.dirty = true;
}
