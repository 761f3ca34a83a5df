import { WaitKind } from '../../model/events.js';
import type { Frame } from '../frame.js';
import { RawSpinlock } from '../lock/raw-spinlock.js';
import type { Machine } from '../machine.js';
import type { Op } from '../op.js';
import { Timeout } from './timeout.js';
import { checkCondition, WaitObject, wakeWaiter } from './wait-object.js';

/** struct completion: counts what was completed; each wait takes one. Its lock is raw, so any context may complete. */
export class Completion {
  readonly event: WaitObject;
  readonly #machine: Machine;
  readonly #lock: RawSpinlock;
  readonly #waiters: Frame[] = [];
  #done = 0;

  constructor(machine: Machine, name: string) {
    this.#machine = machine;
    this.event = new WaitObject(machine, name, WaitKind.Completion);
    this.#lock = new RawSpinlock(machine, name.startsWith('&') ? `${name}->wait` : `(${name}).wait.lock`);
  }

  /** completion_done(); no operation. */
  get isDone(): boolean {
    return this.#done > 0;
  }

  /** wait_for_completion() */
  *wait(): Op<void> {
    yield* this.#wait(undefined);
  }

  /** wait_for_completion_timeout(): true when it was completed in time. */
  *waitTimeout(jiffies: number): Op<boolean> {
    return yield* this.#wait(new Timeout(this.#machine, jiffies));
  }

  /** complete(): lets one waiter go. */
  complete(): Op<void> {
    return this.#complete(1);
  }

  /** complete_all(): lets all waiters go, now and later. */
  completeAll(): Op<void> {
    return this.#complete(Number.POSITIVE_INFINITY);
  }

  /** reinit_completion(); no operation. */
  reinit(): void {
    this.#done = 0;
  }

  *#wait(timeout: Timeout | undefined): Op<boolean> {
    const ready = yield* checkCondition(this.event, () => this.#done > 0);
    if (!ready) timeout?.start();
    yield* this.#lock.lockIrq();
    const { frame } = this.#machine;
    while (this.#done === 0 && timeout?.expired !== true) {
      this.#waiters.push(frame);
      frame.task.willSleep = true;
      yield* this.#lock.unlockIrq();
      yield* this.event.sleep();
      yield* this.#lock.lockIrq();
      const at = this.#waiters.indexOf(frame);
      if (at >= 0) this.#waiters.splice(at, 1);
    }
    const inTime = this.#done > 0;
    if (inTime) this.#done--;
    yield* this.#lock.unlockIrq();
    timeout?.cancel();
    return inTime;
  }

  *#complete(count: number): Op<void> {
    const flags = yield* this.#lock.lockIrqsave();
    this.event.noteWake(this.#machine.frame.op.ip);
    this.#done += count;
    for (let left = count; left > 0; left--) {
      const waiter = this.#waiters.shift();
      if (waiter === undefined) break;
      wakeWaiter(this.#machine, waiter);
    }
    yield* this.#lock.unlockIrqrestore(flags);
  }
}
