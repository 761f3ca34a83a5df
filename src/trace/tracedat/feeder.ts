import type { BatchInflater } from './batch-inflater.js';
import type { ByteStore } from './bytes.js';
import { CHUNK_NUMBERS, type ChunkBatch, type PageTreatment, wholePages } from './chunks.js';
import type { Block } from './cursor.js';
import type { CpuData } from './layout.js';

/** Delivers the pages of one CPU, block by block. */
export interface BlockFeeder {
  /** The next block, or undefined at the end. The block before it must no longer be used. */
  next(): Promise<Block | undefined>;
  /** Damaged chunks, and bytes that should be there but are not. */
  readonly damagedChunks: number;
  readonly missingBytes: number;
  /** Bytes of the file that were read so far. */
  readonly storedBytes: number;
}

/** Bytes of pages that one block aims at. */
export interface FeedLimits {
  blockBytes: number;
  /** Blocks of a CPU that exist at a time: the one being read, and those ahead. */
  blocks: number;
}

/** What all CPUs of a recording may use together; guards against files whose lengths are hostile. */
export interface FeedBudget {
  /** Bytes of memory for blocks. */
  memory: number;
  /** Bytes that may still come out of the decompressor. */
  plainBytes: number;
}

/** The budget of a file of that many bytes: far more than real recordings need (theirs shrink ten- to hundredfold). */
export function feedBudget(fileBytes: number): FeedBudget {
  return { memory: 256 * 2 ** 20, plainBytes: 64 * 2 ** 20 + 2000 * fileBytes };
}

/** Largest chunk that is believed; recorders write chunks of ten pages. */
const MAX_CHUNK_BYTES = 16 * 2 ** 20;

/** Pages stored as they are: read straight from the file. */
export class PlainFeeder implements BlockFeeder {
  readonly damagedChunks = 0;
  missingBytes = 0;
  storedBytes = 0;
  readonly #store: ByteStore;
  readonly #treatment: PageTreatment;
  readonly #words: Int32Array<ArrayBuffer>;
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(store: ByteStore, data: CpuData, treatment: PageTreatment, limits: FeedLimits, budget: FeedBudget) {
    const { pageSize } = treatment;
    this.#store = store;
    this.#treatment = treatment;
    this.#at = data.offset;
    const there = Math.max(0, Math.min(data.size, store.size - data.offset));
    const blockPages = Math.max(1, Math.floor(limits.blockBytes / pageSize));
    let pages = Math.floor(there / pageSize);
    const blockBytes = Math.min(pages, blockPages) * pageSize;
    budget.memory -= blockBytes;
    if (budget.memory < 0) pages = 0;
    this.missingBytes = data.size - pages * pageSize;
    this.#end = data.offset + pages * pageSize;
    this.#words = new Int32Array(pages === 0 ? 1 : blockBytes / 4 + 1);
    this.#bytes = Buffer.from(this.#words.buffer, 0, this.#words.byteLength - 4);
  }

