import type { Frame } from '../frame.js';
import { Timer } from '../irq/timer.js';
import type { Machine } from '../machine.js';
import { instant } from '../op.js';
import { WakeReason, wakeWaiter } from './wait-object.js';

/** schedule_timeout()'s timer: wakes the task that made it. */
export class Timeout {
  /** The time is over. */
  expired = false;
  readonly #machine: Machine;
  readonly #jiffies: number;
  readonly #frame: Frame;
  readonly #timer: Timer;

  constructor(machine: Machine, jiffies: number) {
    this.#machine = machine;
    this.#jiffies = jiffies;
    this.#frame = machine.frame;
    this.#timer = new Timer(
      machine,
      '&timer.timer',
      instant('processTimeout', () => this.#expire()),
    );
  }

  start(): void {
    this.#timer.armNow(this.#jiffies);
  }

  cancel(): void {
    this.#timer.disarmNow();
  }

  #expire(): void {
    this.expired = true;
    wakeWaiter(this.#machine, this.#frame, WakeReason.TimedOut);
  }
}
