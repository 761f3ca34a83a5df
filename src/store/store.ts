import type { DuckDBConnection } from '@duckdb/node-api';
import { type Opened, type OpenOptions, openDatabase } from './open.js';
import { type LoadedRun, listRuns, loadRun } from './read.js';
import type { NewRun, StoredRun } from './record.js';
import { writeRun } from './write.js';

/** Runs, findings and lock graphs in a database file. Open it late and {@link close} it soon: nobody else can write meanwhile. */
export class Store {
  readonly #opened: Opened;

  private constructor(opened: Opened) {
    this.#opened = opened;
  }

  /** Opens a store. Throws InputError: see {@link OpenOptions}. */
  static async open(file: string, options: OpenOptions): Promise<Store> {
    return new Store(await openDatabase(file, options));
  }

  /** For the questions of this folder. */
  get connection(): DuckDBConnection {
    return this.#opened.connection;
  }

  /** Adds a run in one transaction and returns its number. Needs write access. */
  add(run: NewRun): Promise<number> {
    return writeRun(this.connection, run);
  }

  /** All runs, oldest first. */
  runs(): Promise<StoredRun[]> {
    return listRuns(this.connection);
  }

  /** A run with everything that a report needs; undefined where there is no such run. */
  load(id: number): Promise<LoadedRun | undefined> {
    return loadRun(this.connection, id);
  }

  close(): void {
    this.#opened.close();
  }
}
