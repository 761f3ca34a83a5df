import type { CpuCursor } from './cursor.js';

/** Events of a CPU that are remembered: an interrupt may add some between two instances' records of one event. */
const REMEMBERED = 64;
/** Nanoseconds that two instances take to record the same event, with room for a slow machine. */
const MAX_APART = 1_000_000;

/** The last events of one CPU. */
interface Recent {
  hashes: Int32Array;
  times: Float64Array;
  buffers: Int32Array;
  /** How many events of each later buffer were already recognised as this one: bit b for buffer b (modulo 32). */
  matched: Int32Array;
  next: number;
}

/**
 * Recognises events that several instances of one recording hold: when an event is on in two ring buffers, the kernel writes
 * it into both, one shortly after the other, and it must count once or every lock would seem to be taken twice.
 */
export class Duplicates {
  readonly #cpus = new Map<number, Recent>();
  /** Events that were left out. */
  count = 0;

  /** Whether the cursor's event was already seen in another buffer. */
  isRepeated(cursor: CpuCursor): boolean {
    const recent = this.#recent(cursor.cpu);
    const hash = hashOf(cursor);
    const bit = 1 << (cursor.buffer & 31);
    // Oldest first, so that equal events are matched in their order.
    for (let i = 0; i < REMEMBERED; i++) {
      const at = (recent.next + i) % REMEMBERED;
      if (recent.hashes[at] !== hash || recent.buffers[at] === cursor.buffer) continue;
      if (((recent.matched[at] ?? 0) & bit) !== 0 || cursor.time - (recent.times[at] ?? 0) > MAX_APART) continue;
      recent.matched[at] = (recent.matched[at] ?? 0) | bit;
      this.count++;
      return true;
    }
    const at = recent.next;
    recent.hashes[at] = hash;
    recent.times[at] = cursor.time;
    recent.buffers[at] = cursor.buffer;
    recent.matched[at] = 0;
    recent.next = (at + 1) % REMEMBERED;
    return false;
  }

  #recent(cpu: number): Recent {
    let recent = this.#cpus.get(cpu);
    if (!recent) {
      recent = {
        hashes: new Int32Array(REMEMBERED),
        times: new Float64Array(REMEMBERED).fill(Number.NEGATIVE_INFINITY),
        buffers: new Int32Array(REMEMBERED).fill(-1),
        matched: new Int32Array(REMEMBERED),
        next: 0,
      };
      this.#cpus.set(cpu, recent);
    }
    return recent;
  }
}

/** Digest of an event's bytes: type, task, context and fields. */
function hashOf(cursor: CpuCursor): number {
  const { words, event, eventWords } = cursor;
  let hash = eventWords;
  for (let i = 0; i < eventWords; i++) {
    hash = Math.imul(hash ^ (words[event + i] as number), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
