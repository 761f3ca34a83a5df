import type { NameTable } from '../../model/names.js';
import type { Symbols } from './symbols.js';

/** Longest name that is kept, in words of four characters; the kernel's own are far shorter. */
const MAX_WORDS = 256;
/** Ids and characters beyond which a file can only be hostile: further names read as unknown. */
const MAX_IDS = 4_000_000;
const MAX_ARENA_WORDS = 32 * 2 ** 20;

/** What an id stands for. */
const Kind = { Text: 0, CallSite: 1, Symbol: 2 } as const;

/**
 * Names of a recording: strings are interned straight from event words, call sites from addresses, neither making a
 * JavaScript string before someone asks for the text.
 */
export class TraceNames implements NameTable {
  readonly #symbols: Symbols;
  readonly #bigEndian: boolean;
  /** Characters of all names, four a word, in the file's byte order; the last word is filled with NULs. */
  #arena = new Int32Array(4096);
  #arenaUsed = 0;
  #count = 1;
  /** By id: kind, then start in the arena and words, or high and low half of the address; and the hash. */
  #kinds = new Uint8Array(1024);
  #first = new Int32Array(1024);
  #second = new Int32Array(1024);
  #hashes = new Int32Array(1024);
  /** Open addressing: ids, 0 for a free slot. */
  #slots = new Int32Array(4096);
  readonly #texts = new Map<number, string>();
  readonly #scratch = new Int32Array(MAX_WORDS + 1);
  /** How many names had to be dropped because there were too many. */
  dropped = 0;

  constructor(symbols: Symbols, bigEndian: boolean) {
    this.#symbols = symbols;
    this.#bigEndian = bigEndian;
  }

  /** Id of the string of at most `limit` bytes that starts at byte `at` of `words` and ends at the first NUL. */
  internString(words: Int32Array, at: number, limit: number): number {
    const scratch = this.#scratch;
    const skip = (at & 3) << 3;
    let word = at >> 2;
    let hash = 0;
    let count = 0;
    let left = limit;
    while (left > 0 && count < MAX_WORDS) {
      let value = words[word++] as number;
      if (skip !== 0) {
        const next = words[word] as number;
        value = this.#bigEndian ? (value << skip) | (next >>> (32 - skip)) : (value >>> skip) | (next << (32 - skip));
      }
      const hasNul = ((value - 0x01010101) & ~value & 0x80808080) !== 0;
      if (left < 4 || hasNul) {
        value = this.#upToNul(value, left);
        if (value === 0) break;
        left = 0;
      }
      scratch[count++] = value;
      hash = Math.imul(hash ^ value, 0x9e3779b1);
      hash ^= hash >>> 15;
      left -= 4;
    }
    return count === 0 ? 0 : this.#findText(scratch, count, hash);
  }

