import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { type PackedUnit, pack, unpackPieces } from '../ir/packed.js';
import { UnitCache, unitKey } from './cache.js';
import { type BodyParser, createParser } from './parser.js';
import { Shelf, stampOf } from './shelf.js';
import { readUnit } from './unit.js';
import { loadVocabulary, tablesDigest, type Vocabulary } from './vocabulary.js';

/** A file to read and the name it goes by in reports. */
export interface SourceFile {
  readonly path: string;
  readonly name: string;
  /** Its text, where it does not come from `path` (a revision of it). */
  readonly text?: string;
}

export interface FrontOptions {
  /** Folders of tables (`rules/kernel` and those of users). */
  readonly tables: readonly string[];
  readonly cache: string | undefined;
  /** File that keeps all units of these sources together; undefined for none. */
  readonly shelf?: string | undefined;
  /** Threads to use for reading. */
  readonly workers: number;
}

/** What a worker is given at its start. */
export interface WorkerSetup {
  readonly tables: readonly string[];
  readonly cache: string | undefined;
}

/** One file's result; `problem` says why there is none. */
export interface FrontResult {
  readonly index: number;
  readonly unit: PackedUnit | undefined;
  readonly problem: string;
}

/** Reads files one after another: what a worker does, and what is done without workers. */
export class FileReader {
  readonly #tables: readonly string[];
  readonly #digest: string;
  readonly #cache: UnitCache;
  #vocabulary: Vocabulary | undefined;
  #parser: Promise<BodyParser> | undefined;

  constructor(setup: WorkerSetup) {
    this.#tables = setup.tables;
    this.#digest = tablesDigest(setup.tables);
    this.#cache = new UnitCache(setup.cache);
  }

  /**
   * The unit of a file, from the cache where it has not changed.
   * @param earlier made of the file before it changed
   */
  async read(file: SourceFile, earlier?: PackedUnit): Promise<Read> {
    const bytes = bytesOf(file);
    if (typeof bytes === 'string') return { unit: undefined, problem: bytes };
    const key = unitKey(file.name, bytes, this.#digest);
    const known = this.#cache.load(key);
    if (known !== undefined) return { unit: known, problem: '' };
    this.#vocabulary ??= loadVocabulary(this.#tables, this.#cache.tables(this.#digest));
    this.#parser ??= createParser();
    const pieces = earlier === undefined ? [] : unpackPieces(earlier);
    const text = bytes.toString('latin1');
    const unit = pack(readUnit(file.name, text, this.#vocabulary, await this.#parser, pieces));
    this.#cache.save(key, unit);
    return { unit, problem: '' };
  }

  /** What can be told of a file without reading it as C: undefined when it has to be. */
  peek(file: SourceFile): Read | undefined {
    const bytes = bytesOf(file);
    if (typeof bytes === 'string') return { unit: undefined, problem: bytes };
    const unit = this.#cache.load(unitKey(file.name, bytes, this.#digest));
    return unit === undefined ? undefined : { unit, problem: '' };
  }
}

/** A unit, or why there is none. */
interface Read {
  readonly unit: PackedUnit | undefined;
  readonly problem: string;
}

/** A file's bytes, or why they cannot be had. */
function bytesOf(file: SourceFile): Buffer | string {
  if (file.text !== undefined) return Buffer.from(file.text, 'latin1');
  try {
    return readFileSync(file.path);
  } catch (error) {
    return systemProblem(error);
  }
}

function systemProblem(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /^[A-Z0-9]+: (.*?)(?:, \w+(?: '.*')?)?$/s.exec(message)?.[1] ?? message;
}

/** Files below this count are read without workers: starting one takes longer. */
const WORTH_WORKERS = 24;
/** With more files than this, even looking for them in the cache is work for workers. */
const MOST_PEEKED = 6000;

/**
 * Reads all files into units, in the order given, whatever the number of workers.
 * @param progress is told how many files are done
 */
export async function readUnits(
  files: readonly SourceFile[],
  options: FrontOptions,
  progress: (done: number) => void,
): Promise<FrontResult[]> {
  const reader = new FileReader(options);
  const results: FrontResult[] = [];
  const isFew = options.cache !== undefined && files.length <= MOST_PEEKED;
  const shelf =
    isFew && options.shelf !== undefined ? new Shelf(options.shelf, tablesDigest(options.tables)) : undefined;
  const stamps = new Map<number, string>();
  const find = (index: number): boolean => {
    const file = files[index] as SourceFile;
    const isOnDisk = file.text === undefined;
    const kept = isOnDisk ? shelf?.find(file.name, file.path) : undefined;
    if (kept !== undefined) {
      results.push({ index, unit: kept, problem: '' });
      return true;
    }
    // Before it is read, so that a change between the two is noticed the next time.
    if (shelf !== undefined && isOnDisk) stamps.set(index, stampOf(file.path));
    const known = reader.peek(file);
    if (known !== undefined) results.push({ index, ...known });
    return known !== undefined;
  };
  const all = [...files.keys()];
  const missing = isFew ? all.filter((index) => !find(index)) : all;
  const report = (done: number): void => progress(files.length - missing.length + done);
  // Without compiled sources (under a test runner) there is no worker to start.
  const canFork = import.meta.url.endsWith('.js');
  const read =
    missing.length < WORTH_WORKERS || options.workers < 1 || !canFork
      ? await readHere(files, missing, reader, shelf, report)
      : await readInWorkers(files, missing, options, report);
  const together = [...results, ...read].sort((a, b) => a.index - b.index);
  for (const { index, unit } of together) {
    const stamp = stamps.get(index);
    if (unit !== undefined && stamp !== undefined) shelf?.put(files[index]?.name ?? '', stamp, unit);
  }
  shelf?.save();
  return together;
}

async function readHere(
  files: readonly SourceFile[],
  wanted: readonly number[],
  reader: FileReader,
  shelf: Shelf | undefined,
  progress: (done: number) => void,
): Promise<FrontResult[]> {
  const results: FrontResult[] = [];
  for (const index of wanted) {
    const file = files[index] as SourceFile;
    results.push({ index, ...(await reader.read(file, shelf?.earlier(file.name))) });
    progress(results.length);
  }
  return results;
}

function readInWorkers(
  files: readonly SourceFile[],
  wanted: readonly number[],
  options: FrontOptions,
  progress: (done: number) => void,
): Promise<FrontResult[]> {
  const setup: WorkerSetup = { tables: options.tables, cache: options.cache };
  const count = Math.min(options.workers, Math.ceil(wanted.length / WORTH_WORKERS));
  const results: FrontResult[] = [];
  let next = 0;
  return new Promise((resolve, reject) => {
    let running = count;
    for (let i = 0; i < count; i++) {
      const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: setup });
      let flying = 0;
      const feed = (): void => {
        // Two files in flight, so that a worker never waits for the main thread.
        while (flying < 2 && next < wanted.length) {
          const index = wanted[next] as number;
          worker.postMessage({ index, file: files[index] });
          next++;
          flying++;
        }
        if (flying === 0) worker.postMessage(undefined);
      };
      worker.on('message', (result: FrontResult) => {
        results.push(result);
        flying--;
        progress(results.length);
        feed();
      });
      worker.on('error', reject);
      worker.on('exit', () => {
        running--;
        if (running === 0 && results.length === wanted.length) resolve(results);
        else if (running === 0) reject(new Error('lockvet bug: a worker ended too early'));
      });
      feed();
    }
  });
}
