import type { CpuCursor } from './cursor.js';

/**
 * Cursors in order of their next event: earlier time first, among equal times the lower rank (as trace-cmd reads them).
 * A binary heap whose top is the cursor to read from.
 */
export class CursorHeap {
  readonly #heap: CpuCursor[] = [];

  get top(): CpuCursor | undefined {
    return this.#heap[0];
  }

  /** The cursor that is next after the top one, or undefined. */
  get second(): CpuCursor | undefined {
    const left = this.#heap[1];
    const right = this.#heap[2];
    return left && right && isBefore(right, left) ? right : left;
  }

  /** Adds a cursor that stands at an event. */
  push(cursor: CpuCursor): void {
    const heap = this.#heap;
    let at = heap.push(cursor) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as CpuCursor;
      if (!isBefore(cursor, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = cursor;
  }

  /** Takes the top cursor out. */
  pop(): void {
    const last = this.#heap.pop();
    if (last && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.settleTop();
    }
  }

  /** Puts the top cursor where its new event belongs. */
  settleTop(): void {
    const heap = this.#heap;
    const cursor = heap[0];
    if (!cursor) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      let below = heap[child];
      if (!below) break;
      const right = heap[child + 1];
      if (right && isBefore(right, below)) {
        below = right;
        child++;
      }
      if (!isBefore(below, cursor)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = cursor;
  }
}

/** Whether `a`'s event comes before `b`'s. */
export function isBefore(a: CpuCursor, b: CpuCursor): boolean {
  return a.time < b.time || (a.time === b.time && a.rank < b.rank);
}
