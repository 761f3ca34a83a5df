import { BRACKET, COLON, DASH, digitsBefore, NEWLINE, SLASH, SPACE, ZERO } from './ascii.js';
import { readBracketedCpu, readCpu } from './cpu.js';
import type { FlagsColumn } from './flags-column.js';
import type { Line } from './line.js';
import { StampReader } from './stamp.js';

/** Comms take 16 columns, right aligned, in ftrace and trace-cmd. */
const COMM_COLUMNS = 16;
/** Words of a line's beginning that are compared with the line before. */
const PREFIX_WORDS = 12;

/**
 * Reads what stands before an event's fields: `TASK-PID [CPU] FLAGS TIMESTAMP: EVENT:` of ftrace and trace-cmd,
 * `TASK PID [CPU] TIMESTAMP: GROUP:EVENT:` of perf script.
 */
export class HeaderReader {
  readonly #stamp = new StampReader();
  /** Length of the last aligned `TASK-PID [CPU]`, 0 when the records do not hold what it says; and its words. */
  #prefix = 0;
  readonly #prefixWords = new Int32Array(PREFIX_WORDS);
  /** Whether the line last read was perf's: that form is then tried first. */
  isPerf = false;

  /** The flags column, whose legend the recording's head may hold. */
  get flags(): FlagsColumn {
    return this.#stamp.flags;
  }

  /** Whether timestamps are in seconds; otherwise they are ticks of a clock without unit. */
  get inSeconds(): boolean {
    return this.#stamp.inSeconds;
  }

  /**
   * Reads the header of the line that starts at `start` into the line's records and moves it behind the event's name.
   * False when the line has no header.
   */
  read(line: Line, start: number): boolean {
    if (this.#prefix > 0 && this.#samePrefix(line.view, start)) {
      if (this.#stamp.read(line, start + this.#prefix)) return true;
    }
    this.#prefix = 0;
    const aligned = this.#aligned(line, start);
    if (aligned >= 0 && this.#stamp.read(line, aligned)) {
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
    p = readCpu(line, p);
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
      const cpu = readCpu(line, digits);
      if (cpu < 0 || !this.#stamp.read(line, cpu)) continue;
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
      const cpu = readBracketedCpu(line, p);
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
      if (!this.#stamp.read(line, cpu)) continue;
      let commEnd = pid;
      while (commEnd > start && buf[commEnd - 1] === SPACE) commEnd--;
      line.header.pid = buf[pid] === DASH ? -tid : tid;
      line.header.comm = line.names.internRange(buf, line.skipSpaces(start), commEnd);
      this.isPerf = true;
      return true;
    }
    return false;
  }
}
