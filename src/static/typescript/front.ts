import { setImmediate } from 'node:timers/promises';
import { InputError } from '../../model/report.js';
import type { TreeUnit } from '../ir/tree.js';
import { Closures } from './closures.js';
import { CodeCache } from './code-cache.js';
import type { Crew } from './crew.js';
import type { Disk } from './disk.js';
import { type FileFacts, type FileGraph, type FileNode, namesOf, readGraph } from './file-graph.js';
import { headOf, type TreeHead } from './heads.js';
import { isFollowed } from './places.js';
import type { Lowered, Reader } from './reader.js';
import { digestOf, type Store } from './store.js';

/** What is wrong at a line of a source. */
export interface Problem {
  readonly line: number;
  readonly text: string;
}

/** A unit as it is kept. */
interface Kept {
  readonly unit: TreeUnit;
  readonly syntax: readonly Problem[];
  /** undefined: not asked for. */
  readonly types?: readonly Problem[];
}

/** What is known of a file between runs. */
export interface Known {
  readonly facts: FileFacts;
  /** Of its unit. */
  readonly key: string;
  /** Of what is in the unit. */
  readonly digest: string;
  readonly head: TreeHead;
  readonly syntax: readonly Problem[];
  readonly types?: readonly Problem[];
}

/** With more files than this their types are not checked for errors: only what the analysis asks for is computed. */
const MOST_CHECKED = 40;

export interface FrontOptions {
  readonly disk: Disk;
  readonly store: Store;
  /** Digest of what reads sources: what another version kept is not used. */
  readonly version: string;
  /** What the last run knew, by name. */
  readonly known: ReadonlyMap<string, Known>;
  /** Walks what is read while the rest is. */
  readonly crew: Crew;
}

/** Sources in the intermediate form; of each as much as is asked for. */
export class Trees {
  /** Of the files and what they import, by name. */
  readonly known = new Map<string, Known>();
  /** What is wrong with the sources, a line each. */
  readonly problems: string[] = [];
  /** Names of the files that were read anew. */
  readonly read: string[] = [];
  readonly #options: FrontOptions;
  readonly #graph: FileGraph;
  readonly #byName: ReadonlyMap<string, FileNode>;
  readonly #closures: Closures;
  readonly #units = new Map<string, TreeUnit>();
  /** The same as JSON, where other threads walk. */
  readonly #texts = new Map<string, string>();
  readonly #coming = new Coming();
  #whole: Promise<void> = Promise.resolve();
  #isFar = false;
  #reader: () => Promise<Reader>;
  #digestOf: (file: string) => string = () => '';

  private constructor(options: FrontOptions, graph: FileGraph, reader: () => Promise<Reader>) {
    this.#options = options;
    this.#graph = graph;
    this.#reader = reader;
    this.#byName = new Map([...graph.files.values()].map((file) => [file.name, file]));
    this.#closures = new Closures(importsOf(graph));
  }

