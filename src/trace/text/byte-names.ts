import type { NameTable } from '../../model/names.js';
import { hashRange } from './ascii.js';

/** Names beyond these limits can only come from rubbish: they read as unknown, so that memory stays bounded. */
const MAX_NAMES = 4_000_000;
const MAX_BYTES = 256 * 2 ** 20;

/**
 * Names of a text recording, interned from the bytes of its lines: a JavaScript string is made only when somebody asks
 * for the text. Ids count up from 1; 0 is the unknown name.
 */
export class ByteNames implements NameTable {
  /** The bytes of all names, one after the other. */
  #arena = Buffer.alloc(1 << 16);
  #used = 0;
  #count = 1;
  /** By id. */
  #starts = new Int32Array(1024);
  #lengths = new Int32Array(1024);
  #hashes = new Int32Array(1024);
  /** Open addressing with linear probing: ids, 0 where free; never more than half full. */
  #slots = new Int32Array(4096);
  #shift = 32 - 12;
  readonly #texts: string[] = [''];
  /** Names that were left out because there were too many. */
  dropped = 0;

  /** How many names there are, the unknown one included. */
  get size(): number {
    return this.#count;
  }

  /** The id of the bytes [start, end) of `buf`, whose {@link hashRange} is `hash`; 0 for no bytes. */
  intern(buf: Uint8Array, start: number, end: number, hash: number): number {
    const length = end - start;
    if (length <= 0) return 0;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = Math.imul(hash, 0x9e3779b1) >>> this.#shift;
    for (;;) {
      const id = slots[at];
      if (id === 0) return this.#add(buf, start, length, hash, at);
      if (this.#hashes[id] === hash && this.#lengths[id] === length) {
        const arena = this.#arena;
        let theirs = this.#starts[id];
        let p = start;
        while (p < end && arena[theirs] === buf[p]) {
          p++;
          theirs++;
        }
        if (p === end) return id;
      }
      at = (at + 1) & mask;
    }
  }

  /** The id of a range whose hash is not at hand. */
  internRange(buf: Uint8Array, start: number, end: number): number {
    return this.intern(buf, start, end, hashRange(buf, start, end));
  }

  /** The id of a text that does not come from a line. */
  internText(text: string): number {
    const bytes = Buffer.from(text, 'utf8');
    return this.internRange(bytes, 0, bytes.length);
  }

  text(id: number): string {
    const known = this.#texts[id];
    if (known !== undefined) return known;
    if (id < 0 || id >= this.#count) return '';
    const start = this.#starts[id];
    const text = this.#arena.toString('utf8', start, start + this.#lengths[id]);
    this.#texts[id] = text;
    return text;
  }

  #add(buf: Uint8Array, start: number, length: number, hash: number, at: number): number {
    if (this.#count >= MAX_NAMES || this.#used + length > MAX_BYTES) {
      this.dropped++;
      return 0;
    }
    if (this.#used + length > this.#arena.length) {
      const larger = Buffer.alloc(Math.max(this.#arena.length * 2, this.#used + length));
      this.#arena.copy(larger, 0, 0, this.#used);
      this.#arena = larger;
    }
    const id = this.#count++;
    if (id >= this.#starts.length) this.#growRecords();
    this.#arena.set(buf.subarray(start, start + length), this.#used);
    this.#starts[id] = this.#used;
    this.#lengths[id] = length;
    this.#hashes[id] = hash;
    this.#used += length;
    this.#slots[at] = id;
    if (this.#count * 2 > this.#slots.length) this.#growSlots();
    return id;
  }

  #growRecords(): void {
    const grown = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(from.length * 2);
      to.set(from);
      return to;
    };
    this.#starts = grown(this.#starts);
    this.#lengths = grown(this.#lengths);
    this.#hashes = grown(this.#hashes);
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    this.#shift--;
    const mask = this.#slots.length - 1;
    for (let id = 1; id < this.#count; id++) {
      let at = Math.imul(this.#hashes[id], 0x9e3779b1) >>> this.#shift;
      while (this.#slots[at] !== 0) at = (at + 1) & mask;
      this.#slots[at] = id;
    }
  }
}