  async next(): Promise<Block | undefined> {
    const length = Math.min(this.#bytes.length, this.#end - this.#at);
    if (length <= 0) return undefined;
    const bytes = this.#bytes.subarray(0, length);
    this.#store.read(this.#at, bytes);
    this.#at += length;
    this.storedBytes += length;
    if (this.#treatment.swap) bytes.swap32();
    return { words: this.#words, length: length / 4 };
  }
}

/** Room for one batch of chunks; shared, so that another thread can fill it. */
interface Slot {
  input: Uint8Array<SharedArrayBuffer>;
  output: Int32Array<SharedArrayBuffer>;
}

/** Compressed pages: read ahead and decompressed in order by a {@link BatchInflater}. */
export class ChunkFeeder implements BlockFeeder {
  damagedChunks = 0;
  missingBytes = 0;
  storedBytes = 0;
  readonly #store: ByteStore;
  readonly #treatment: PageTreatment;
  readonly #limits: FeedLimits;
  readonly #inflater: BatchInflater;
  readonly #budget: FeedBudget;
  readonly #bigEndian: boolean;
  #at: number;
  readonly #end: number;
  #chunksLeft: number;
  readonly #free: Slot[] = [];
  readonly #ahead: { slot: Slot; words: number; damaged: Promise<number> }[] = [];
  #current: Slot | undefined;

  constructor(
    store: ByteStore,
    data: CpuData,
    bigEndian: boolean,
    treatment: PageTreatment,
    limits: FeedLimits,
    inflater: BatchInflater,
    budget: FeedBudget,
  ) {
    this.#budget = budget;
    this.#store = store;
    this.#treatment = treatment;
    this.#limits = limits;
    this.#inflater = inflater;
    this.#bigEndian = bigEndian;
    for (let i = 0; i < limits.blocks; i++) this.#free.push({ input: sharedBytes(0), output: sharedWords(0) });
    // The recorder's size counts the chunks only, not the number of chunks before them.
    const end = data.offset + data.size + 4;
    this.#end = Math.min(end, store.size);
    if (data.size > 4 && end > store.size + 4) this.missingBytes = end - Math.max(store.size, data.offset);
    this.#at = data.offset + 4;
    this.#chunksLeft =
      data.size > 4 && data.offset + 4 <= store.size ? this.#view(data.offset, 4).getUint32(0, !bigEndian) : 0;
  }

  async next(): Promise<Block | undefined> {
    if (this.#current) this.#free.push(this.#current);
    this.#current = undefined;
    for (let slot = this.#free.pop(); slot !== undefined; slot = this.#free.pop()) {
      if (!this.#readAhead(slot)) break;
    }
    const first = this.#ahead.shift();
    if (!first) return undefined;
    this.#current = first.slot;
    this.damagedChunks += await first.damaged;
    return { words: first.slot.output, length: first.words };
  }

  /** Starts to decompress the next chunks into `slot`; false when there are none. */
  #readAhead(slot: Slot): boolean {
    const batch = this.#nextBatch(slot);
    if (!batch) return false;
    let bytes = 0;
    for (let i = CHUNK_NUMBERS - 1; i < batch.chunks.length; i += CHUNK_NUMBERS) bytes += batch.chunks[i] ?? 0;
    this.#ahead.push({ slot, words: bytes / 4, damaged: this.#inflater.run(batch) });
    return true;
  }

  /** Reads as many whole chunks as fit into a block, at least one; undefined at the end or where the chain is broken. */
  #nextBatch(slot: Slot): ChunkBatch | undefined {
    const { blockBytes } = this.#limits;
    const { pageSize } = this.#treatment;
    const start = this.#at;
    const chunks: number[] = [];
    let plainBytes = 0;
    while (this.#chunksLeft > 0) {
      if (this.#at + 8 > this.#end) {
        this.#breakOff();
        break;
      }
      const header = this.#view(this.#at, 8);
      const size = header.getUint32(0, !this.#bigEndian);
      const claimed = header.getUint32(4, !this.#bigEndian);
      if (claimed === 0 || claimed > MAX_CHUNK_BYTES || this.#at + 8 + size > this.#end) {
        this.#breakOff();
        break;
      }
      // Pages must not straddle chunks; a size that is no whole number of pages cannot be met, so the chunk counts as damaged.
      const plainSize = wholePages(claimed, pageSize);
      const isFull = plainBytes + plainSize > blockBytes || this.#at + 8 + size - start > blockBytes;
      if (isFull && chunks.length > 0) break;
      chunks.push(this.#at + 8 - start, size, plainSize);
      plainBytes += plainSize;
      this.#at += 8 + size;
      this.#chunksLeft--;
    }
    if (chunks.length === 0) return undefined;
    const inputBytes = this.#at - start;
    this.#budget.plainBytes -= plainBytes;
    if (this.#budget.plainBytes < 0 || !this.#makeRoom(slot, inputBytes, plainBytes / 4 + 1)) {
      this.#breakOff();
      return undefined;
    }
    this.storedBytes += inputBytes;
    this.#store.read(start, slot.input.subarray(0, inputBytes));
    return { input: slot.input, output: slot.output, chunks: Int32Array.from(chunks) };
  }

  /** Enlarges the slot where needed; false when that would take too much memory. */
  #makeRoom(slot: Slot, inputBytes: number, outputWords: number): boolean {
    const moreInput = slot.input.length < inputBytes;
    const moreOutput = slot.output.length < outputWords;
    if (moreInput) this.#budget.memory -= inputBytes - slot.input.length;
    if (moreOutput) this.#budget.memory -= (outputWords - slot.output.length) * 4;
    if (this.#budget.memory < 0) return false;
    if (moreInput) slot.input = sharedBytes(inputBytes);
    if (moreOutput) slot.output = sharedWords(outputWords);
    return true;
  }

  /** A length that cannot be: where the next chunk begins is not known any more. */
  #breakOff(): void {
    if (this.missingBytes === 0) this.missingBytes = Math.max(1, this.#end - this.#at);
    this.#chunksLeft = 0;
  }

  readonly #window = new Uint8Array(8);

  #view(offset: number, length: number): DataView {
    this.#store.read(offset, this.#window.subarray(0, length));
    return new DataView(this.#window.buffer, 0, length);
  }
}

const sharedBytes = (length: number): Uint8Array<SharedArrayBuffer> => new Uint8Array(new SharedArrayBuffer(length));
const sharedWords = (length: number): Int32Array<SharedArrayBuffer> =>
  new Int32Array(new SharedArrayBuffer(length * 4));
