import {
  BRACKET,
  BRACKET_END,
  COLON,
  DASH,
  DOT,
  IS_NAME,
  NEWLINE,
  NINE,
  PAREN,
  PAREN_END,
  SLASH,
  SPACE,
  ZERO,
} from './ascii.js';
import { Code, codeOfEvent } from './event-codes.js';
import { FlagsColumn } from './flags-column.js';
import type { Line } from './line.js';

/** Comms take 16 columns, right aligned, in ftrace and trace-cmd. */
const COMM_COLUMNS = 16;
/** Words of a line's beginning that are compared with the line before. */
const PREFIX_WORDS = 12;
/** First words of the commonest events' names. */
const LOCK = wordOf('lock');
const ACQUIRE = [wordOf('_acq'), wordOf('uire')] as const;
const RELEASE = [wordOf('_rel'), wordOf('ease')] as const;
/** Longest `(TGID)`. */
const MAX_TGID = 16;
/** Factor from a fraction of so many digits to nanoseconds. */
const TO_NANOS = [1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1];

/**
 * Reads what stands before an event's fields: `TASK-PID [CPU] FLAGS TIMESTAMP: EVENT:` of ftrace and trace-cmd,
 * `TASK PID [CPU] TIMESTAMP: GROUP:EVENT:` of perf script.
 */
export class HeaderReader {
  readonly flags = new FlagsColumn();
  /** Length of the last aligned `TASK-PID [CPU]`, 0 when the records do not hold what it says; and its words. */
  #prefix = 0;
  readonly #prefixWords = new Int32Array(PREFIX_WORDS);
  /** Whether the line last read was perf's: that form is then tried first. */
  isPerf = false;
  /** Whether the timestamp last read was in seconds with a fraction; otherwise it is ticks of a clock without unit. */
  inSeconds = true;

  /**
   * Reads the header of the line that starts at `start` into the line's records and moves it behind the event's name.
   * False when the line has no header.
   */
  read(line: Line, start: number): boolean {
    if (this.#prefix > 0 && this.#samePrefix(line.view, start)) {
      if (this.#rest(line, start + this.#prefix)) return true;
    }
    this.#prefix = 0;
    const aligned = this.#aligned(line, start);
    if (aligned >= 0 && this.#rest(line, aligned)) {
      this.#keepPrefix(line.view, start, aligned);
      return true;
    }
    if (this.isPerf) return this.#perfForm(line, start) || this.#dashForm(line, start);
    return this.#dashForm(line, start) || this.#perfForm(line, start);
  }

  /** Most lines are of the same task on the same CPU as the line before: then the records need not change. */
  #samePrefix(view: DataView, start: number): boolean {
    const words = this.#prefixWords;
    const count = this.#prefix >> 2;
    for (let i = 0; i < count; i++) if (view.getInt32(start + i * 4, true) !== words[i]) return false;
    return view.getInt32(start + this.#prefix - 4, true) === words[count];
  }

  #keepPrefix(view: DataView, start: number, end: number): void {
    const length = end - start;
    const count = length >> 2;
    if (count >= PREFIX_WORDS) return;
    const words = this.#prefixWords;
    for (let i = 0; i < count; i++) words[i] = view.getInt32(start + i * 4, true);
    words[count] = view.getInt32(end - 4, true);
    this.#prefix = length;
  }

