import { readFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { writeAside } from '../keep.js';
import { digestOf } from './store.js';

/** Bytes of a digest, as hexadecimal digits. */
const DIGEST = 40;

/** What a CommonJS module's text is wrapped into: see Node's `modules.html`, "The module wrapper". */
type Wrapper = (exports: unknown, require: NodeJS.Require, module: Module, file: string, folder: string) => void;

interface Loaded {
  readonly file: string;
  readonly script: Script;
  /** Of the file's text. */
  readonly digest: string;
  readonly isKept: boolean;
}

/**
 * The compiler's code as V8 compiled it, kept between runs: half of the time that loading the compiler takes is compiling it. Kept under
 * a digest of the compiler's own text; V8 refuses what another version of it made. Whatever fails, the compiler is loaded as any other
 * module.
 */
export class CodeCache {
  readonly #folder: string | undefined;
  readonly #files: (require: NodeJS.Require) => readonly string[];
  #loaded: Loaded[] = [];

  /**
   * @param folder undefined for no cache
   * @param files CommonJS modules, each after those that it requires
   */
  constructor(folder: string | undefined, files = compilerFiles) {
    this.#folder = folder;
    this.#files = files;
  }

  /** How many of the modules that were loaded V8 did not have to compile. */
  get taken(): number {
    return this.#loaded.filter(({ isKept }) => isKept).length;
  }

  /** Loads the modules for whoever requires them from now on, where that was not done before. */
  load(): void {
    if (this.#folder === undefined) return;
    const require = createRequire(import.meta.url);
    const files: string[] = [];
    try {
      files.push(...this.#files(require));
      if (files.some((file) => require.cache[file] !== undefined)) return;
      this.#loaded = files.map((file) => this.#one(file, require));
    } catch {
      for (const file of files) delete require.cache[file];
      this.#loaded = [];
    }
  }

  /** Keeps what V8 has compiled by now, unless it was kept already. */
  keep(): void {
    for (const { file, script, digest, isKept } of this.#loaded) {
      if (isKept) continue;
      const code = script.createCachedData();
      writeAside(this.#path(file), [Buffer.from(`${digest}${digestOf(code)}`), code]);
    }
  }

  #one(file: string, require: NodeJS.Require): Loaded {
    const bytes = readFileSync(file);
    const digest = digestOf(bytes);
    const cachedData = this.#read(file, digest);
    const text = Module.wrap(bytes.toString('utf8'));
    const script = new Script(text, { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
    const module = new Module(file);
    module.filename = file;
    require.cache[file] = module;
    const run = script.runInThisContext() as Wrapper;
    run.call(module.exports, module.exports, createRequire(file), module, file, dirname(file));
    module.loaded = true;
    return { file, script, digest, isKept: cachedData !== undefined && script.cachedDataRejected !== true };
  }

  #read(file: string, digest: string): Buffer | undefined {
    try {
      const bytes = readFileSync(this.#path(file));
      const code = bytes.subarray(2 * DIGEST);
      const isWhole = bytes.toString('latin1', 0, 2 * DIGEST) === `${digest}${digestOf(code)}`;
      return isWhole ? code : undefined;
    } catch {
      return undefined;
    }
  }

  #path(file: string): string {
    return join(this.#folder ?? '', 'code', digestOf(file, process.version, process.arch));
  }
}

/** Files of the compiler that take long to compile. */
function compilerFiles(require: NodeJS.Require): readonly string[] {
  const top = require.resolve('ts-morph');
  const common = createRequire(top).resolve('@ts-morph/common');
  return [createRequire(common).resolve('./typescript'), common, top];
}
