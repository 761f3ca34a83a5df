import { rmSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ByteFeed } from './input/feed.js';

/** Contents up to this size stay in memory. */
const IN_MEMORY = 64 * 2 ** 20;
const PIECE = 4 * 2 ** 20;

/** Content that can be read at any place: in memory, or in a temporary file. */
export interface Spilled {
  from: { bytes: Buffer } | { file: string };
  /** Removes the temporary file. */
  discard(): Promise<void>;
}

/** Makes a stream's content readable at any place, for formats that need it. Memory stays bounded. */
export async function spill(feed: ByteFeed): Promise<Spilled> {
  const pieces: Buffer[] = [];
  let size = 0;
  for (;;) {
    const piece = Buffer.allocUnsafe(PIECE);
    const count = await feed.read(piece, 0);
    if (count === 0) return { from: { bytes: Buffer.concat(pieces) }, discard: async () => {} };
    pieces.push(count < PIECE ? Buffer.from(piece.subarray(0, count)) : piece);
    size += count;
    if (size > IN_MEMORY) return await toFile(pieces, feed);
  }
}

async function toFile(pieces: readonly Buffer[], feed: ByteFeed): Promise<Spilled> {
  const folder = await mkdtemp(join(tmpdir(), 'lockvet-'));
  const removeAtExit = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeAtExit);
  const discard = async (): Promise<void> => {
    process.off('exit', removeAtExit);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const file = join(folder, 'content');
    const handle = await open(file, 'w');
    try {
      for (const piece of pieces) await handle.write(piece);
      const piece = Buffer.allocUnsafe(PIECE);
      for (let count = await feed.read(piece, 0); count > 0; count = await feed.read(piece, 0)) {
        await handle.write(piece, 0, count);
      }
    } finally {
      await handle.close();
    }
    return { from: { file }, discard };
  } catch (error) {
    await discard();
    throw error;
  }
}
