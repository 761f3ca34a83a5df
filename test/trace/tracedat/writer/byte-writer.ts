/** Grows a byte string, numbers in a chosen byte order. For tests only: the opposite of the reader's ByteReader. */
export class ByteWriter {
  #bytes = Buffer.alloc(4096);
  #length = 0;
  readonly bigEndian: boolean;

  constructor(bigEndian: boolean) {
    this.bigEndian = bigEndian;
  }

  get length(): number {
    return this.#length;
  }

  #room(count: number): number {
    const at = this.#length;
    while (at + count > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
    this.#length += count;
    return at;
  }

  /** Writes an integer of 1, 2, 4 or 8 bytes, wrapped to its size. */
  int(value: number | bigint, size: number): this {
    const at = this.#room(size);
    this.patch(at, value, size);
    return this;
  }

  /** Overwrites an integer that was written before. */
  patch(at: number, value: number | bigint, size: number): void {
    let rest = BigInt.asUintN(size * 8, BigInt(value));
    for (let i = 0; i < size; i++) {
      this.#bytes[at + (this.bigEndian ? size - 1 - i : i)] = Number(rest & 0xffn);
      rest >>= 8n;
    }
  }

  bytes(bytes: Uint8Array): this {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** NUL-terminated. */
  text(text: string): this {
    return this.bytes(Buffer.from(`${text}\0`, 'latin1'));
  }

  /** Zeros up to a multiple of `size`. */
  align(size: number): this {
    const missing = (size - (this.#length % size)) % size;
    return this.bytes(new Uint8Array(missing));
  }

  done(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#bytes, 0, this.#length);
  }
}
