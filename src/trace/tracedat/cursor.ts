import { COMMIT_MASK, MISSED_EVENTS, MISSED_STORED, type PageFormat } from './page-format.js';

/** Some whole ring buffer pages of one CPU. */
export interface Block {
  /** The pages; words are in the machine's order, see words.ts. At least one word longer than the pages. */
  words: Int32Array;
  /** Words of pages in it. */
  length: number;
}

/** Type codes of an event header; smaller values are lengths in words. */
const Type = { Large: 0, LastLength: 28, Padding: 29, TimeExtend: 30, TimeStamp: 31 } as const;

/** Bits of an absolute time stamp event; the five above it are those of the time before. */
const STAMP_BITS = 59;

/**
 * Walks the events of one CPU. `advance()` makes the fields below describe the next event; they are read directly, since
 * this is the innermost loop.
 */
export class CpuCursor {
  readonly cpu: number;
  /** Position among cursors of equal time: buffers in file order, then CPUs. */
  readonly rank: number;
  readonly buffer: number;
  words: Int32Array = new Int32Array(1);
  /** Time of the event, in units of the recording's clock. */
  time = 0;
  /** Word where the event's fields start, and how many words they have. */
  event = 0;
  eventWords = 0;
  /** Events lost before this event: -1 none, 0 unknown how many. Whoever handles the event sets it back to -1. */
  lost = -1;
  /** Pages and parts of pages that made no sense and were left out. */
  damagedPages = 0;

  readonly #format: PageFormat;
  readonly #pageWords: number;
  readonly #bigEndian: boolean;
  readonly #typeShift: number;
  readonly #deltaShift: number;
  #at = 0;
  #pageEnd = 0;
  #nextPage = 0;
  #length = 0;

  constructor(cpu: number, rank: number, buffer: number, format: PageFormat, pageSize: number, bigEndian: boolean) {
    this.cpu = cpu;
    this.rank = rank;
    this.buffer = buffer;
    this.#format = format;
    this.#pageWords = pageSize >> 2;
    this.#bigEndian = bigEndian;
    this.#typeShift = bigEndian ? 27 : 0;
    this.#deltaShift = bigEndian ? 0 : 5;
  }

  /** Goes on with the next block; call {@link advance} afterwards. */
  accept(block: Block): void {
    this.words = block.words;
    this.#length = block.length;
    this.#nextPage = 0;
    this.#at = 0;
    this.#pageEnd = 0;
  }

  /** Moves to the next event; false when the block has no more. */
  advance(): boolean {
    const words = this.words;
    for (;;) {
      while (this.#at < this.#pageEnd) {
        const header = words[this.#at++] as number;
        const type = (header >>> this.#typeShift) & 31;
        const delta = (header >>> this.#deltaShift) & 0x7ffffff;
        if (type <= Type.LastLength) {
          this.time += delta;
          let length = type;
          if (type === Type.Large) length = (((words[this.#at++] as number) >>> 0) - 1) >>> 2;
          const start = this.#at;
          if (length === 0 || start + length > this.#pageEnd) {
            this.#giveUpPage();
            break;
          }
          this.event = start;
          this.eventWords = length;
          this.#at = start + length;
          return true;
        }
        if (!this.#special(type, delta)) break;
      }
      if (!this.#openPage()) return false;
    }
  }

  /** Handles an event that only carries time or fills space; false when the rest of the page is empty. */
  #special(type: number, delta: number): boolean {
    const word = this.words[this.#at] as number;
    if (type === Type.Padding) {
      // Without a delta it fills the page up; with one it stands for an event that was discarded.
      if (delta === 0) {
        this.#at = this.#pageEnd;
        return false;
      }
      this.time += delta;
      this.#at += Math.max(1, (word >>> 0) >>> 2);
      return true;
    }
    this.#at++;
    const value = (word >>> 0) * 0x8000000 + delta;
    if (type === Type.TimeExtend) this.time += value;
    else this.time = value + Math.floor(this.time / 2 ** STAMP_BITS) * 2 ** STAMP_BITS;
    return true;
  }

  /** Gives up the current page: its events can no longer be found. */
  #giveUpPage(): void {
    this.damagedPages++;
    this.lost = 0;
    this.#at = this.#pageEnd;
  }

  /** Starts the next page that has events; false at the end of the block. */
  #openPage(): boolean {
    const { timeWord, commitWord, dataWord } = this.#format;
    while (this.#nextPage + this.#pageWords <= this.#length) {
      const page = this.#nextPage;
      this.#nextPage += this.#pageWords;
      const commit = this.words[page + commitWord] as number;
      const dataWords = (commit & COMMIT_MASK) >> 2;
      if (dataWord + dataWords > this.#pageWords) {
        this.damagedPages++;
        this.lost = 0;
        continue;
      }
      if ((commit & MISSED_EVENTS) !== 0) this.lost = this.#missed(commit, page + dataWord + dataWords);
      this.time = this.#pairAt(page + timeWord);
      this.#at = page + dataWord;
      this.#pageEnd = this.#at + dataWords;
      return true;
    }
    return false;
  }

  /** How many events were lost before the page: stored behind its data, where there was room. */
  #missed(commit: number, end: number): number {
    const { longWords } = this.#format;
    if ((commit & MISSED_STORED) === 0 || end + longWords > this.#nextPage) return 0;
    return longWords === 2 ? this.#pairAt(end) : (this.words[end] as number) >>> 0;
  }

  #pairAt(word: number): number {
    const first = (this.words[word] as number) >>> 0;
    const second = (this.words[word + 1] as number) >>> 0;
    return this.#bigEndian ? first * 4294967296 + second : second * 4294967296 + first;
  }
}