  /**
   * Reads files, and what they import: at once, or where other threads walk them, while they do. Throws InputError where a file that is
   * given alone cannot be read or parsed; of several, what is wrong is among `problems`.
   */
  static async read(given: readonly string[], options: FrontOptions): Promise<Trees> {
    const code = new CodeCache(options.store.folder);
    const reader = readerOf(given, options.disk, code);
    const facts = new Map([...options.known].map(([name, { facts: one }]) => [name, one]));
    const graph = await readGraph(given, options.disk, facts, reader);
    const trees = new Trees(options, graph, reader);
    const typed = new Set(given.length > MOST_CHECKED ? [] : given);
    const missing = trees.#take(typed);
    trees.#isFar = options.crew.isWorth(missing.size);
    trees.#coming.expect(missing.keys());
    trees.#whole = trees.#lower(missing, typed).then(() => {
      trees.#tell(given);
      // The compiler's trees and types take much memory, and nothing asks for them any more.
      code.keep();
      trees.#reader = readerOf(given, options.disk, new CodeCache(undefined));
    });
    if (!trees.#isFar) await trees.#whole;
    // What goes wrong is told to whoever waits for a file, or for all.
    trees.#whole.catch(() => {});
    return trees;
  }

  /** Other threads walk the sources. */
  get isFar(): boolean {
    return this.#isFar;
  }

  /** Resolves when all is read, and `problems` told. */
  get whole(): Promise<void> {
    return this.#whole;
  }

  /** Resolves when some files are read: `known` has them. */
  has(files: Iterable<string>): Promise<void> {
    return this.#coming.all(files);
  }

  /** Resolves when some files are read, and all that they import: they can be walked. */
  hasAllOf(files: Iterable<string>): Promise<void> {
    return this.#coming.all(this.#closures.of(files));
  }

  /** A digest of all that the walk of a file's code can come to. */
  digest(file: string): string {
    return this.#digestOf(file);
  }

  /** Files and all that they import, to be walked. */
  async units(files: Iterable<string>): Promise<readonly TreeUnit[]> {
    const units: TreeUnit[] = [];
    for (const name of this.#closures.of(files)) {
      const unit = await this.#unit(name);
      if (unit !== undefined) units.push(unit);
    }
    return units;
  }

  /** The same as JSON, for another thread. */
  async unitTexts(files: Iterable<string>): Promise<readonly string[]> {
    const texts: string[] = [];
    for (const name of this.#closures.of(files)) {
      let text = this.#texts.get(name);
      if (text === undefined) {
        const unit = await this.#unit(name);
        if (unit === undefined) continue;
        text = JSON.stringify(unit);
        this.#texts.set(name, text);
      }
      texts.push(text);
    }
    return texts;
  }

  async #unit(name: string): Promise<TreeUnit | undefined> {
    const known = this.known.get(name);
    if (known === undefined) return undefined;
    const text = this.#texts.get(name);
    let unit = this.#units.get(name);
    unit ??= text === undefined ? keptOf(this.#options.store.load(known.key))?.unit : (JSON.parse(text) as TreeUnit);
    if (unit === undefined) for await (const [, lowered] of this.#read([name])) unit = lowered.unit;
    if (unit !== undefined) this.#units.set(name, unit);
    return unit;
  }

  /** Takes what is kept; the keys of the others by name. */
  #take(typed: ReadonlySet<string>): Map<string, string> {
    const { store, version, known } = this.#options;
    const shapes = this.#closures.digests((name) => shapeOf(this.#byName.get(name)));
    const missing = new Map<string, string>();
    for (const { path, name, facts } of this.#graph.files.values()) {
      if (!isFollowed(path, this.#options.disk.packageOf)) continue;
      const key = digestOf(version, name, facts.digest, shapes(name));
      const last = known.get(name);
      const isTyped = typed.has(name);
      if (last?.key === key && (!isTyped || last.types !== undefined)) {
        this.known.set(name, { ...last, facts });
        continue;
      }
      const kept = keptOf(store.load(key));
      if (kept === undefined || (isTyped && kept.types === undefined)) missing.set(name, key);
      else this.#put(name, key, kept);
    }
    this.#digestOf = this.#closures.digests((name) => this.known.get(name)?.digest ?? '');
    return missing;
  }

  async #lower(missing: ReadonlyMap<string, string>, typed: ReadonlySet<string>): Promise<void> {
    const { store } = this.#options;
    try {
      for await (const [name, lowered] of this.#read(this.#closures.inOrder(missing.keys()), typed)) {
        const key = missing.get(name) ?? '';
        this.#put(name, key, lowered);
        store.save(key, lowered);
        this.#coming.came(name);
        // Lets other threads be given what they can walk by now.
        if (this.#isFar) await setImmediate();
      }
      this.#coming.end();
    } catch (error) {
      this.#coming.end(error);
      throw error;
    }
  }

  #put(name: string, key: string, { unit, syntax, types }: Kept): void {
    const facts = this.#byName.get(name)?.facts;
    if (facts === undefined) return;
    const text = JSON.stringify(unit);
    if (this.#isFar) this.#texts.set(name, text);
    else this.#units.set(name, unit);
    const digest = digestOf(text);
    this.known.set(name, {
      facts,
      key,
      digest,
      head: headOf(unit, text),
      syntax,
      ...(types === undefined ? {} : { types }),
    });
  }

  async *#read(
    names: readonly string[],
    typed: ReadonlySet<string> = new Set(),
  ): AsyncGenerator<readonly [name: string, Lowered]> {
    if (names.length === 0) return;
    this.read.push(...[...names].sort());
    const reader = await this.#reader();
    const needed = this.#closures.of(names).flatMap((name) => this.#byName.get(name) ?? []);
    yield* reader.lower(
      needed,
      names.flatMap((name) => this.#byName.get(name) ?? []),
      typed,
    );
  }

  #tell(given: readonly string[]): void {
    // Of what a change is compared with nobody asked.
    const isAlone = given.length === 1 && this.#options.disk.isPlain;
    for (const name of [...given].sort()) {
      const unreadable = this.#graph.unreadable.get(name);
      if (unreadable !== undefined && isAlone) throw new InputError(name, undefined, unreadable);
      if (unreadable !== undefined) this.problems.push(`${name}: ${unreadable}`);
      const known = this.known.get(name);
      const [first] = known?.syntax ?? [];
      if (first !== undefined && isAlone) throw new InputError(name, first.line, first.text);
      const types = given.length > MOST_CHECKED ? [] : (known?.types ?? []);
      const lines = [...(known?.syntax ?? []), ...types].map(({ line, text }) => `${name}:${line}: ${text}`);
      this.problems.push(...new Set(lines));
    }
  }
}

