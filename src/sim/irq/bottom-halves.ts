import { Access } from '../../explore/strategy.js';
import type { Cpu } from '../cpu.js';
import type { Spinlock } from '../lock/spinlock.js';
import type { Machine } from '../machine.js';
import type { Op, OpKind } from '../op.js';
import { pushSoftIrq } from './delivery.js';
import { disableBh, enableBh, maskIrqs } from './masking.js';
import { softirqsInTask } from './softirq-thread.js';

const LOCAL_BH_DISABLE: OpKind<BottomHalves, void> = {
  label: 'local_bh_disable',
  access: Access.None,
  cost: 5,
  attempt(machine, _halves, op) {
    disableBh(machine, machine.cpu, op.ip);
    return true;
  },
};

const LOCAL_BH_ENABLE: OpKind<BottomHalves, void> = {
  label: 'local_bh_enable',
  access: Access.None,
  cost: 5,
  attempt(machine, _halves, op) {
    const cpu = machine.cpu;
    if (op.stage === 1) return true;
    enableBh(machine, cpu, op.ip);
    if (cpu.softirqPending === 0 || cpu.bhCount > 0 || cpu.inInterrupt || machine.config.preemptRt) return true;
    op.stage = 1;
    pushSoftIrq(machine, cpu, maskIrqs(machine, cpu, op.ip));
    return false;
  },
};

/**
 * local_bh_disable() and local_bh_enable(). On PREEMPT_RT a bottom-half section holds the CPU's `softirq_ctrl.lock`, may
 * be preempted and cannot migrate; soft interrupts raised in it run at its end, in its task. Where preemption is off already neither is done
 * (__local_bh_disable_ip() and __local_bh_enable_ip() in kernel/softirq.c).
 */
export class BottomHalves {
  readonly #machine: Machine;
  readonly #locks: readonly Spinlock[];

  /** `locks`: PREEMPT_RT's softirq_ctrl.lock of each CPU; empty otherwise. */
  constructor(machine: Machine, locks: readonly Spinlock[]) {
    this.#machine = machine;
    this.#locks = locks;
  }

  disable(): Op<void> {
    return this.#locks.length === 0 ? this.#machine.arm(LOCAL_BH_DISABLE, this) : this.#disableInTask();
  }

  enable(): Op<void> {
    return this.#locks.length === 0 ? this.#machine.arm(LOCAL_BH_ENABLE, this) : this.#enableInTask();
  }

  *#disableInTask(): Op<void> {
    const machine = this.#machine;
    machine.cpu.current.migrateDisabled++;
    if (machine.cpu.bhCount === 0 && machine.cpu.preemptible) yield* this.#lockOf(machine.cpu).lock();
    yield* machine.arm(LOCAL_BH_DISABLE, this);
  }

  *#enableInTask(): Op<void> {
    const machine = this.#machine;
    const cpu = machine.cpu;
    const { preemptible } = cpu;
    const isLast = cpu.bhCount === 1;
    const wasOff = cpu.bhCount > 0;
    if (preemptible && isLast && cpu.servingSoftirq === 0 && cpu.softirqPending !== 0)
      yield* softirqsInTask(machine, cpu);
    yield* machine.arm(LOCAL_BH_ENABLE, this);
    if (isLast && preemptible) yield* this.#lockOf(cpu).unlock();
    if (wasOff) cpu.current.migrateDisabled--;
    machine.softirqs.leftOver(cpu);
  }

  #lockOf(cpu: Cpu): Spinlock {
    const lock = this.#locks[cpu.id];
    if (lock === undefined) throw new RangeError(`cpu ${cpu.id} has no bottom-half lock`);
    return lock;
  }
}
