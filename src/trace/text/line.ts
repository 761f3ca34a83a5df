import { AllocEvent, EventHeader, type EventSink, LockAcquire } from '../../model/events.js';
import { BRACKET, HEX_VALUE, LETTER_X, NEWLINE, PAREN, PAREN_END, RETURN, SPACE, ZERO } from './ascii.js';
import { ByteNames } from './byte-names.js';
import { GfpSpellings } from './gfp-spellings.js';

/**
 * The line being read, the records that its event is told with, and the scanners that all line readers share. Scanners
 * take a position and return the one behind what they read, or -1; they never run past the line's newline.
 */
export class Line {
  buf: Buffer = Buffer.alloc(0);
  /** The same bytes, for reading four at a time. */
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Where reading stands: behind the event's name once the header is read. */
  pos = 0;
  /** The line's end as {@link findEnd} found it: its newline, or the carriage return before that. */
  end = 0;
  /** The line's newline once it is known; below the line's start before. */
  newline = -1;
  /** {@link Code} of the event. */
  event = 0;
  /** The event's name, for events that are told by name. */
  nameStart = 0;
  nameEnd = 0;
  /** What {@link address} read. */
  hi = 0;
  lo = 0;
  /** What {@link decimal} read. */
  value = 0;
  readonly header = new EventHeader();
  readonly acquire = new LockAcquire();
  /** Event probes of this recording show preemption one deeper than the probed code has it. */
  probesAddDepth = true;
  readonly alloc = new AllocEvent();
  readonly names = new ByteNames();
  /** The name id of `<...>`. */
  readonly unknownComm = this.names.internText('<...>');
  readonly gfp = new GfpSpellings();
  sink: EventSink;

  constructor(sink: EventSink) {
    this.sink = sink;
  }

  /** Looks for the line's end and leaves it in {@link end}. */
  findEnd(): number {
    let end = this.buf.indexOf(NEWLINE, this.pos);
    this.newline = end;
    if (end > this.pos && this.buf[end - 1] === RETURN) end--;
    this.end = end;
    return end;
  }

  /**
   * An address into {@link hi} and {@link lo}: up to 16 hexadecimal digits, as the kernel prints them, with `0x`, with
   * the `x` that stays behind where a reader of `%px` takes only `%p` for the format, or `(nil)`, `(null)`.
   */
  address(at: number): number {
    const buf = this.buf;
    let p = at;
    if (buf[p] === PAREN) return this.#nil(p);
    if (buf[p] === ZERO && buf[p + 1] === LETTER_X) p += 2;
    const start = p;
    let digit = 0;
    let high = 0;
    while (p < start + 8) {
      digit = HEX_VALUE[buf[p]];
      if (digit < 0) break;
      high = (high << 4) | digit;
      p++;
    }
    if (p < start + 8) {
      if (p === start) return -1;
      this.hi = 0;
      this.lo = high;
    } else {
      let low = 0;
      while (p < start + 16) {
        digit = HEX_VALUE[buf[p]];
        if (digit < 0) break;
        low = (low << 4) | digit;
        p++;
      }
      const bits = (p - start - 8) << 2;
      if (bits === 32) {
        this.hi = high;
        this.lo = low;
      } else {
        this.hi = bits === 0 ? 0 : high >>> (32 - bits);
        this.lo = (high << bits) | low;
      }
    }
    if (buf[p] === LETTER_X) p++;
    return HEX_VALUE[buf[p]] < 0 ? p : -1;
  }

  /** `(nil)` and `(null)`, with or without an `x` behind. An address that the kernel hid, `(____ptrval____)`, is none. */
  #nil(at: number): number {
    const buf = this.buf;
    if (buf[at + 1] !== 0x6e) return -1;
    let p = at + 1;
    while (buf[p] >= 0x61 && buf[p] <= 0x7a) p++;
    if (buf[p] !== PAREN_END) return -1;
    this.hi = 0;
    this.lo = 0;
    p++;
    return buf[p] === LETTER_X ? p + 1 : p;
  }

  /** Decimal digits, with a sign or not, into {@link value}. */
  decimal(at: number): number {
    const buf = this.buf;
    const negative = buf[at] === 0x2d;
    const start = negative ? at + 1 : at;
    let p = start;
    let value = 0;
    for (;;) {
      const digit = buf[p] - ZERO;
      // Characters below '0' give negative numbers.
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      p++;
    }
    if (p === start) return -1;
    this.value = negative ? -value : value;
    return p;
  }

  /** Behind `literal` if it stands at `at`. */
  literal(at: number, literal: Uint8Array): number {
    const buf = this.buf;
    for (let i = 0; i < literal.length; i++) if (buf[at + i] !== literal[i]) return -1;
    return at + literal.length;
  }

  /** Behind the first `literal` at or after `from` in the line; {@link findEnd} first. */
  find(from: number, literal: Uint8Array): number {
    const first = literal[0];
    const last = this.end - literal.length;
    for (let p = from; p <= last; p++) {
      if (this.buf[p] === first && this.literal(p, literal) >= 0) return p + literal.length;
    }
    return -1;
  }

  /** Start of the last `literal` between `from` and the line's end; {@link findEnd} first. */
  findLast(from: number, literal: Uint8Array): number {
    return this.findLastBefore(from, this.end, literal);
  }

  /** Start of the last `literal` that lies in [from, end), or -1. */
  findLastBefore(from: number, end: number, literal: Uint8Array): number {
    const first = literal[0];
    for (let p = end - literal.length; p >= from; p--) {
      if (this.buf[p] === first && this.literal(p, literal) >= 0) return p;
    }
    return -1;
  }

  /** Behind the spaces at `at`. */
  skipSpaces(at: number): number {
    let p = at;
    while (this.buf[p] === SPACE) p++;
    return p;
  }

  /** End of the word at `at`; {@link findEnd} first. */
  wordEnd(at: number): number {
    let p = at;
    while (p < this.end && this.buf[p] !== SPACE) p++;
    return p;
  }

  /** The id of the rest of the line; {@link findEnd} first. */
  restId(at: number): number {
    return this.names.internRange(this.buf, at, this.end);
  }

  /**
   * The id of the call site at `at`, and moves {@link pos} behind it: a word, and the module's name in brackets behind
   * it where there is one.
   */
  site(at: number): number {
    const buf = this.buf;
    let hash = 0;
    let p = at;
    let c = buf[p];
    while (c > SPACE) {
      hash = ((hash << 5) | (hash >>> 27)) ^ c;
      c = buf[++p];
    }
    if (c === SPACE && buf[p + 1] === BRACKET) {
      do {
        hash = ((hash << 5) | (hash >>> 27)) ^ c;
        c = buf[++p];
      } while (c > SPACE);
    }
    this.pos = p;
    return this.names.intern(buf, at, p, hash);
  }
}
