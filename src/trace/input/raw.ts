import { read } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { InputError } from '../../model/report.js';
import type { ByteFeed } from './feed.js';

const readDescriptor = promisify(read);
const STDIN = 0;
/** How long to wait for a terminal or pipe that has nothing yet and does not block. */
const RETRY_MS = 10;

/** What went wrong with a file, in the user's words. */
const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file: a part of its path is not a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'is a directory; give a recording or a kernel log',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many open files',
  EIO: 'the device reports a read error',
};

/** The one line that tells a file system error. */
export function fileProblem(path: string, error: unknown): InputError {
  if (error instanceof InputError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const problem = PROBLEMS[code] ?? `cannot be read: ${code || String(error)}`;
  return new InputError(path, undefined, problem);
}

/**
 * The bytes of a file or of standard input (`-`) as they are stored. What was read so far can be read once more, for
 * recognising what it is, until {@link release}.
 */
export class RawFeed implements ByteFeed {
  readonly #path: string;
  /** Undefined for standard input, and while suspended. */
  #handle: FileHandle | undefined;
  /** Size in bytes; 0 where it is not known (pipes). */
  readonly size: number;
  /** Stored bytes handed out, counted once. */
  position = 0;
  #kept: Buffer[] | undefined = [];
  #replay: Buffer[] = [];
  #pending: Promise<unknown> | undefined;

  private constructor(path: string, handle: FileHandle | undefined, size: number) {
    this.#path = path;
    this.#handle = handle;
    this.size = size;
  }

  /** Opens `path`. Throws InputError when it is a directory, missing, or must not be read. */
  static async open(path: string): Promise<RawFeed> {
    if (path === '-') return new RawFeed(path, undefined, 0);
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, 'r');
      const stat = await handle.stat();
      if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
      return new RawFeed(path, handle, stat.isFile() ? stat.size : 0);
    } catch (error) {
      await handle?.close();
      throw fileProblem(path, error);
    }
  }

  async read(into: Buffer, at: number): Promise<number> {
    const again = this.#replay[0];
    if (again !== undefined) {
      const count = again.copy(into, at);
      if (count === again.length) this.#replay.shift();
      else this.#replay[0] = again.subarray(count);
      return count;
    }
    const count = await this.#readNew(into, at);
    this.position += count;
    if (count > 0) this.#kept?.push(Buffer.from(into.subarray(at, at + count)));
    return count;
  }

  async #readNew(into: Buffer, at: number): Promise<number> {
    for (;;) {
      try {
        if (this.#path !== '-') this.#handle ??= await open(this.#path, 'r');
        const reading = readDescriptor(this.#handle?.fd ?? STDIN, into, at, into.length - at, null);
        this.#pending = reading;
        return (await reading).bytesRead;
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === 'EOF') return 0;
        if (code !== 'EAGAIN') throw fileProblem(this.#path, error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Goes back to the first byte; not after {@link release}. */
  rewind(): void {
    this.#replay = [...(this.#kept ?? [])];
  }

  /**
   * Gives a regular file back until the next read, which begins anew: so any number of inputs can wait for their turn,
   * and one that is never read holds nothing. What cannot be opened twice stays open.
   */
  async suspend(): Promise<void> {
    this.rewind();
    if (this.size === 0) return;
    await this.close();
    this.#kept = [];
    this.#replay = [];
    this.position = 0;
  }

  /** What was read so far need not be kept any longer. */
  release(): void {
    this.#kept = undefined;
  }

  async close(): Promise<void> {
    // A read that is under way must not find its descriptor taken by another file.
    await this.#pending?.catch(() => {});
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}
