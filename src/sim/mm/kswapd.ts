import { Frame, FrameKind } from '../frame.js';
import type { Machine } from '../machine.js';
import type { Op } from '../op.js';
import { Rcuwait } from '../wait/rcuwait.js';
import { scheduleTimeout } from '../wait/sleep.js';
import { WaitQueue } from '../wait/wait-queue.js';
import type { PageAllocator } from './page-allocator.js';

/** Pages that kswapd frees before it looks at the watermark again. */
const BATCH = 16;

/** The background reclaimer. The only task that ever sleeps on its wait queue, which is why an rcuwait would do. */
export class Kswapd {
  readonly #machine: Machine;
  readonly #allocator: PageAllocator;
  readonly #wait: WaitQueue | Rcuwait;
  #wanted = false;
  #made = false;

  constructor(machine: Machine, allocator: PageAllocator, kind: 'waitqueue' | 'rcuwait') {
    this.#machine = machine;
    this.#allocator = allocator;
    const name = '&pgdat->kswapd_wait';
    this.#wait = kind === 'waitqueue' ? new WaitQueue(machine, name) : new Rcuwait(machine, name);
  }

  /** What it sleeps on, for scenarios that put a second sleeper there. */
  get waitsOn(): WaitQueue | Rcuwait {
    return this.#wait;
  }

  /** wakeup_kswapd() */
  *wake(): Op<void> {
    this.#wanted = true;
    this.#start();
    yield* this.#wait.wakeUp();
  }

  /** Lets other tasks free memory before the next try. */
  letOthersFree(): Op<void> {
    return scheduleTimeout(this.#machine, 1);
  }

  #start(): void {
    if (this.#made) return;
    this.#made = true;
    const body = () => this.#run();
    this.#machine.newTask(
      'kswapd0',
      { kthread: true },
      (task) => new Frame(this.#machine, FrameKind.Task, 'kswapd', task, body),
    );
  }

  *#run(): Op<void> {
    const allocator = this.#allocator;
    for (;;) {
      yield* this.#wait.waitEvent(() => this.#wanted);
      this.#wanted = false;
      while (allocator.buddy.free < allocator.high && (yield* allocator.reclaim(BATCH)) > 0);
    }
  }
}
