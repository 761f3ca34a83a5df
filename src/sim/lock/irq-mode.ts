import { pushSoftIrq } from '../irq/delivery.js';
import { disableBh, disablePreempt, enableBh, enablePreempt, maskIrqs, unmaskIrqs } from '../irq/masking.js';
import type { Machine } from '../machine.js';
import type { PendingOp } from '../op.js';

/** What local_irq_save() and the `_irqsave` forms return: whether hard interrupts were on. */
export type IrqFlags = 0 | 1;

/** What a form of a spinning lock masks besides preemption. */
export const IrqMode = { Plain: 0, Irq: 1, Irqsave: 2, Bh: 3 } as const;
export type IrqMode = (typeof IrqMode)[keyof typeof IrqMode];

/** Masks what the form masks, then preemption, as __raw_spin_lock_*() do; the flags of `_irqsave` become the op's value. */
export function enterMode(machine: Machine, op: PendingOp, mode: number): void {
  const cpu = machine.cpu;
  if (mode === IrqMode.Irqsave) op.value = maskIrqs(machine, cpu, op.ip) ? 1 : 0;
  else if (mode === IrqMode.Irq) maskIrqs(machine, cpu, op.ip);
  else if (mode === IrqMode.Bh) disableBh(machine, cpu, op.ip);
  disablePreempt(machine, cpu);
}

/**
 * Undoes {@link enterMode} after the release. False: soft interrupts run first, the operation is called again and has
 * nothing left to do.
 */
export function leaveMode(machine: Machine, op: PendingOp, mode: number): boolean {
  const cpu = machine.cpu;
  if (mode === IrqMode.Irq || (mode === IrqMode.Irqsave && op.b === 1)) unmaskIrqs(machine, cpu, op.ip);
  enablePreempt(machine, cpu);
  if (mode !== IrqMode.Bh) return true;
  enableBh(machine, cpu, op.ip);
  if (cpu.softirqPending === 0 || cpu.bhCount > 0 || cpu.inInterrupt || machine.config.preemptRt) return true;
  pushSoftIrq(machine, cpu, maskIrqs(machine, cpu, op.ip));
  return false;
}
