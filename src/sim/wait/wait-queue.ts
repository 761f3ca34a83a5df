import { WaitKind } from '../../model/events.js';
import type { Frame } from '../frame.js';
import { RawSpinlock } from '../lock/raw-spinlock.js';
import { Spinlock } from '../lock/spinlock.js';
import type { Machine } from '../machine.js';
import type { Op } from '../op.js';
import { Timeout } from './timeout.js';
import { checkCondition, WaitObject, wakeWaiter } from './wait-object.js';

/** A condition to wait for: looked at as one operation, so it must not do operations itself. */
export type Condition = () => boolean;

interface Entry {
  readonly frame: Frame;
  readonly exclusive: boolean;
}

/** What wait queues of both kinds share: a list of waiters under a lock. */
abstract class Queue {
  readonly event: WaitObject;
  protected readonly machine: Machine;
  readonly #lock: Spinlock | RawSpinlock;
  readonly #entries: Entry[] = [];

  constructor(machine: Machine, name: string, kind: WaitKind, lock: Spinlock | RawSpinlock) {
    this.machine = machine;
    this.event = new WaitObject(machine, name, kind);
    this.#lock = lock;
  }

  /** waitqueue_active(); no operation, and without the lock only a hint. */
  get active(): boolean {
    return this.#entries.length > 0;
  }

  /** wait_event(): sleeps until `condition` holds; whoever makes it true must wake the queue. */
  *waitEvent(condition: Condition): Op<void> {
    yield* this.#wait(condition, false, undefined);
  }

  /** wait_event_exclusive(): as {@link waitEvent}, but one wake-up wakes one such waiter. */
  *waitEventExclusive(condition: Condition): Op<void> {
    yield* this.#wait(condition, true, undefined);
  }

  /** wait_event_timeout(): true when the condition held in time. */
  *waitEventTimeout(condition: Condition, jiffies: number): Op<boolean> {
    const timeout = new Timeout(this.machine, jiffies);
    return yield* this.#wait(condition, false, timeout);
  }

  /** prepare_to_wait(): from now on a wake-up keeps the next {@link schedule} from sleeping. */
  *prepareToWait(exclusive = false): Op<void> {
    const flags = yield* this.#lock.lockIrqsave();
    const { frame } = this.machine;
    if (!this.#entries.some((entry) => entry.frame === frame)) this.#entries.push({ frame, exclusive });
    frame.task.willSleep = true;
    yield* this.#lock.unlockIrqrestore(flags);
  }

  /** schedule() after {@link prepareToWait}. */
  schedule(): Op<boolean> {
    return this.event.sleep();
  }

  /** finish_wait() */
  *finishWait(): Op<void> {
    const { frame } = this.machine;
    frame.task.willSleep = false;
    const at = this.#entries.findIndex((entry) => entry.frame === frame);
    if (at < 0) return;
    const flags = yield* this.#lock.lockIrqsave();
    const now = this.#entries.findIndex((entry) => entry.frame === frame);
    if (now >= 0) this.#entries.splice(now, 1);
    yield* this.#lock.unlockIrqrestore(flags);
  }

  /** wake_up(): all waiters that are not exclusive, and one that is. */
  wakeUp(): Op<void> {
    return this.#wake(1);
  }

  /** wake_up_all() */
  wakeUpAll(): Op<void> {
    return this.#wake(Number.POSITIVE_INFINITY);
  }

  *#wait(condition: Condition, exclusive: boolean, timeout: Timeout | undefined): Op<boolean> {
    if (yield* checkCondition(this.event, condition)) return true;
    timeout?.start();
    let inTime = true;
    for (;;) {
      yield* this.prepareToWait(exclusive);
      if (condition() || !inTime) break;
      inTime = yield* this.event.sleep();
      if (timeout?.expired === true) inTime = false;
    }
    timeout?.cancel();
    yield* this.finishWait();
    return condition();
  }

  *#wake(exclusive: number): Op<void> {
    const flags = yield* this.#lock.lockIrqsave();
    this.event.noteWake(this.machine.frame.op.ip);
    let left = exclusive;
    for (const entry of [...this.#entries]) {
      if (entry.exclusive && left-- <= 0) continue;
      // autoremove_wake_function(): woken waiters leave the queue.
      this.#entries.splice(this.#entries.indexOf(entry), 1);
      wakeWaiter(this.machine, entry.frame);
    }
    yield* this.#lock.unlockIrqrestore(flags);
  }
}

/**
 * wait_queue_head_t. Its lock is a spinlock_t named `NAME.lock` (or the name as given when that is an expression such as
 * `&x->wait`), which is why it must not be woken under a raw_spinlock_t.
 */
export class WaitQueue extends Queue {
  constructor(machine: Machine, name: string) {
    super(machine, name, WaitKind.WaitQueue, new Spinlock(machine, lockName(name)));
  }
}

/** struct swait_queue_head: a simple wait queue, whose lock is raw. */
export class Swait extends Queue {
  constructor(machine: Machine, name: string) {
    super(machine, name, WaitKind.Swait, new RawSpinlock(machine, lockName(name)));
  }
}

function lockName(name: string): string {
  return name.startsWith('&') ? name : `${name}.lock`;
}
