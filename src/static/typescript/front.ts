import { InputError } from '../../model/report.js';
import type { TreeUnit } from '../ir/tree.js';
import { Closures } from './closures.js';
import { CodeCache } from './code-cache.js';
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
   * Reads files, and what they import. Throws InputError where a file that is given alone cannot be read or parsed; of several,
   * what is wrong is among `problems`.
   */
  static async read(given: readonly string[], options: FrontOptions): Promise<Trees> {
    const code = new CodeCache(options.store.folder);
    const reader = readerOf(given, options.disk, code);
    const facts = new Map([...options.known].map(([name, { facts: one }]) => [name, one]));
    const graph = await readGraph(given, options.disk, facts, reader);
    const trees = new Trees(options, graph, reader);
    await trees.#lower(new Set(given.length > MOST_CHECKED ? [] : given));
    trees.#tell(given);
    // The compiler's trees and types take much memory, and nothing asks for them any more.
    code.keep();
    trees.#reader = readerOf(given, options.disk, new CodeCache(undefined));
    return trees;
  }

  /** A digest of all that the walk of a file's code can come to. */
  digest(file: string): string {
    return this.#digestOf(file);
  }

  /** Files and all that they import, to be walked. */
  async units(files: Iterable<string>): Promise<readonly TreeUnit[]> {
    const units: TreeUnit[] = [];
    for (const name of this.#closures.of(files)) {
      const known = this.known.get(name);
      if (known === undefined) continue;
      let unit = this.#units.get(name) ?? keptOf(this.#options.store.load(known.key))?.unit;
      if (unit === undefined) unit = (await this.#read([name])).get(name)?.unit;
      if (unit === undefined) continue;
      this.#units.set(name, unit);
      units.push(unit);
    }
    return units;
  }

  async #lower(typed: ReadonlySet<string>): Promise<void> {
    const { store, version, known } = this.#options;
    const shapes = this.#closures.digests((name) => shapeOf(this.#byName.get(name)));
    const missing: string[] = [];
    const keys = new Map<string, string>();
    for (const { path, name, facts } of this.#graph.files.values()) {
      if (!isFollowed(path, this.#options.disk.packageOf)) continue;
      const key = digestOf(version, name, facts.digest, shapes(name));
      keys.set(name, key);
      const last = known.get(name);
      const isTyped = typed.has(name);
      if (last?.key === key && (!isTyped || last.types !== undefined)) {
        this.known.set(name, { ...last, facts });
        continue;
      }
      const kept = keptOf(store.load(key));
      if (kept === undefined || (isTyped && kept.types === undefined)) missing.push(name);
      else this.#put(name, key, kept);
    }
    for (const [name, lowered] of await this.#read(missing, typed)) {
      const key = keys.get(name) ?? '';
      this.#put(name, key, lowered);
      store.save(key, lowered);
    }
    this.#digestOf = this.#closures.digests((name) => this.known.get(name)?.digest ?? '');
  }

  #put(name: string, key: string, { unit, syntax, types }: Kept): void {
    const facts = this.#byName.get(name)?.facts;
    if (facts === undefined) return;
    this.#units.set(name, unit);
    const digest = digestOf(JSON.stringify(unit));
    this.known.set(name, {
      facts,
      key,
      digest,
      head: headOf(unit),
      syntax,
      ...(types === undefined ? {} : { types }),
    });
  }

  async #read(names: readonly string[], typed: ReadonlySet<string> = new Set()): Promise<ReadonlyMap<string, Lowered>> {
    if (names.length === 0) return new Map();
    this.read.push(...names);
    const reader = await this.#reader();
    const needed = this.#closures.of(names).flatMap((name) => this.#byName.get(name) ?? []);
    return reader.lower(
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
      for (const { line, text } of [...(known?.syntax ?? []), ...types]) this.problems.push(`${name}:${line}: ${text}`);
    }
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
