import type { EventSink } from '../../model/events.js';
import { HASH, NEWLINE, SPACE } from './ascii.js';
import { Dispatcher } from './dispatch.js';
import { HeaderReader } from './header.js';
import { Line } from './line.js';
import { Odd, oddLine } from './odd-lines.js';

/** How many unreadable lines are kept to be shown, and how much of each. */
const SAMPLES = 3;
const SAMPLE_LENGTH = 160;
/** Comments after this many lines cannot be the flags column's legend. */
const LEGEND_LINES = 64;

/** Scanners look so many bytes ahead before they see the line's end. */
export const PADDING = 64;

/** A line that could not be read. */
export interface UnreadableLine {
  /** 1-based. */
  line: number;
  text: string;
}

/**
 * Reads the lines of a recording: ftrace's `trace` and `trace_pipe`, trace-cmd report, perf script, and what lockvet
 * itself writes. Each event goes to the sink; whatever the bytes are, nothing is thrown.
 */
export class TextParser {
  readonly #line: Line;
  readonly #headers = new HeaderReader();
  readonly #dispatcher: Dispatcher;
  /** Lines begun so far. */
  lines = 0;
  /** Lines that could not be read, and the first of them. */
  unreadable = 0;
  readonly samples: UnreadableLine[] = [];
  /** Places where the recorder lost events, and how many where it tells. */
  losses = 0;
  lostEvents = 0;
  /** Called at every unreadable line: to stop there, throw. */
  onUnreadable: (line: UnreadableLine) => void = () => {};

  constructor(sink: EventSink) {
    this.#line = new Line(sink);
    this.#dispatcher = new Dispatcher(this.#line);
  }

  /** Events handed to the sink. */
  get events(): number {
    return this.#dispatcher.events;
  }

  /** Events of kinds that lockvet has no use for. */
  get others(): number {
    return this.#dispatcher.others;
  }

  /** How the lines last read were written. */
  get form(): { isPerf: boolean; inSeconds: boolean } {
    return this.#headers;
  }

  get names(): Line['names'] {
    return this.#line.names;
  }

  /** Where the events go from now on. */
  set sink(sink: EventSink) {
    this.#line.sink = sink;
  }

  /** Reads the lines in [start, end) of `buf`; the last byte must be a newline. */
  read(buf: Buffer, start: number, end: number): void {
    if (buf.length - end < PADDING) {
      const padded = Buffer.alloc(end - start + PADDING);
      buf.copy(padded, 0, start, end);
      this.read(padded, 0, end - start);
      return;
    }
    const line = this.#line;
    line.buf = buf;
    line.view = new DataView(buf.buffer, buf.byteOffset, buf.length);
    let at = start;
    while (at < end) {
      line.header.line = ++this.lines;
      line.newline = -1;
      if (this.#headers.read(line, at)) {
        if (!this.#dispatcher.dispatch()) this.#unreadable(at);
      } else {
        line.pos = at;
        this.#odd(at);
      }
      if (line.newline < at) line.newline = buf[line.pos] === NEWLINE ? line.pos : buf.indexOf(NEWLINE, line.pos);
      at = line.newline + 1;
      // Only a reader that left its line could make this 0; never go back.
      if (at <= 0) return;
    }
  }

  /** Counts a line that was too long to be one. */
  skipLine(text: string): void {
    this.lines++;
    this.#note(text);
  }

  #odd(at: number): void {
    const buf = this.#line.buf;
    let p = at;
    while (buf[p] === SPACE) p++;
    if (buf[p] === NEWLINE) return;
    if (buf[p] === HASH) {
      if (this.lines <= LEGEND_LINES) this.#headers.flags.legend(this.#text(at));
      return;
    }
    const odd = oddLine(this.#text(at));
    if (odd === Odd.Unreadable) {
      this.#unreadable(at);
    } else if (odd !== Odd.Silent) {
      this.losses++;
      this.lostEvents += odd.count;
      this.#line.sink.lostEvents(odd.cpu, odd.count);
    }
  }

  #unreadable(at: number): void {
    this.#note(this.unreadable < SAMPLES ? this.#text(at) : '');
  }

  #note(text: string): void {
    this.unreadable++;
    const sample = { line: this.lines, text };
    if (this.samples.length < SAMPLES) this.samples.push(sample);
    this.onUnreadable(sample);
  }

  /** The first part of the line that starts at `at`. */
  #text(at: number): string {
    const buf = this.#line.buf;
    const newline = buf.indexOf(NEWLINE, at);
    const text = buf.toString('utf8', at, Math.min(newline, at + SAMPLE_LENGTH));
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  }
}
