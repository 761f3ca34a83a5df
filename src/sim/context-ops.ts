import { Access } from '../explore/strategy.js';
import { disablePreempt, enablePreempt, maskIrqs, unmaskIrqs } from './irq/masking.js';
import type { IrqFlags } from './lock/irq-mode.js';
import { noteMightSleep } from './lock/primitive.js';
import type { Machine } from './machine.js';
import type { Op, OpKind, PendingOp } from './op.js';

type Do = (machine: Machine, op: PendingOp) => void;

/** An operation on the running CPU alone, done at once. */
function onCpu<Value = void>(label: string, act: Do): OpKind<Machine, Value> {
  return {
    label,
    access: Access.None,
    cost: 5,
    attempt(machine, _target, op) {
      act(machine, op);
      return true;
    },
  };
}

/** The operations that change what may happen to the running context. */
export const ContextOps = {
  preemptDisable: onCpu('preempt_disable', (machine, op) => {
    disablePreempt(machine, machine.cpu);
    if (machine.cpu.preemptCount === 1)
      machine.emit.sink.preemptOff(machine.emit.stamp(machine.cpu, machine.now), op.ip);
  }),
  preemptEnable: onCpu('preempt_enable', (machine, op) => {
    if (machine.cpu.preemptCount === 1)
      machine.emit.sink.preemptOn(machine.emit.stamp(machine.cpu, machine.now), op.ip);
    enablePreempt(machine, machine.cpu);
  }),
  irqDisable: onCpu('local_irq_disable', (machine, op) => {
    maskIrqs(machine, machine.cpu, op.ip);
  }),
  irqEnable: onCpu('local_irq_enable', (machine, op) => {
    unmaskIrqs(machine, machine.cpu, op.ip);
  }),
  irqSave: onCpu<IrqFlags>('local_irq_save', (machine, op) => {
    op.value = maskIrqs(machine, machine.cpu, op.ip) ? 1 : 0;
  }),
  irqRestore: onCpu('local_irq_restore', (machine, op) => {
    if (op.a === 1) unmaskIrqs(machine, machine.cpu, op.ip);
  }),
  migrateDisable: onCpu('migrate_disable', (machine) => {
    machine.cpu.current.migrateDisabled++;
  }),
  migrateEnable: onCpu('migrate_enable', (machine) => {
    const task = machine.cpu.current;
    if (task.migrateDisabled > 0) task.migrateDisabled--;
  }),
  mightSleep: onCpu('might_sleep', noteMightSleep),
  lockdepOff: onCpu('lockdep_off', (machine, op) => {
    machine.annotated = true;
    machine.emit.sink.lockdepOff(machine.emit.stamp(machine.cpu, machine.now), op.ip);
  }),
  lockdepOn: onCpu('lockdep_on', (machine, op) => {
    machine.emit.sink.lockdepOn(machine.emit.stamp(machine.cpu, machine.now), op.ip);
  }),
} as const;

/** cpu_relax(): a step of a loop that waits for another context; lets strategies prefer that one. */
export const CPU_RELAX: OpKind<Machine, void> = {
  label: 'cpu_relax',
  access: Access.None,
  cost: 40,
  attempt: () => true,
};

/** udelay(): keeps the CPU busy for `op.a` ns. */
export const DELAY: OpKind<Machine, void> = {
  label: 'udelay',
  access: Access.None,
  cost: 0,
  attempt(machine, _target, op) {
    machine.charge(op.a);
    return true;
  },
};

/** exit_to_user_mode() with `op.a` 1, and back. */
const USER: OpKind<Machine, void> = {
  label: 'user mode',
  access: Access.None,
  cost: 50,
  attempt(machine, _target, op) {
    const { cpu } = machine;
    const enters = op.a === 1;
    machine.emit.sink.userMode(machine.emit.stamp(cpu, machine.now));
    cpu.current.userMode = enters;
    if (enters) machine.hooks.userEnter?.(cpu);
    else machine.hooks.userExit?.(cpu);
    return true;
  },
};

/** Runs in user mode for that many microseconds, in pieces: interrupts arrive and other tasks get their turn between. */
export function* userMode(machine: Machine, us: number, pieces: number): Op<void> {
  yield* machine.arm(USER, machine, 1);
  for (let i = 0; i < pieces; i++) yield* machine.arm(DELAY, machine, (us * 1000) / pieces);
  yield* machine.arm(USER, machine, 0);
}

/** schedule() and cond_resched(): gives the CPU to whoever should have it, staying runnable. */
export const YIELD: OpKind<Machine, void> = {
  label: 'schedule',
  access: Access.None,
  cost: 20,
  attempt(machine, _target, op) {
    if (op.stage !== 0) return true;
    op.stage = 1;
    if (op.a === 1) noteMightSleep(machine, op);
    // In an interrupt there is nothing to switch.
    if (machine.cpu.stack.length > 0) return true;
    machine.cpu.yielding = true;
    return false;
  },
};

/** raise_softirq(): `op.a` is the vector. */
export const RAISE_SOFTIRQ: OpKind<Machine, void> = {
  label: 'raise_softirq',
  access: Access.None,
  cost: 10,
  attempt(machine, _target, op) {
    machine.softirqs.raise(machine.cpu, op.a);
    return true;
  },
};
