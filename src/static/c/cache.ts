import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { IR_VERSION, type PackedUnit, type UnitHead } from '../ir/packed.js';
import { writeAside } from '../keep.js';

/** Units on disk by what they were made from. Never fails: what cannot be read is not there, what cannot be written is not kept. */
export class UnitCache {
  readonly #folder: string | undefined;

  /** @param folder undefined for no cache */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  load(key: string): PackedUnit | undefined {
    if (this.#folder === undefined) return undefined;
    try {
      const bytes = readFileSync(this.#path(key));
      const headLength = bytes.readUInt32LE(0);
      const head = JSON.parse(bytes.toString('utf8', 4, 4 + headLength)) as UnitHead;
      // Copied, so that the head's bytes are let go.
      return { head, body: new Uint8Array(bytes.subarray(4 + headLength)) };
    } catch {
      return undefined;
    }
  }

  save(key: string, packed: PackedUnit): void {
    if (this.#folder === undefined) return;
    const head = Buffer.from(JSON.stringify(packed.head));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(head.length);
    writeAside(this.#path(key), [length, head, packed.body]);
  }

  /** File that keeps tables as JSON, by their digest. */
  tables(digest: string): string | undefined {
    return this.#folder === undefined ? undefined : join(this.#folder, 'tables', `${IR_VERSION}-${digest}`);
  }

  #path(key: string): string {
    return join(this.#folder ?? '', key.slice(0, 2), key.slice(2));
  }
}

/** Key of a file's unit: its name, its bytes, the tables and the version of what made it. */
export function unitKey(file: string, bytes: Uint8Array, tables: string): string {
  return createHash('sha1').update(`${IR_VERSION}\0${tables}\0${file}\0`).update(bytes).digest('hex');
}

/** Where caches go: LOCKVET_CACHE, else the user's cache folder. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env.LOCKVET_CACHE !== undefined) return env.LOCKVET_CACHE === '' ? undefined : env.LOCKVET_CACHE;
  const base = env.XDG_CACHE_HOME || (env.HOME === undefined ? homedir() : join(env.HOME, '.cache'));
  return base === '' ? undefined : join(base, 'lockvet');
}
