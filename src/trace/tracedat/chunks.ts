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

/** Some consecutive compressed chunks of one CPU, and the room for their pages. Memory may be shared with a worker. */
export interface ChunkBatch {
  input: Uint8Array;
  /** By chunk: offset in `input`, compressed bytes, decompressed bytes (whole pages). */
  chunks: readonly { offset: number; size: number; plainSize: number }[];
  output: Int32Array;
}

/** Rounds a claimed size up to whole pages. */
export function wholePages(size: number, pageSize: number): number {
  return Math.min(MAX_BLOCK_BYTES, Math.ceil(size / pageSize) * pageSize);
}

/**
 * Decompresses a batch. A damaged chunk leaves empty pages whose first one says that events are missing, so readers see
 * a loss where it happened. Returns how many chunks were damaged.
 */
export function inflateBatch(inflate: Inflater, batch: ChunkBatch, treatment: PageTreatment): number {
  const { input, output } = batch;
  const bytes = new Uint8Array(output.buffer, output.byteOffset, output.byteLength);
  const lostPages: number[] = [];
  let at = 0;
  for (const { offset, size, plainSize } of batch.chunks) {
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
