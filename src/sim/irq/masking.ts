import type { Cpu } from '../cpu.js';
import type { Machine } from '../machine.js';

/** Turns hard interrupts off on a CPU; true when they were on (and an event told of it). */
export function maskIrqs(machine: Machine, cpu: Cpu, ip: number): boolean {
  if (cpu.irqsOff) return false;
  cpu.irqsOff = true;
  cpu.refresh();
  if (machine.sources.length > 0) machine.dirty = true;
  machine.emit.sink.hardirqsOff(machine.emit.stamp(cpu, machine.now), ip);
  return true;
}

/** Turns hard interrupts on. */
export function unmaskIrqs(machine: Machine, cpu: Cpu, ip: number): void {
  if (!cpu.irqsOff) return;
  // The kernel tells first and enables then: the event still shows them off.
  machine.emit.sink.hardirqsOn(machine.emit.stamp(cpu, machine.now), ip);
  cpu.irqsOff = false;
  cpu.refresh();
  if (machine.sources.length > 0) machine.dirty = true;
}

/** local_bh_disable() without PREEMPT_RT: tells when bottom halves go from on to off. */
export function disableBh(machine: Machine, cpu: Cpu, ip: number): void {
  cpu.bhCount++;
  cpu.refresh();
  if (cpu.bhCount === 1) machine.emit.sink.softirqsOff(machine.emit.stamp(cpu, machine.now), ip);
}

/** The counting half of local_bh_enable(): running what is pending is the caller's. */
export function enableBh(machine: Machine, cpu: Cpu, ip: number): void {
  if (cpu.bhCount === 0) return;
  if (cpu.bhCount === 1) machine.emit.sink.softirqsOn(machine.emit.stamp(cpu, machine.now), ip);
  cpu.bhCount--;
  cpu.refresh();
}

/** preempt_disable(): counts where the kernel counts. */
export function disablePreempt(machine: Machine, cpu: Cpu): void {
  if (machine.config.preemptCount) cpu.preemptCount++;
}

/** preempt_enable(); the run loop looks at need_resched at the next operation. */
export function enablePreempt(machine: Machine, cpu: Cpu): void {
  if (machine.config.preemptCount && cpu.preemptCount > 0) cpu.preemptCount--;
}
