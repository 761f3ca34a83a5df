import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InputError } from '../../model/report.js';
import { type ByteFeed, PieceFeed, pieces } from './feed.js';
import { unxz } from './xz.js';
import { unzstd } from './zstd.js';

/** How an input is stored. */
export type Storage = 'plain' | 'gzip' | 'xz' | 'zstd';

const MAGIC: readonly (readonly [Storage, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];
/** Bytes that {@link storageOf} wants to see. */
export const MAGIC_LENGTH = 6;
/** Compressed bytes handed to a decompressor at once, and what it may hand out at once. */
const COMPRESSED_PIECE = 1 << 18;
const PLAIN_PIECE = 1 << 20;

/** How something is stored that begins with these bytes, whatever it is called. */
export function storageOf(head: Uint8Array): Storage {
  const found = MAGIC.find(([, magic]) => magic.every((byte, i) => head[i] === byte));
  return found ? found[0] : 'plain';
}

/**
 * The content of a stored feed. Whoever reads it gets an InputError, named `path`, where the stored data are damaged
 * or end early. Closing it leaves `stored` open.
 */
export function contentOf(stored: ByteFeed, storage: Storage, path: string): ByteFeed {
  if (storage === 'plain') return { read: (into, at) => stored.read(into, at), close: async () => {} };
  const compressed = pieces(stored, COMPRESSED_PIECE);
  const content = storage === 'gzip' ? gunzip(compressed) : storage === 'xz' ? unxz(compressed) : unzstd(compressed);
  return new PieceFeed(withProblems(content, storage, path));
}

async function* gunzip(compressed: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = Readable.from(compressed);
  const gunzipped = createGunzip({ chunkSize: PLAIN_PIECE });
  source.on('error', (error) => gunzipped.destroy(error));
  source.pipe(gunzipped);
  try {
    yield* gunzipped;
  } finally {
    source.destroy();
    gunzipped.destroy();
    // Waits for a read that is under way: afterwards nobody reads the stored bytes but whoever comes next.
    await compressed.return(undefined);
  }
}

async function* withProblems(
  content: AsyncIterable<Uint8Array>,
  storage: Storage,
  path: string,
): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    if (error instanceof InputError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError(path, undefined, `the ${storage} data are damaged or cut off (${why})`);
  }
}
