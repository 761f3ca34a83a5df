import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { InputError } from '../model/report.js';
import { duckdb } from './library.js';
import { checkVersion, MIGRATIONS, type Migration, migrate, versionOf } from './schema/migrations.js';

/** How a store is opened. */
export interface OpenOptions {
  /** `write` makes the file where it is missing, and brings an older one up to date. */
  readonly access: 'read' | 'write';
  /** How long to wait while another process has it, in seconds. */
  readonly waitSeconds: number;
  /** Is told once, when waiting begins. */
  readonly onWait?: (problem: string) => void;
  /** More settings of the database. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Only tests have others. */
  readonly migrations?: readonly Migration[];
}

/** An open database; {@link close} it. */
export interface Opened {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
  close(): void;
}

/** Bytes 8 to 12 of every database file. */
const MAGIC = 'DUCK';
const POLL_MILLISECONDS = 50;

/**
 * Says at once what would go wrong later, without opening the database: a folder that is not there, a file that is no database.
 * Throws InputError.
 */
export function checkStoreFile(file: string): void {
  if (!existsSync(file)) {
    const folder = path.dirname(file);
    if (!existsSync(folder)) throw new InputError(file, undefined, 'cannot be written: its folder does not exist');
    return;
  }
  if (!statSync(file).isFile()) throw new InputError(file, undefined, 'is no file');
  const head = Buffer.alloc(12);
  const descriptor = openSync(file, 'r');
  try {
    const length = readSync(descriptor, head, 0, head.length, 0);
    // An empty file is what mktemp makes: a database is made in it.
    if (length > 0 && head.toString('latin1', 8) !== MAGIC) throw notOurs(file);
  } finally {
    closeSync(descriptor);
  }
}

/** Opens a store. Throws InputError where it cannot be had: missing, no store, too new, or in use for longer than `waitSeconds`. */
export async function openDatabase(file: string, options: OpenOptions): Promise<Opened> {
  const { access, migrations = MIGRATIONS } = options;
  checkStoreFile(file);
  if (access === 'write') {
    const opened = await attach(file, options, {});
    return prepared(opened, () => migrate(opened.connection, file, migrations));
  }
  if (!existsSync(file)) {
    throw new InputError(file, undefined, 'no such file; lockvet lint --store writes it');
  }
  const opened = await attach(file, options, { access_mode: 'READ_ONLY' });
  let isOld = false;
  await prepared(opened, async () => {
    const version = await versionOf(opened.connection, file);
    checkVersion(version, file, migrations);
    isOld = version < migrations.length;
  });
  if (!isOld) return opened;
  opened.close();
  (await openDatabase(file, { ...options, access: 'write', settings: {} })).close();
  return attach(file, options, { access_mode: 'READ_ONLY' });
}

async function prepared(opened: Opened, prepare: () => Promise<void>): Promise<Opened> {
  try {
    await prepare();
    return opened;
  } catch (error) {
    opened.close();
    throw error;
  }
}

async function attach(file: string, options: OpenOptions, own: Record<string, string>): Promise<Opened> {
  const { DuckDBInstance: Instance } = duckdb();
  // What a store holds is read and written by its own code: nothing is to be fetched for it.
  const settings = {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    ...options.settings,
    ...own,
  };
  const deadline = performance.now() + options.waitSeconds * 1000;
  let isWaiting = false;
  for (;;) {
    try {
      const instance = await Instance.create(file, settings);
      const connection = await instance.connect();
      return {
        instance,
        connection,
        close() {
          connection.closeSync();
          instance.closeSync();
        },
      };
    } catch (error) {
      const holder = holderOf(error);
      if (holder === undefined) throw problemOf(error, file);
      if (performance.now() >= deadline) {
        const waited = options.waitSeconds > 0 ? ` after ${options.waitSeconds} s` : '';
        throw new InputError(
          file,
          undefined,
          `is in use by another process${holder}${waited}; --store-wait waits longer`,
        );
      }
      if (!isWaiting)
        options.onWait?.(`${file}: is in use by another process${holder}; waiting up to ${options.waitSeconds} s`);
      isWaiting = true;
      await sleep(POLL_MILLISECONDS);
    }
  }
}

/** ` (PID 12)` where the error says that another process has the file, '' where it does not say which; undefined: it is another error. */
function holderOf(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : String(error);
  if (!/Could not set lock on file/.test(message)) return undefined;
  const pid = /\(PID (\d+)\)/.exec(message)?.[1];
  return pid === undefined ? '' : ` (PID ${pid})`;
}

function problemOf(error: unknown, file: string): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (/not a valid DuckDB database/.test(message)) return notOurs(file);
  if (/version number|newer version of DuckDB/i.test(message)) {
    return new InputError(file, undefined, 'was written by a newer version of the database library');
  }
  const io = /^IO Error: (?:Cannot open file "[^"]*": )?([^\n]*)/.exec(message)?.[1];
  if (io !== undefined) return new InputError(file, undefined, `cannot be opened: ${io}`);
  if (/^(?:Serialization|Fatal|Internal|Invalid)\w* Error|corrupt|checksum/i.test(message)) {
    return new InputError(file, undefined, `is damaged: ${message.split('\n')[0]}`);
  }
  return error;
}

function notOurs(file: string): InputError {
  return new InputError(file, undefined, 'is no store: it is not a DuckDB database');
}
