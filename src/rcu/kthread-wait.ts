import { Access } from '../explore/strategy.js';
import type { Frame, Waitable } from '../sim/frame.js';
import type { Kernel, Op, RawSpinlock, Timer } from '../sim/index.js';
import { noteMightSleep } from '../sim/lock/primitive.js';
import type { Machine } from '../sim/machine.js';
import { instant, type OpKind } from '../sim/op.js';

const AWAIT: OpKind<KthreadWait, boolean> = {
  label: 'swait_event_idle_timeout',
  access: Access.Write,
  cost: 20,
  attempt(machine, wait, op) {
    const condition = op.b as () => boolean;
    if (op.stage === 0) {
      noteMightSleep(machine, op);
      op.value = condition();
      if (op.value === true) return true;
      op.stage = 1;
      wait.begin(op.frame, op.a);
      machine.block(wait, true);
      return false;
    }
    wait.end();
    op.value = condition();
    return true;
  },
};

const WAKE: OpKind<KthreadWait, void> = {
  label: 'swake_up_one',
  access: Access.Write,
  cost: 20,
  attempt(_machine, wait) {
    wait.resume();
    return true;
  },
};

/**
 * Where one kernel thread of RCU waits (a swait_queue_head: a raw lock). Its waits are no events of the dependency graph: a
 * grace period needs the thread, but nobody who wakes it is needed for the grace period, since it also goes on by time.
 */
export class KthreadWait implements Waitable {
  readonly id: number;
  readonly label: string;
  readonly #machine: Machine;
  readonly #lock: RawSpinlock;
  readonly #timer: Timer;
  #waiter: Frame | undefined;

  constructor(kernel: Kernel, name: string) {
    this.#machine = kernel.machine;
    this.id = this.#machine.newId();
    this.label = name;
    this.#lock = kernel.rawSpinlock(`${name}.lock`);
    this.#timer = kernel.timer(
      '&timer.timer',
      instant('processTimeout', () => this.resume()),
    );
  }

  owners(): readonly Frame[] {
    return [];
  }

  /** Sleeps until woken with `condition` true, or once for that many jiffies; whether the condition holds. */
  *wait(condition: () => boolean, jiffies = 0): Op<boolean> {
    for (;;) {
      const holds = yield* this.#machine.arm(AWAIT, this, jiffies, condition);
      if (holds || jiffies > 0) return holds;
    }
  }

  /** swake_up_one(): from any context, the raw lock allows it. */
  *wake(): Op<void> {
    const flags = yield* this.#lock.lockIrqsave();
    yield* this.#machine.arm(WAKE, this);
    yield* this.#lock.unlockIrqrestore(flags);
  }

  begin(frame: Frame, jiffies: number): void {
    this.#waiter = frame;
    if (jiffies > 0) this.#timer.armNow(jiffies);
  }

  end(): void {
    this.#waiter = undefined;
    this.#timer.disarmNow();
  }

  /** Wakes the waiter as part of another operation. */
  resume(): void {
    if (this.#waiter !== undefined) this.#machine.resume(this.#waiter);
  }
}