  /** Id of a JavaScript string: for names that do not come from events. */
  internText(text: string): number {
    const bytes = Buffer.from(text.slice(0, MAX_WORDS * 4), 'latin1');
    const words = new Int32Array((bytes.length >> 2) + 2);
    for (const [i, byte] of bytes.entries()) {
      const shift = (i & 3) * 8;
      words[i >> 2] = (words[i >> 2] ?? 0) | (byte << (this.#bigEndian ? 24 - shift : shift));
    }
    return this.internString(words, 0, bytes.length);
  }

  /** Id of a call site; 0 for address 0. */
  internCallSite(hi: number, lo: number): number {
    return (hi | lo) === 0 ? 0 : this.#findAddress(Kind.CallSite, hi, lo);
  }

  /** Id of the function at an address, printed without offset; 0 for address 0. */
  internSymbol(hi: number, lo: number): number {
    return (hi | lo) === 0 ? 0 : this.#findAddress(Kind.Symbol, hi, lo);
  }

  text(id: number): string {
    if (id <= 0 || id >= this.#count) return '';
    let text = this.#texts.get(id);
    if (text === undefined) {
      text = this.#kinds[id] === Kind.Text ? this.#textOfArena(id) : this.#textOfAddress(id);
      this.#texts.set(id, text);
    }
    return text;
  }

  /** The bytes of a word before its first NUL and within `left`, the others cleared. */
  #upToNul(value: number, left: number): number {
    let kept = 0;
    for (let i = 0; i < 4 && i < left; i++) {
      const shift = this.#bigEndian ? 24 - i * 8 : i * 8;
      const byte = value & (0xff << shift);
      if (byte === 0) break;
      kept |= byte;
    }
    return kept;
  }

  #findText(scratch: Int32Array, count: number, hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (let id = this.#slots[slot] as number; id !== 0; id = this.#slots[slot] as number) {
      if (this.#hashes[id] === hash && this.#kinds[id] === Kind.Text && this.#second[id] === count) {
        const start = this.#first[id] as number;
        let i = 0;
        while (i < count && this.#arena[start + i] === scratch[i]) i++;
        if (i === count) return id;
      }
      slot = (slot + 1) & mask;
    }
    if (this.#arenaUsed + count > MAX_ARENA_WORDS) return this.#drop();
    const start = this.#arenaUsed;
    while (this.#arena.length < start + count) this.#arena = grown(this.#arena);
    this.#arena.set(scratch.subarray(0, count), start);
    this.#arenaUsed += count;
    return this.#add(slot, Kind.Text, start, count, hash);
  }

  #findAddress(kind: number, hi: number, lo: number): number {
    const mask = this.#slots.length - 1;
    let hash = Math.imul(lo ^ Math.imul(hi ^ kind, 0x85ebca6b), 0x9e3779b1);
    hash ^= hash >>> 15;
    let slot = hash & mask;
    for (let id = this.#slots[slot] as number; id !== 0; id = this.#slots[slot] as number) {
      if (this.#second[id] === lo && this.#first[id] === hi && this.#kinds[id] === kind) return id;
      slot = (slot + 1) & mask;
    }
    return this.#add(slot, kind, hi, lo, hash);
  }

  #drop(): number {
    this.dropped++;
    return 0;
  }

  #add(slot: number, kind: number, first: number, second: number, hash: number): number {
    if (this.#count >= MAX_IDS) return this.#drop();
    const id = this.#count++;
    if (id >= this.#kinds.length) {
      const kinds = new Uint8Array(this.#kinds.length * 2);
      kinds.set(this.#kinds);
      this.#kinds = kinds;
      this.#first = grown(this.#first);
      this.#second = grown(this.#second);
      this.#hashes = grown(this.#hashes);
    }
    this.#kinds[id] = kind;
    this.#first[id] = first;
    this.#second[id] = second;
    this.#hashes[id] = hash;
    this.#slots[slot] = id;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 1; id < this.#count; id++) {
      const hash = this.#hashes[id] as number;
      let slot = (this.#kinds[id] === Kind.Text ? hash ^ (hash >>> 13) : hash) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }

  #textOfArena(id: number): string {
    const start = this.#first[id] as number;
    let text = '';
    for (let i = 0; i < (this.#second[id] as number); i++) {
      const word = this.#arena[start + i] as number;
      for (let byte = 0; byte < 4; byte++) {
        const code = (word >>> (this.#bigEndian ? 24 - byte * 8 : byte * 8)) & 0xff;
        if (code !== 0) text += String.fromCharCode(code);
      }
    }
    return text;
  }

  #textOfAddress(id: number): string {
    const hi = this.#first[id] as number;
    const lo = this.#second[id] as number;
    const found = this.#symbols.find(hi, lo);
    if (!found) return `0x${hex(hi, lo)}`;
    return this.#kinds[id] === Kind.Symbol ? found.name : `${found.name}+0x${found.offset.toString(16)}`;
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

function hex(hi: number, lo: number): string {
  const low = (lo >>> 0).toString(16);
  return hi === 0 ? low : (hi >>> 0).toString(16) + low.padStart(8, '0');
}
