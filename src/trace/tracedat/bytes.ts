import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { InputError } from '../../model/report.js';

/** Random access to the bytes of a recording: a file, or bytes already in memory. */
export interface ByteStore {
  /** Length in bytes. */
  readonly size: number;
  /** Copies bytes from `offset` on into `into`; returns how many there were (less than asked for at the end). */
  read(offset: number, into: Uint8Array): number;
  close(): void;
}

/** Bytes in memory: standard input, or a decompressed outer file. */
export function memoryStore(bytes: Uint8Array): ByteStore {
  return {
    size: bytes.length,
    read(offset, into) {
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
    close() {},
  };
}

/** A file on disk, read where needed. Throws InputError (named `path`) when it cannot be opened. */
export function fileStore(file: string, path: string): ByteStore {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    throw new InputError(
      path,
      undefined,
      `cannot be opened: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
    );
  }
  return {
    size: fstatSync(fd).size,
    read(offset, into) {
      let done = 0;
      while (done < into.length) {
        const got = readSync(fd, into, done, into.length - done, offset + done);
        if (got === 0) break;
        done += got;
      }
      return done;
    },
    close: () => closeSync(fd),
  };
}

/** The largest integer that a `number` holds exactly; file offsets and sizes above it are damage. */
const MAX_EXACT = Number.MAX_SAFE_INTEGER;

/**
 * Reads numbers and strings of the file's metadata one after the other, in the file's byte order.
 * Every read is checked against the end; what is missing becomes an InputError that names the file and the part.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly bigEndian: boolean;
  /** Next byte to read. */
  at = 0;
  readonly #view: DataView;
  readonly #path: string;
  readonly #part: string;

  constructor(bytes: Uint8Array, bigEndian: boolean, path: string, part: string) {
    this.bytes = bytes;
    this.bigEndian = bigEndian;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#path = path;
    this.#part = part;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** An InputError about the part that is read. */
  problem(what: string): InputError {
    return new InputError(this.#path, undefined, `${this.#part}: ${what}`);
  }

  #take(length: number): number {
    if (length > this.left) throw this.problem(`ends after ${this.bytes.length} bytes, in the middle of a field`);
    const at = this.at;
    this.at += length;
    return at;
  }

  u8(): number {
    return this.bytes[this.#take(1)] ?? 0;
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), !this.bigEndian);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), !this.bigEndian);
  }

  /** A 64-bit size or offset; values no file can have are damage. */
  u64(): number {
    const at = this.#take(8);
    const first = this.#view.getUint32(at, !this.bigEndian);
    const second = this.#view.getUint32(at + 4, !this.bigEndian);
    const value = this.bigEndian ? first * 2 ** 32 + second : second * 2 ** 32 + first;
    if (value > MAX_EXACT) throw this.problem('a size or offset is too large for a file');
    return value;
  }

  /** The next `length` bytes, not copied. */
  take(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** A NUL-terminated string of at most `limit` bytes. */
  text(limit = 4096): string {
    const end = this.bytes.subarray(this.at, this.at + limit).indexOf(0);
    if (end < 0) throw this.problem('a string has no end');
    const text = latin1(this.bytes.subarray(this.at, this.at + end));
    this.at += end + 1;
    return text;
  }
}

/** Text of bytes, one character a byte: kernel text is ASCII, and damaged text must not throw. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
