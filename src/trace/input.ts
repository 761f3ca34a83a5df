import { contentOf, MAGIC_LENGTH, type Storage, storageOf } from './input/decompress.js';
import type { ByteFeed } from './input/feed.js';
import { RawFeed } from './input/raw.js';

/**
 * A file, or standard input for `-`, plain or compressed with gzip, xz or zstd: told by its first bytes, not by its
 * name. First look at its {@link head}, then read its {@link content} once.
 */
export class Input {
  /** As the user gave it. */
  readonly path: string;
  readonly storage: Storage;
  readonly #stored: RawFeed;

  private constructor(path: string, storage: Storage, stored: RawFeed) {
    this.path = path;
    this.storage = storage;
    this.#stored = stored;
  }

  /** Opens `path`. Throws InputError when it cannot be read. */
  static async open(path: string): Promise<Input> {
    const stored = await RawFeed.open(path);
    try {
      const magic = await fill(stored, Buffer.alloc(MAGIC_LENGTH));
      return new Input(path, storageOf(magic), stored);
    } catch (error) {
      await stored.close();
      throw error;
    }
  }

  /** Size as stored, in bytes; 0 where it is not known. */
  get size(): number {
    return this.#stored.size;
  }

  /** Stored bytes read so far. */
  get position(): number {
    return this.#stored.position;
  }

  /** Whether the content lies in the file as it is, so that other readers may open the file themselves. */
  get isPlainFile(): boolean {
    return this.storage === 'plain' && this.path !== '-' && this.#stored.size > 0;
  }

  /** The first bytes of the content, at most `length`. */
  async head(length: number): Promise<Buffer> {
    this.#stored.rewind();
    const content = contentOf(this.#stored, this.storage, this.path);
    try {
      return await fill(content, Buffer.alloc(length));
    } finally {
      await content.close();
    }
  }

  /** Holds as little as possible until {@link content} is called. */
  suspend(): Promise<void> {
    return this.#stored.suspend();
  }

  /** The content from its beginning. Call it once; closing it closes the input. */
  content(): ByteFeed {
    this.#stored.rewind();
    this.#stored.release();
    const content = contentOf(this.#stored, this.storage, this.path);
    return {
      read: (into, at) => content.read(into, at),
      close: async () => {
        await content.close();
        await this.close();
      },
    };
  }

  /** Gives the file back. */
  close(): Promise<void> {
    return this.#stored.close();
  }
}

/** Reads until `into` is full or the feed ends; what was read. */
async function fill(feed: ByteFeed, into: Buffer): Promise<Buffer> {
  let at = 0;
  while (at < into.length) {
    const count = await feed.read(into, at);
    if (count === 0) break;
    at += count;
  }
  return into.subarray(0, at);
}
