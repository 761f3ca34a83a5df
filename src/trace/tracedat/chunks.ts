import { type Inflater, MAX_BLOCK_BYTES } from './inflate.js';
import { MISSED_EVENTS } from './page-format.js';

/** How decompressed pages have to be handed on. */
export interface PageTreatment {
  /** Bytes of a page. */
  pageSize: number;
  /** Whether the file's byte order is not this machine's. */
  swap: boolean;
  /** Word of a page that has its commit count. */
  commitWord: number;
}

/**
 * Some consecutive compressed chunks of one CPU, and the room for their pages. Memory is shared, so that another thread
 * can do the work; plain numbers, since copying objects between threads is slow.
 */
export interface ChunkBatch {
  input: Uint8Array<SharedArrayBuffer>;
  output: Int32Array<SharedArrayBuffer>;
  /** {@link CHUNK_NUMBERS} numbers a chunk: offset in `input`, compressed bytes, decompressed bytes (whole pages). */
  chunks: Int32Array;
}

/** Numbers that describe a chunk in {@link ChunkBatch.chunks}. */
export const CHUNK_NUMBERS = 3;

/** Rounds a claimed size up to whole pages. */
export function wholePages(size: number, pageSize: number): number {
  return Math.min(MAX_BLOCK_BYTES, Math.ceil(size / pageSize) * pageSize);
}

/**
 * Decompresses a batch. A damaged chunk leaves empty pages whose first one says that events are missing, so readers see
 * a loss where it happened. Returns how many chunks were damaged.
 */
export function inflateBatch(inflate: Inflater, batch: ChunkBatch, treatment: PageTreatment): number {
  const { input, output, chunks } = batch;
  const bytes = new Uint8Array(output.buffer, output.byteOffset, output.byteLength);
  const lostPages: number[] = [];
  let at = 0;
  for (let i = 0; i < chunks.length; i += CHUNK_NUMBERS) {
    const [offset = 0, size = 0, plainSize = 0] = chunks.subarray(i, i + CHUNK_NUMBERS);
    const plain = inflate(input.subarray(offset, offset + size), plainSize);
    if (plain) {
      bytes.set(plain, at);
    } else {
      bytes.fill(0, at, at + plainSize);
      lostPages.push(at);
    }
    at += plainSize;
  }
  if (treatment.swap) Buffer.from(output.buffer, output.byteOffset, at).swap32();
  for (const page of lostPages) output[page / 4 + treatment.commitWord] = MISSED_EVENTS;
  return lostPages.length;
}
