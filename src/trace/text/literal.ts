/** An ASCII text of at least four characters that is compared four at a time. */
export class Literal {
  readonly length: number;
  /** The text's words, little-endian; the last one ends where the text ends. */
  readonly #words: Int32Array;

  constructor(text: string) {
    const bytes = Buffer.from(text, 'latin1');
    this.length = bytes.length;
    const count = (bytes.length + 3) >> 2;
    this.#words = Int32Array.from({ length: count }, (_, i) => bytes.readInt32LE(Math.min(i * 4, bytes.length - 4)));
  }

  /** Behind the text if it stands at `at`, else -1. `view` must reach at least the text's length beyond `at`. */
  behind(view: DataView, at: number): number {
    const words = this.#words;
    const last = words.length - 1;
    for (let i = 0; i < last; i++) if (view.getInt32(at + i * 4, true) !== words[i]) return -1;
    const end = at + this.length;
    return view.getInt32(end - 4, true) === words[last] ? end : -1;
  }
}
