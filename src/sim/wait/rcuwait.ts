import { Access } from '../../explore/strategy.js';
import { WaitKind } from '../../model/events.js';
import type { Frame } from '../frame.js';
import type { LockdepLock } from '../lock/lockdep-lock.js';
import type { Machine } from '../machine.js';
import type { Op, OpKind } from '../op.js';
import { checkCondition, WaitObject, wakeWaiter } from './wait-object.js';
import type { Condition } from './wait-queue.js';

const PREPARE: OpKind<Rcuwait, void> = {
  label: 'prepare_to_rcuwait',
  access: Access.Write,
  cost: 10,
  attempt(_machine, wait, op) {
    wait.waiter = op.frame;
    op.frame.task.willSleep = true;
    return true;
  },
};

const FINISH: OpKind<Rcuwait, void> = {
  label: 'finish_rcuwait',
  access: Access.Write,
  cost: 10,
  attempt(_machine, wait, op) {
    if (wait.waiter === op.frame) wait.waiter = undefined;
    op.frame.task.willSleep = false;
    return true;
  },
};

const WAKE: OpKind<Rcuwait, void> = {
  label: 'rcuwait_wake_up',
  access: Access.Write,
  cost: 15,
  attempt(machine, wait, op) {
    // The task pointer is read inside an RCU reader; no lock is taken, so any context may wake.
    wait.reader.acquireNow(op, 2);
    wait.event.noteWake(op.ip);
    const { waiter } = wait;
    if (waiter !== undefined) wakeWaiter(machine, waiter);
    wait.reader.releaseNow();
    return true;
  },
};

/**
 * struct rcuwait: room for exactly one waiting task, no lock. A second waiter takes the first one's place, which then is
 * never woken.
 */
export class Rcuwait {
  readonly event: WaitObject;
  readonly reader: LockdepLock;
  waiter: Frame | undefined = undefined;
  readonly #machine: Machine;

  constructor(machine: Machine, name: string) {
    this.#machine = machine;
    this.event = new WaitObject(machine, name, WaitKind.Rcuwait);
    this.reader = machine.rcuReadMap();
  }

  get id(): number {
    return this.event.id;
  }

  /** rcuwait_active(); no operation. */
  get active(): boolean {
    return this.waiter !== undefined;
  }

  /** rcuwait_wait_event() */
  *waitEvent(condition: Condition): Op<void> {
    if (yield* checkCondition(this.event, condition)) return;
    for (;;) {
      yield* this.#machine.arm(PREPARE, this);
      if (condition()) break;
      yield* this.event.sleep();
    }
    yield* this.#machine.arm(FINISH, this);
  }

  /** prepare_to_rcuwait() */
  prepareToWait(): Op<void> {
    return this.#machine.arm(PREPARE, this);
  }

  /** schedule() after {@link prepareToWait}. */
  schedule(): Op<boolean> {
    return this.event.sleep();
  }

  /** finish_rcuwait() */
  finishWait(): Op<void> {
    return this.#machine.arm(FINISH, this);
  }

  /** rcuwait_wake_up() */
  wakeUp(): Op<void> {
    return this.#machine.arm(WAKE, this);
  }
}
