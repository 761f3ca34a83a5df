import type { Machine } from '../machine.js';
import type { Op } from '../op.js';
import { WaitQueue } from './wait-queue.js';

/** Queues of the hash table; the kernel has 256. */
const TABLE_SIZE = 16;

/** The kernel's table of wait queues for bits (bit_waitqueue()): unrelated bits may share a queue, and its lock's class. */
export class WaitBitTable {
  readonly #queues: readonly WaitQueue[];

  constructor(machine: Machine) {
    this.#queues = Array.from({ length: TABLE_SIZE }, () => new WaitQueue(machine, '&bit_wait_table[i]'));
  }

  queueOf(id: number): WaitQueue {
    const queue = this.#queues[id % TABLE_SIZE];
    if (queue === undefined) throw new RangeError('wait bit table is empty');
    return queue;
  }
}

/** A word of bits to wait on: wait_on_bit(), wake_up_bit(). */
export class WaitBits {
  readonly #queue: WaitQueue;
  #word = 0;

  constructor(machine: Machine, table: WaitBitTable) {
    this.#queue = table.queueOf(machine.newId());
  }

  /** test_bit(); no operation. */
  test(bit: number): boolean {
    return (this.#word & (1 << bit)) !== 0;
  }

  /** set_bit(); no operation. */
  set(bit: number): void {
    this.#word |= 1 << bit;
  }

  /** wait_on_bit(): sleeps until the bit is clear. */
  waitOnBit(bit: number): Op<void> {
    return this.#queue.waitEvent(() => !this.test(bit));
  }

  /** wait_on_bit_lock(): waits for the bit to be clear and sets it. */
  *waitOnBitLock(bit: number): Op<void> {
    for (;;) {
      yield* this.#queue.waitEventExclusive(() => !this.test(bit));
      if (this.test(bit)) continue;
      this.set(bit);
      return;
    }
  }

  /** clear_and_wake_up_bit() */
  *clearAndWake(bit: number): Op<void> {
    this.#word &= ~(1 << bit);
    yield* this.#queue.wakeUpAll();
  }
}
