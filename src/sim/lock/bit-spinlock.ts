import { Access } from '../../explore/strategy.js';
import type { Frame, Waitable } from '../frame.js';
import { disablePreempt, enablePreempt } from '../irq/masking.js';
import type { Machine } from '../machine.js';
import type { Op, OpKind } from '../op.js';

const LOCK: OpKind<BitSpinlock, void> = {
  label: 'bit_spin_lock',
  access: Access.Write,
  cost: 20,
  attempt(machine, lock, op) {
    if (op.stage !== 0) return true;
    disablePreempt(machine, machine.cpu);
    if (lock.owner === undefined) {
      lock.owner = op.frame;
      return true;
    }
    op.stage = 1;
    lock.waiters.push(op.frame);
    machine.block(lock, false);
    return false;
  },
};

const TRYLOCK: OpKind<BitSpinlock, boolean> = {
  label: 'bit_spin_trylock',
  access: Access.Write,
  cost: 20,
  attempt(machine, lock, op) {
    op.value = lock.owner === undefined;
    if (lock.owner !== undefined) return true;
    disablePreempt(machine, machine.cpu);
    lock.owner = op.frame;
    return true;
  },
};

const UNLOCK: OpKind<BitSpinlock, void> = {
  label: 'bit_spin_unlock',
  access: Access.Write,
  cost: 10,
  attempt(machine, lock) {
    lock.owner = lock.waiters.shift();
    if (lock.owner !== undefined) machine.resume(lock.owner);
    enablePreempt(machine, machine.cpu);
    return true;
  },
};

/**
 * A bit used as a lock (bit_spin_lock()): spins with preemption off, also on PREEMPT_RT, and lockdep sees nothing of
 * it. Deadlocks on it are found only when they happen.
 */
export class BitSpinlock implements Waitable {
  readonly id: number;
  readonly label: string;
  owner: Frame | undefined = undefined;
  readonly waiters: Frame[] = [];
  readonly #machine: Machine;

  constructor(machine: Machine, name: string) {
    this.#machine = machine;
    this.id = machine.newId();
    this.label = name;
  }

  owners(): readonly Frame[] {
    return this.owner === undefined ? [] : [this.owner];
  }

  /** bit_spin_lock() */
  lock(): Op<void> {
    return this.#machine.arm(LOCK, this);
  }

  /** bit_spin_trylock() */
  trylock(): Op<boolean> {
    return this.#machine.arm(TRYLOCK, this);
  }

  /** bit_spin_unlock() */
  unlock(): Op<void> {
    return this.#machine.arm(UNLOCK, this);
  }
}
