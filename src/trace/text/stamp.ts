import { COLON, DOT, digitsBefore, IS_NAME, NEWLINE, SPACE, ZERO } from './ascii.js';
import { Code, codeOfEvent } from './event-codes.js';
import { FlagsColumn } from './flags-column.js';
import type { Line } from './line.js';

/** Longest flags column; no kernel has more than eight characters. */
const MAX_FLAGS = 16;
/** First words of the commonest events' names. */
const LOCK = wordOf('lock');
const ACQUIRE = [wordOf('_acq'), wordOf('uire')] as const;
const RELEASE = [wordOf('_rel'), wordOf('ease')] as const;
/** Factor from a fraction of so many digits to nanoseconds. */
const TO_NANOS = [1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1];

/** Reads what is the same in all forms: the flags column, if there is one, the timestamp and the event's name. */
export class StampReader {
  readonly flags = new FlagsColumn();
  /** Whether the timestamp last read was in seconds with a fraction; otherwise it is ticks of a clock without unit. */
  inSeconds = true;

  /** From behind `[CPU]`; moves the line behind the event's name. False when these are not there. */
  read(line: Line, at: number): boolean {
    const buf = line.buf;
    const header = line.header;
    let p = at;
    while (buf[p] === SPACE) p++;
    let digit = buf[p] - ZERO;
    if (digit >= 0 && digit <= 9) {
      header.context = 0;
      header.preemptDepth = -1;
    } else {
      const column = p;
      const limit = p + MAX_FLAGS;
      while (buf[p] > SPACE && p < limit) p++;
      if (!this.flags.read(buf, column, p)) return false;
      header.context = this.flags.context;
      header.preemptDepth = this.flags.depth;
      while (buf[p] === SPACE) p++;
      digit = buf[p] - ZERO;
      if (!(digit >= 0 && digit <= 9)) return false;
    }
    let whole = 0;
    do {
      whole = whole * 10 + digit;
      digit = buf[++p] - ZERO;
    } while (digit >= 0 && digit <= 9);
    if (buf[p] === DOT) {
      const point = p;
      const enough = point + TO_NANOS.length;
      let fraction = 0;
      digit = buf[++p] - ZERO;
      while (digit >= 0 && digit <= 9 && p < enough) {
        fraction = (fraction * 10 + digit) | 0;
        digit = buf[++p] - ZERO;
      }
      this.inSeconds = true;
      header.time = whole * 1e9 + fraction * TO_NANOS[p - point - 1];
    } else {
      this.inSeconds = false;
      header.time = whole;
    }
    return buf[p] === COLON && this.#eventName(line, p + 1);
  }

  /** `EVENT:`, with perf also `GROUP:EVENT:` and a period before it. Lines without such a name are other events. */
  #eventName(line: Line, at: number): boolean {
    const { buf, view } = line;
    let p = at;
    while (buf[p] === SPACE) p++;
    let start = p;
    if (view.getInt32(p, true) === LOCK && buf[p + 12] === COLON && IS_NAME[buf[p + 13]] === 0) {
      const third = view.getInt32(p + 4, true);
      const fourth = view.getInt32(p + 8, true);
      const isAcquire = third === ACQUIRE[0] && fourth === ACQUIRE[1];
      if (isAcquire || (third === RELEASE[0] && fourth === RELEASE[1])) {
        line.event = isAcquire ? Code.LockAcquire : Code.LockRelease;
        line.pos = p + 13;
        return true;
      }
    }
    let hash = 0;
    for (;;) {
      const c = buf[p];
      if (IS_NAME[c] !== 0) {
        hash = ((hash << 5) | (hash >>> 27)) ^ c;
        p++;
        continue;
      }
      if (c === COLON && IS_NAME[buf[p + 1]] === 0) break;
      if (c === COLON || (c === SPACE && isNumber(buf, start, p))) {
        do p++;
        while (buf[p] === SPACE);
        start = p;
        hash = 0;
        continue;
      }
      // A function tracer's call, a print without a name, an event of another kind: not an error.
      line.event = 0;
      line.nameStart = start;
      line.nameEnd = p;
      line.pos = p;
      return p > start || c !== NEWLINE;
    }
    line.nameStart = start;
    line.nameEnd = p;
    line.event = codeOfEvent(buf, start, p, hash);
    line.pos = p + 1;
    return p > start;
  }
}

/** Four characters as the word that a little-endian load of them gives. */
function wordOf(text: string): number {
  return Buffer.from(text, 'latin1').readInt32LE();
}

function isNumber(buf: Uint8Array, start: number, end: number): boolean {
  return end > start && digitsBefore(buf, start, end) === start;
}
