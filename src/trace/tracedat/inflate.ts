import { inflateSync } from 'node:zlib';
import { ZSTDDecoder } from 'zstddec';
import type { Compression } from './layout.js';

/**
 * Decompresses one block to exactly `size` bytes; undefined when the block is damaged or has another size.
 * The result may be reused by nobody else, but must be copied where it has to live long.
 */
export type Inflater = (compressed: Uint8Array, size: number) => Uint8Array | undefined;

/** What a single compressed block may grow to; more is a hostile length, not a recording. */
export const MAX_BLOCK_BYTES = 64 * 2 ** 20;

/** The decompressor of a recording's algorithm, ready for use. */
export async function openInflater(compression: Compression): Promise<Inflater> {
  switch (compression) {
    case 'none':
      return (bytes, size) => (bytes.length === size ? bytes : undefined);
    case 'zlib':
      return guarded((bytes, size) => inflateSync(bytes, { maxOutputLength: size }));
    case 'zstd': {
      const decoder = new ZSTDDecoder();
      await decoder.init();
      return guarded((bytes, size) => decoder.decode(bytes, size));
    }
  }
}

/** Turns every way to fail (an exception, a trap of the compiled decoder, another size) into undefined. */
function guarded(inflate: (compressed: Uint8Array, size: number) => Uint8Array): Inflater {
  return (compressed, size) => {
    if (size <= 0 || size > MAX_BLOCK_BYTES || compressed.length === 0) return undefined;
    try {
      const bytes = inflate(compressed, size);
      return bytes.length === size ? bytes : undefined;
    } catch {
      return undefined;
    }
  };
}
