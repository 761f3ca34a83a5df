import type { EventSink } from '../../model/events.js';
import { NullSink } from '../../model/events.js';
import { InputError } from '../../model/report.js';
import type { ByteFeed } from '../input/feed.js';
import type { EventSource, ReadSummary } from '../source.js';
import { NEWLINE } from './ascii.js';
import type { ByteNames } from './byte-names.js';
import { PADDING, TextParser } from './parser.js';
import type { TextForm } from './recognise.js';

/** Bytes read at once. */
const PIECE = 2 ** 20;
/** Longest line; the kernel's are at most a page. Also the room before a piece for the line that it continues. */
const MAX_LINE = 2 ** 16;

/** Settings of reading a text. */
export interface TextOptions {
  /** A line that cannot be read is an InputError instead of a count. */
  strict?: boolean | undefined;
  /** Called now and then while the text is read. */
  onProgress?: (() => void) | undefined;
}

/** A recording in text form: ftrace, trace-cmd report or perf script. */
export class TextSource implements EventSource {
  readonly kind: TextForm['kind'];
  readonly path: string;
  readonly ticksPerSecond: number;
  readonly simulated?: true;
  readonly noValidateKey?: { hi: number; lo: number };
  readonly #parser = new TextParser(new NullSink());
  readonly #open: () => ByteFeed;
  readonly #options: TextOptions;

  /** `open` gives the text from its beginning; it is called once. */
  constructor(path: string, form: TextForm, open: () => ByteFeed, options: TextOptions = {}) {
    this.path = path;
    this.kind = form.kind;
    this.ticksPerSecond = form.ticksPerSecond;
    if (form.simulated !== undefined) this.simulated = form.simulated;
    if (form.noValidateKey !== undefined) this.noValidateKey = form.noValidateKey;
    this.#open = open;
    this.#options = options;
  }

  get names(): ByteNames {
    return this.#parser.names;
  }

  async pump(sink: EventSink): Promise<ReadSummary> {
    const parser = this.#parser;
    parser.sink = sink;
    if (this.#options.strict) {
      parser.onUnreadable = ({ line, text }) => {
        throw new InputError(this.path, line, `this line cannot be read: ${text}`);
      };
    }
    const feed = this.#open();
    try {
      const bytes = await this.#readAll(feed);
      sink.end();
      return { events: parser.events, bytes, notes: this.#notes() };
    } finally {
      await feed.close();
    }
  }

  /**
   * Two buffers take turns: while the lines of one are parsed, the next piece is read into the other. The part of a
   * line at a piece's end moves before the next piece.
   */
  async #readAll(feed: ByteFeed): Promise<number> {
    const parser = this.#parser;
    let buf = Buffer.alloc(MAX_LINE + PIECE + PADDING);
    let other = Buffer.alloc(MAX_LINE + PIECE + PADDING);
    const readInto = (into: Buffer): Promise<number> => feed.read(into.subarray(0, MAX_LINE + PIECE), MAX_LINE);
    let carried = 0;
    let skipping = false;
    let bytes = 0;
    let count = await readInto(buf);
    while (count > 0) {
      bytes += count;
      const next = readInto(other);
      // Parsing may throw before anybody waits for the read; close() then does.
      next.catch(() => {});
      const end = MAX_LINE + count;
      let start = MAX_LINE - carried;
      if (skipping) {
        const newline = buf.subarray(0, end).indexOf(NEWLINE, start);
        start = newline < 0 ? end : newline + 1;
        skipping = newline < 0;
      }
      const behind = skipping ? end : buf.lastIndexOf(NEWLINE, end - 1) + 1;
      if (behind > start) parser.read(buf, start, behind);
      const rest = Math.max(start, behind);
      carried = end - rest;
      this.#options.onProgress?.();
      count = await next;
      if (carried > MAX_LINE) {
        parser.skipLine(buf.toString('utf8', rest, rest + 80));
        carried = 0;
        skipping = true;
      } else if (count === 0 && carried > 0) {
        // The last line of a recording that was cut off, or one without its line end.
        buf[end] = NEWLINE;
        parser.read(buf, rest, end + 1);
      } else {
        buf.copy(other, MAX_LINE - carried, rest, end);
      }
      [buf, other] = [other, buf];
    }
    return bytes;
  }

  #notes(): string[] {
    const { unreadable, samples, losses, lostEvents, names, events } = this.#parser;
    const notes: string[] = [];
    if (events === 0) notes.push('no event that lockvet knows is in it');
    if (losses > 0) {
      const count = lostEvents > 0 ? `, at least ${lostEvents} events` : '';
      notes.push(`the recorder lost events at ${losses} ${losses === 1 ? 'place' : 'places'}${count}`);
    }
    if (unreadable > 0) {
      const shown = samples.map(({ line, text }) => `line ${line}: ${text.trim()}`).join('; ');
      notes.push(`${unreadable} ${unreadable === 1 ? 'line' : 'lines'} could not be read (${shown})`);
    }
    if (names.dropped > 0) notes.push(`${names.dropped} names were left out: there are too many different ones`);
    return notes;
  }
}
