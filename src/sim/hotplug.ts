import { Access } from '../explore/strategy.js';
import type { Cpu } from './cpu.js';
import type { Machine } from './machine.js';
import type { Op, OpKind } from './op.js';
import { enqueue } from './scheduler.js';

/** Makes the CPU empty: a task that runs there is moved off first (migration_cpu_stop()). */
const OFFLINE: OpKind<Cpu, boolean> = {
  label: 'cpu_down',
  access: Access.Write,
  cost: 1000,
  attempt(machine, cpu, op) {
    // It is taken away between operations of its tasks; one in an interrupt or with preemption off finishes first.
    op.value = cpu.stack.length === 0 && (cpu.current.idle || cpu.preemptible);
    if (op.value === false) return true;
    evacuate(machine, cpu);
    return true;
  },
};

const ONLINE: OpKind<Cpu, void> = {
  label: 'cpu_up',
  access: Access.Write,
  cost: 1000,
  attempt(machine, cpu) {
    cpu.online = true;
    machine.dirty = true;
    return true;
  },
};

const RETRY: OpKind<Machine, void> = { label: 'cpu_relax', access: Access.Read, cost: 1000, attempt: () => true };

/**
 * Takes a CPU away. Its queued tasks and timers move to another CPU; tasks pinned to it stay there until it comes back.
 * Throws RangeError for the CPU that asks, or the last one.
 */
export function* cpuDown(machine: Machine, id: number): Op<void> {
  const cpu = machine.cpuOf(id);
  if (cpu === machine.cpu) throw new RangeError(`cpu ${id} cannot take itself away`);
  if (machine.hooks.cpuDown !== undefined) yield* machine.hooks.cpuDown(cpu);
  while (!(yield* machine.arm(OFFLINE, cpu))) yield* machine.arm(RETRY, machine);
}

/** Brings a CPU back. */
export function* cpuUp(machine: Machine, id: number): Op<void> {
  const cpu = machine.cpuOf(id);
  yield* machine.arm(ONLINE, cpu);
  if (machine.hooks.cpuUp !== undefined) yield* machine.hooks.cpuUp(cpu);
}

function evacuate(machine: Machine, cpu: Cpu): void {
  const refuge = machine.cpus.find((other) => other.online && other !== cpu);
  if (refuge === undefined) throw new RangeError(`cpu ${cpu.id} is the last one`);
  // The running task leaves at the next look at need_resched, as if preempted.
  cpu.online = false;
  for (const task of cpu.queue.splice(0)) {
    if (task.allows(refuge.id)) enqueue(machine, task, refuge);
    else cpu.queue.push(task);
  }
  if (!cpu.current.idle && cpu.current.allows(refuge.id)) {
    cpu.online = true;
    machine.preemptAway(cpu, refuge);
    cpu.online = false;
  }
  for (const source of machine.sources) if (source.cpu === cpu.id) source.cpu = refuge.id;
  machine.dirty = true;
}
