import { Access } from '../../explore/strategy.js';
import type { Cpu } from '../cpu.js';
import type { Waitable } from '../frame.js';
import type { Machine } from '../machine.js';
import type { Op, OpKind } from '../op.js';
import { pushSoftIrq } from './delivery.js';
import { disableBh, enableBh, maskIrqs } from './masking.js';
import { runSoftirqs } from './softirq-run.js';

const RAISED: Waitable = { label: 'raised softirq', isEvent: true, isParkPlace: true, owners: () => [] };

/** ksoftirqd sleeps until something is raised. */
const AWAIT_RAISED: OpKind<Cpu, void> = {
  label: 'run_ksoftirqd',
  access: Access.Read,
  cost: 20,
  attempt(machine, cpu, op) {
    if (cpu.softirqPending !== 0) return true;
    op.stage = 1;
    machine.block(RAISED, true);
    return false;
  },
};

/** Without PREEMPT_RT: a round of soft interrupts on top of the running context. */
export const DO_SOFTIRQ: OpKind<Cpu, void> = {
  label: 'do_softirq',
  access: Access.Write,
  cost: 20,
  attempt(machine, cpu, op) {
    if (op.stage === 1 || cpu.softirqPending === 0) return true;
    op.stage = 1;
    pushSoftIrq(machine, cpu, maskIrqs(machine, cpu, op.ip));
    return false;
  },
};

/** The body of ksoftirqd/N. */
export function* softirqThread(machine: Machine, cpu: Cpu): Op<void> {
  for (;;) {
    yield* machine.arm(AWAIT_RAISED, cpu);
    if (!machine.config.preemptRt) yield* machine.arm(DO_SOFTIRQ, cpu);
    else {
      yield* machine.softirqs.bottomHalves.disable();
      yield* machine.softirqs.bottomHalves.enable();
    }
  }
}

/** PREEMPT_RT: soft interrupts as part of the task that has bottom halves off, preemptible. */
export function* softirqsInTask(machine: Machine, cpu: Cpu): Op<void> {
  cpu.servingSoftirq++;
  disableBh(machine, cpu, 0);
  cpu.refresh();
  const task = cpu.current;
  yield* runSoftirqs(machine, cpu);
  // It cannot have migrated, bottom halves being off; but it may have slept and come back.
  if (machine.cpu.current !== task) throw new Error('internal error: a task with bottom halves off moved');
  enableBh(machine, cpu, 0);
  cpu.servingSoftirq--;
  cpu.refresh();
}