  /** The common case: the comm ends where its columns end. Behind `[CPU]`, or -1. */
  #aligned(line: Line, start: number): number {
    const buf = line.buf;
    const dash = start + COMM_COLUMNS;
    let p = start;
    while (buf[p] === SPACE) p++;
    if (p > dash) return -1;
    const comm = p;
    let hash = 0;
    while (p < dash) {
      const c = buf[p];
      if (c === NEWLINE) return -1;
      hash = ((hash << 5) | (hash >>> 27)) ^ c;
      p++;
    }
    if (buf[dash] !== DASH) return -1;
    p = dash + 1;
    const digits = p;
    let pid = 0;
    for (;;) {
      const digit = buf[p] - ZERO;
      if (digit < 0 || digit > 9) break;
      pid = (pid * 10 + digit) | 0;
      p++;
    }
    if (p === digits) return -1;
    p = this.#cpu(line, p);
    if (p < 0) return -1;
    line.header.pid = pid;
    line.header.comm = this.#known(line, line.names.intern(buf, comm, dash, hash));
    return p;
  }

  /** ftrace prints `<...>` where it does not know the comm. */
  #known(line: Line, comm: number): number {
    return comm === line.unknownComm ? 0 : comm;
  }

  /** A comm of any width up to a `-PID`, as in lines that were cut or joined with an instance's name. */
  #dashForm(line: Line, start: number): boolean {
    const buf = line.buf;
    for (let p = start; buf[p] !== NEWLINE; p++) {
      // A dash behind a space is the sign of perf's pid -1.
      if (buf[p] !== DASH || buf[p - 1] === SPACE) continue;
      const digits = line.decimal(p + 1);
      if (digits < 0 || buf[p + 1] === DASH) continue;
      const pid = line.value;
      const cpu = this.#cpu(line, digits);
      if (cpu < 0 || !this.#rest(line, cpu)) continue;
      line.header.pid = pid;
      line.header.comm = this.#commId(line, start, p);
      this.isPerf = false;
      return true;
    }
    return false;
  }

  /** Several instances in one trace-cmd report: `NAME:  COMM-PID`; the comm then still has its columns. */
  #commId(line: Line, start: number, dash: number): number {
    const buf = line.buf;
    let comm = line.skipSpaces(start);
    const column = dash - COMM_COLUMNS;
    if (column > comm && buf.lastIndexOf(COLON, column) > comm) {
      const between = buf.subarray(buf.lastIndexOf(COLON, column) + 1, column);
      if (between.every((c) => c === SPACE)) comm = line.skipSpaces(column);
    }
    return this.#known(line, line.names.internRange(buf, comm, dash));
  }

  /** perf script: the pid stands alone before `[CPU]`, or as `PID/TID`. */
  #perfForm(line: Line, start: number): boolean {
    const buf = line.buf;
    for (let p = start; buf[p] !== NEWLINE; p++) {
      if (buf[p] !== BRACKET || buf[p - 1] !== SPACE) continue;
      const cpu = this.#bracketed(line, p);
      if (cpu < 0) continue;
      let end = p;
      while (end > start && buf[end - 1] === SPACE) end--;
      let pid = digitsBefore(buf, start, end);
      if (pid === end) continue;
      line.decimal(pid);
      const tid = line.value;
      if (buf[pid - 1] === SLASH) pid = digitsBefore(buf, start, pid - 1);
      if (pid > start && buf[pid - 1] === DASH) pid--;
      if (pid > start && buf[pid - 1] !== SPACE) continue;
      if (!this.#rest(line, cpu)) continue;
      let commEnd = pid;
      while (commEnd > start && buf[commEnd - 1] === SPACE) commEnd--;
      line.header.pid = buf[pid] === DASH ? -tid : tid;
      line.header.comm = line.names.internRange(buf, line.skipSpaces(start), commEnd);
      this.isPerf = true;
      return true;
    }
    return false;
  }

  /** `[CPU]`, or `(TGID) [CPU]`, or trace-cmd's latency form, where the CPU touches the flags. Behind it, or -1. */
  #cpu(line: Line, at: number): number {
    const buf = line.buf;
    let p = at;
    while (buf[p] === SPACE) p++;
    if (buf[p] === BRACKET) return this.#bracketed(line, p);
    if (buf[p] === PAREN) {
      const limit = p + MAX_TGID;
      while (buf[p] !== PAREN_END && buf[p] !== NEWLINE && p < limit) p++;
      return buf[p] === PAREN_END ? this.#bracketed(line, line.skipSpaces(p + 1)) : -1;
    }
    const digits = p === at ? -1 : line.decimal(p);
    const next = digits < 0 ? SPACE : buf[digits];
    const isFraction = next === DOT && buf[digits + 1] >= ZERO && buf[digits + 1] <= NINE;
    if (next <= SPACE || next === COLON || isFraction) return -1;
    line.header.cpu = line.value;
    return digits;
  }

  #bracketed(line: Line, at: number): number {
    const buf = line.buf;
    if (buf[at] !== BRACKET) return -1;
    let p = at + 1;
    let cpu = 0;
    for (;;) {
      const digit = buf[p] - ZERO;
      if (digit < 0 || digit > 9) break;
      cpu = (cpu * 10 + digit) | 0;
      p++;
    }
    if (p === at + 1 || buf[p] !== BRACKET_END) return -1;
    line.header.cpu = cpu;
    return p + 1;
  }

  /** Flags column, timestamp and event name, from behind `[CPU]`. */
  #rest(line: Line, at: number): boolean {
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
      while (buf[p] > SPACE) p++;
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

/** Start of the digits that end at `end`. */
function digitsBefore(buf: Uint8Array, start: number, end: number): number {
  let p = end;
  while (p > start && buf[p - 1] >= ZERO && buf[p - 1] <= NINE) p--;
  return p;
}

function isNumber(buf: Uint8Array, start: number, end: number): boolean {
  return end > start && digitsBefore(buf, start, end) === start;
}
