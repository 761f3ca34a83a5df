import type { DuckDBConnection } from '@duckdb/node-api';
import { InputError } from '../../model/report.js';
import { FIRST } from './first.js';
import { SECOND } from './second.js';
import { THIRD } from './third.js';

/** One step from a version of the schema to the next; a step that was released never changes. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** All steps: the version of a store is how many of them it has. */
export const MIGRATIONS: readonly Migration[] = [
  { name: 'runs, inputs, findings, evidence', sql: FIRST },
  { name: 'classes, dependencies, chains, allocations, times', sql: SECOND },
  { name: 'usage states over all inputs; locks of sources', sql: THIRD },
];

/** The version of the store that the connection leads to; 0: it is empty. Throws InputError where it is somebody else's database. */
export async function versionOf(connection: DuckDBConnection, path: string): Promise<number> {
  const found = await connection.runAndReadAll(
    `SELECT count(*) FILTER (schema_name = 'lv' AND table_name = 'migrations')::INTEGER, count(*)::INTEGER FROM duckdb_tables()`,
  );
  const [ours, all] = found.getRows()[0] ?? [];
  if (Number(ours) === 0) {
    if (Number(all) > 0) throw new InputError(path, undefined, 'is a database, but no store of lockvet');
    return 0;
  }
  const version = await connection.runAndReadAll('SELECT coalesce(max(version), 0)::INTEGER FROM lv.migrations');
  return Number(version.value(0, 0));
}

/** Throws InputError where the store was written by a newer lockvet. */
export function checkVersion(version: number, path: string, migrations: readonly Migration[]): void {
  if (version <= migrations.length) return;
  const problem = `was written by a newer lockvet: its schema is version ${version}, this one knows ${migrations.length}`;
  throw new InputError(path, undefined, problem);
}

/** Brings a store to the newest version in one transaction. Throws InputError where it is newer than this program. */
export async function migrate(
  connection: DuckDBConnection,
  path: string,
  migrations: readonly Migration[],
): Promise<void> {
  const version = await versionOf(connection, path);
  checkVersion(version, path, migrations);
  if (version === migrations.length) return;
  await connection.run('BEGIN TRANSACTION');
  try {
    if (version === 0) {
      await connection.run('CREATE SCHEMA lv');
      await connection.run('CREATE TABLE lv.migrations (version INTEGER NOT NULL, name VARCHAR NOT NULL)');
    }
    for (const [index, { name, sql }] of migrations.entries()) {
      if (index < version) continue;
      await connection.run(sql);
      await connection.run('INSERT INTO lv.migrations VALUES ($1, $2)', [index + 1, name]);
    }
    await connection.run('COMMIT');
  } catch (error) {
    await connection.run('ROLLBACK');
    throw error;
  }
}
