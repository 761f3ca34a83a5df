import type { DuckDBConnection } from '@duckdb/node-api';
import { select } from '../rows.js';
import { UnknownName } from './question.js';

/** Kinds of locks that stand for all classes of the kind: what lock_kind() says. */
export const LOCK_KINDS = ['raw_spinlock_t', 'spinlock_t', 'sleeping lock', 'rcu_read_lock'] as const;

/** Other words for them: their locks have one wait type. */
const KIND_WORDS = new Map<string, string>([
  ...LOCK_KINDS.map((kind) => [kind, kind] as const),
  ['rwlock_t', 'spinlock_t'],
  ['local_lock_t', 'spinlock_t'],
  ['mutex', 'sleeping lock'],
  ['rwsem', 'sleeping lock'],
]);

/** Which classes a user means: a condition on lv.classes, and its parameter. */
export interface ClassChoice {
  /** A query for their numbers; it uses the parameter `$NAME`. */
  readonly ids: string;
  readonly value: string;
}

/**
 * The classes of this name as lockdep shows it, or of this name without `#2`, or of this kind (`raw_spinlock_t`). Throws UnknownName.
 * @param parameter name of the parameter
 */
export async function choose(connection: DuckDBConnection, given: string, parameter: string): Promise<ClassChoice> {
  for (const column of ['name', 'stable_name']) {
    const found = await select(connection, `SELECT 1 FROM lv.classes WHERE ${column} = $given LIMIT 1`, { given });
    if (found.length > 0) {
      return { ids: `SELECT class_id FROM lv.classes WHERE ${column} = $${parameter}`, value: given };
    }
  }
  const kind = KIND_WORDS.get(given);
  if (kind !== undefined) {
    const ids = `SELECT class_id FROM lv.classes WHERE lock_kind(wait_outer, wait_inner) = $${parameter}`;
    return { ids, value: kind };
  }
  throw new UnknownName('lock class', given, [...(await classNames(connection)), ...KIND_WORDS.keys()]);
}

/** Names of all classes, sorted. */
export async function classNames(connection: DuckDBConnection): Promise<string[]> {
  const rows = await select(connection, 'SELECT DISTINCT name FROM lv.classes ORDER BY name');
  return rows.map(({ name }) => String(name));
}

/** The one fingerprint that begins so. Throws UnknownName where there is none, or more than one. */
export async function fingerprintOf(connection: DuckDBConnection, given: string): Promise<string> {
  const rows = await select(
    connection,
    'SELECT DISTINCT fingerprint FROM lv.findings WHERE starts_with(fingerprint, $given) ORDER BY fingerprint LIMIT 2',
    { given },
  );
  const [first, second] = rows.map(({ fingerprint }) => String(fingerprint));
  if (second !== undefined && first !== given) throw new UnknownName('single fingerprint that begins with', given, []);
  if (first !== undefined && given !== '') return first;
  const known = await select(connection, 'SELECT DISTINCT fingerprint FROM lv.findings ORDER BY fingerprint');
  throw new UnknownName(
    'finding with the fingerprint',
    given,
    known.map((row) => String(row.fingerprint)),
  );
}

/** Checks that a run is there. Throws UnknownName. */
export async function checkRun(connection: DuckDBConnection, run: number): Promise<void> {
  const found = await select(connection, 'SELECT 1 FROM lv.runs WHERE run_id = $run', { run });
  if (found.length > 0) return;
  const [range] = await select(connection, 'SELECT min(run_id) AS low, max(run_id) AS high FROM lv.runs');
  const known =
    range?.low === null || range === undefined ? 'the store is empty' : `there are ${range.low} to ${range.high}`;
  throw new UnknownName('run', `${run} (${known})`, []);
}
