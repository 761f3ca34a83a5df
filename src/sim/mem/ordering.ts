import type { Frame } from '../frame.js';
import { FrameKind } from '../frame.js';

/** A vector clock: what of each thread is known to have happened before. */
type Clock = number[];

/** Who did an access, and when in its own time. */
export interface Epoch {
  readonly thread: number;
  readonly time: number;
}

/**
 * Happens-before between contexts (FastTrack's clocks): made by locks, wake-ups, release and acquire. An interrupt is
 * ordered after what it interrupted and before what follows, being on the same CPU.
 */
export class Ordering {
  readonly #clocks = new Map<number, Clock>();
  readonly #threads = new WeakMap<Frame, number>();
  readonly #tokens = new WeakMap<object, Clock>();
  #next = 0;

  /** Thread number of a context: a task has one of its own, interrupts share that of what they interrupt. */
  threadOf(frame: Frame): number {
    const owner = frame.kind === FrameKind.Task ? frame : (frame.task.frames[0] ?? frame);
    let thread = this.#threads.get(owner);
    if (thread === undefined) {
      thread = this.#next++;
      this.#threads.set(owner, thread);
      this.#clocks.set(thread, []);
      this.#clock(thread)[thread] = 1;
    }
    return thread;
  }

  /** The running context's position. */
  epoch(frame: Frame): Epoch {
    const thread = this.threadOf(frame);
    return { thread, time: this.#clock(thread)[thread] ?? 1 };
  }

  /** The access at `epoch` happened before what `frame` does now. */
  before(epoch: Epoch, frame: Frame): boolean {
    return epoch.time <= (this.#clock(this.threadOf(frame))[epoch.thread] ?? 0);
  }

  /** What `frame` has done so far is published through `token`: a lock's release, a store-release. */
  release(token: object, frame: Frame): void {
    const thread = this.threadOf(frame);
    const clock = this.#clock(thread);
    const published = this.#tokens.get(token) ?? [];
    join(published, clock);
    this.#tokens.set(token, published);
    clock[thread] = (clock[thread] ?? 0) + 1;
  }

  /** `frame` learns what was published through `token`. */
  acquire(token: object, frame: Frame): void {
    const published = this.#tokens.get(token);
    if (published !== undefined) join(this.#clock(this.threadOf(frame)), published);
  }

  #clock(thread: number): Clock {
    return this.#clocks.get(thread) ?? [];
  }
}

function join(into: Clock, from: Clock): void {
  from.forEach((time, thread) => {
    if (time > (into[thread] ?? 0)) into[thread] = time;
  });
}