/** What is still to come of some files. */
class Coming {
  readonly #awaited = new Map<string, { readonly promise: Promise<void>; settle(error?: unknown): void }>();

  expect(files: Iterable<string>): void {
    for (const file of files) {
      let settle: (error?: unknown) => void = () => {};
      const promise = new Promise<void>((resolve, reject) => {
        settle = (error) => (error === undefined ? resolve() : reject(error));
      });
      // Whoever waits for it is told, if anybody does.
      promise.catch(() => {});
      this.#awaited.set(file, { promise, settle });
    }
  }

  came(file: string): void {
    this.#awaited.get(file)?.settle();
    this.#awaited.delete(file);
  }

  /** Nothing else comes. */
  end(error?: unknown): void {
    for (const { settle } of this.#awaited.values()) settle(error);
    this.#awaited.clear();
  }

  async all(files: Iterable<string>): Promise<void> {
    for (const file of files) await this.#awaited.get(file)?.promise;
  }
}

/** The compiler, once something asks for it. */
function readerOf(given: readonly string[], disk: Disk, code: CodeCache): () => Promise<Reader> {
  let loaded: Promise<Reader> | undefined;
  const load = async (): Promise<Reader> => {
    code.load();
    const { Reader: Loaded } = await import('./reader.js');
    return new Loaded(disk, namesOf(given));
  };
  return () => {
    loaded ??= load();
    return loaded;
  };
}

/** Imports by name. What declares things for all files is imported by all. */
function importsOf({ files }: FileGraph): Map<string, string[]> {
  const ambient = [...files.values()].filter(({ facts }) => facts.ambient).map(({ name }) => name);
  return new Map(
    [...files.values()].map(({ name, facts }) => [
      name,
      [...facts.imports.flatMap(({ to }) => files.get(to)?.name ?? []), ...ambient],
    ]),
  );
}

/** What of a file, and of where its imports lead, others' types may depend on. */
function shapeOf(file: FileNode | undefined): string {
  if (file === undefined) return '';
  return digestOf(file.facts.shape, ...file.facts.imports.flatMap(({ specifier, to }) => [specifier, to]));
}

function keptOf(content: unknown): Kept | undefined {
  return content === undefined ? undefined : (content as Kept);
}
