import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configDigest } from './own-paths.js';

/** Texts that stand for what is on disk, by name as reports give it; undefined: as if there were no such file. */
export type Texts = ReadonlyMap<string, string | undefined>;

/** Bytes; more is data that somebody generated. */
const LARGEST = 4_000_000;

/** The files as a reader is to see them; each is read once, and looked for once. */
export class Disk {
  readonly #texts: Texts;
  readonly #nameOf: (path: string) => string;
  readonly #there = new Map<string, boolean>();
  /** Nearest package of each folder: its own folder and its name. */
  readonly #packages = new Map<string, { readonly folder: string; readonly name: string }>();

  /** Of each folder's configuration. */
  readonly #configs = new Map<string, string>();

  constructor(texts: Texts, nameOf: (path: string) => string) {
    this.#texts = texts;
    this.#nameOf = nameOf;
  }

  /** Whether all files are those on disk. */
  get isPlain(): boolean {
    return this.#texts.size === 0;
  }

  exists(path: string): boolean {
    let there = this.#there.get(path);
    if (there === undefined) {
      const name = this.#nameOf(path);
      there = this.#texts.has(name) ? this.#texts.get(name) !== undefined : existsSync(path);
      this.#there.set(path, there);
    }
    return there;
  }

  /** {@link configDigest} of a file. */
  configDigest(path: string): string {
    const folder = dirname(path);
    let digest = this.#configs.get(folder);
    if (digest === undefined) {
      digest = configDigest(path);
      this.#configs.set(folder, digest);
    }
    return digest;
  }

  /** Folder of the package that a file is part of, where that package has this name. */
  readonly packageOf = (path: string, name: string): string | undefined => {
    const nearest = this.#packageAt(dirname(path));
    return nearest.name === name ? nearest.folder : undefined;
  };

  #packageAt(folder: string): { readonly folder: string; readonly name: string } {
    let nearest = this.#packages.get(folder);
    if (nearest === undefined) {
      const above = dirname(folder);
      nearest = { folder, name: packageName(join(folder, 'package.json')) };
      if (nearest.name === '' && above !== folder) nearest = this.#packageAt(above);
      this.#packages.set(folder, nearest);
    }
    return nearest;
  }

  /** The bytes of a text, or why they cannot be had. */
  read(path: string): Buffer | string {
    const bytes = this.#read(path);
    if (typeof bytes === 'string') return bytes;
    if (bytes.length > LARGEST) {
      return `not read: ${(bytes.length / 1e6).toFixed(1)} MB, a source may have ${LARGEST / 1e6}`;
    }
    return bytes.includes(0) ? 'not a text' : bytes;
  }

  #read(path: string): Buffer | string {
    const name = this.#nameOf(path);
    const text = this.#texts.get(name);
    if (text !== undefined) return Buffer.from(text, 'latin1');
    if (this.#texts.has(name)) return 'no such file';
    try {
      return readFileSync(path);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      return code === 'EACCES' ? 'permission denied' : code === 'ENOENT' ? 'no such file' : 'cannot be read';
    }
  }
}

/** '' where there is no package, or one without a name. */
function packageName(path: string): string {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof content === 'object' && content !== null && 'name' in content ? String(content.name) : '';
  } catch {
    return '';
  }
}
