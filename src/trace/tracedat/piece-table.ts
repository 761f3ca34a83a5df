import { type Piece, readPiece } from './words.js';

/**
 * Reads many pieces of an event in one go into {@link values}: a tight loop over tables, where a call a piece would be too
 * many for the engine to inline. Pieces that the format lacks cost nothing and stay 0.
 */
export class PieceTable {
  /** Values of the event read last, by the index that {@link add} gave. */
  readonly values: Int32Array;
  #count = 0;
  #added = 0;
  readonly #target: Uint8Array;
  readonly #word: Int32Array;
  readonly #shift: Uint8Array;
  readonly #mask: Int32Array;
  /** Pieces with a sign, or across two words: rare, read one by one. */
  readonly #others: { index: number; piece: Piece }[] = [];

  /** `capacity`: how many pieces can be added, at most 256. */
  constructor(capacity: number) {
    this.values = new Int32Array(capacity);
    this.#target = new Uint8Array(capacity);
    this.#word = new Int32Array(capacity);
    this.#shift = new Uint8Array(capacity);
    this.#mask = new Int32Array(capacity);
  }

  /** Adds a piece; its index in {@link values}. */
  add(piece: Piece): number {
    const index = this.#added++;
    if (piece.skip !== 0 || piece.extend !== 0) {
      this.#others.push({ index, piece });
    } else if (piece.mask !== 0) {
      const at = this.#count++;
      this.#target[at] = index;
      this.#word[at] = piece.word;
      this.#shift[at] = piece.shift;
      this.#mask[at] = piece.mask;
    }
    return index;
  }

  /** Reads all pieces of the event that starts at word `base`. */
  read(words: Int32Array, base: number): void {
    const values = this.values;
    const target = this.#target;
    const word = this.#word;
    const shift = this.#shift;
    const mask = this.#mask;
    for (let i = 0, count = this.#count; i < count; i++) {
      values[target[i] as number] =
        ((words[base + (word[i] as number)] as number) >>> (shift[i] as number)) & (mask[i] as number);
    }
    for (const { index, piece } of this.#others) values[index] = readPiece(words, base, piece);
  }
}
