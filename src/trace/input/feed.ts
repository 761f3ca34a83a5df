/** Bytes that are pulled, one read at a time. */
export interface ByteFeed {
  /**
   * Fills `into` from position `at` on; how many bytes came, 0 only at the end. Reads must not overlap. Throws
   * InputError when the bytes cannot be had.
   */
  read(into: Buffer, at: number): Promise<number>;
  /** Gives back what the feed holds; reading is over. */
  close(): Promise<void>;
}

/** Pieces of a feed as buffers of their own: what decompressors take. */
export async function* pieces(feed: ByteFeed, size: number): AsyncGenerator<Buffer> {
  for (;;) {
    const piece = Buffer.allocUnsafe(size);
    const count = await feed.read(piece, 0);
    if (count === 0) return;
    yield piece.subarray(0, count);
  }
}

/** A feed over pieces that somebody else makes; `onClose` ends the maker. */
export class PieceFeed implements ByteFeed {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #onClose: () => Promise<void>;
  #piece: Uint8Array = new Uint8Array(0);
  #used = 0;
  #ended = false;

  constructor(pieces: AsyncIterable<Uint8Array>, onClose: () => Promise<void> = async () => {}) {
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#onClose = onClose;
  }

  async read(into: Buffer, at: number): Promise<number> {
    let filled = at;
    // Full buffers, not single pieces: decompressors hand out small ones.
    while (filled < into.length) {
      if (this.#used === this.#piece.length) {
        if (this.#ended) break;
        const next = await this.#pieces.next();
        if (next.done) {
          this.#ended = true;
          break;
        }
        this.#piece = next.value;
        this.#used = 0;
        continue;
      }
      const part = this.#piece.subarray(this.#used, this.#used + into.length - filled);
      into.set(part, filled);
      filled += part.length;
      this.#used += part.length;
    }
    return filled - at;
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#pieces.return?.();
    await this.#onClose();
  }
}
