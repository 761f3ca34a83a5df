import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { Answer } from '../../model/answer.js';
import { InputError } from '../../model/report.js';
import { duckdb } from '../library.js';
import { type OpenOptions, openDatabase } from '../open.js';
import { plain } from '../rows.js';
import { findings, flaky, fresh, history, runs } from './findings.js';
import { allocs, contended, heldUnder, irqUnsafe, path, whoTakes } from './locks.js';
import { classNames } from './names.js';
import type { Asked, Query, Question } from './question.js';

/** All canned questions, in the order of the help. */
export const QUESTIONS: readonly Question[] = [
  heldUnder,
  whoTakes,
  path,
  allocs,
  contended,
  irqUnsafe,
  findings,
  fresh,
  flaky,
  history,
  runs,
];

/**
 * What shuts a connection in: nothing but the store can be read, nothing written, and no setting changed back. Temporary files would
 * be written for queries that need more memory than there is; they fail instead.
 */
const SHUT_IN = [
  "SET temp_directory = ''",
  'SET enable_external_access = false',
  // The last word.
  'SET lock_configuration = true',
];

/** Answers of a store that is only read, whoever wrote the question. {@link close} it. */
export class Inquiry {
  readonly #connection: DuckDBConnection;
  readonly close: () => void;

  private constructor(connection: DuckDBConnection, close: () => void) {
    this.#connection = connection;
    this.close = close;
  }

  /** Throws InputError where the store cannot be had. */
  static async open(file: string, options: Omit<OpenOptions, 'access' | 'settings'>): Promise<Inquiry> {
    const { connection, close } = await openDatabase(file, { ...options, access: 'read' });
    for (const setting of SHUT_IN) await connection.run(setting);
    return new Inquiry(connection, close);
  }

  /** Asks a canned question. Throws UnknownName for a class, finding or run that is not there. */
  async ask(question: Question, asked: Asked): Promise<TypedAnswer> {
    return run(this.#connection, await question.query(this.#connection, asked));
  }

  /** Asks in SQL. Throws InputError with the database's words for a query that is wrong or not allowed. */
  async sql(text: string): Promise<TypedAnswer> {
    try {
      return await run(this.#connection, { sql: text });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new InputError('query', undefined, message.trim().replace(/\s*\n\s*/g, ' '));
    }
  }

  /** Names that a question's first words can be, for completion. */
  names(kind: NonNullable<Question['names']>): Promise<string[]> {
    if (kind === 'class') return classNames(this.#connection);
    return this.sql('SELECT DISTINCT fingerprint FROM findings ORDER BY 1').then(({ rows }) =>
      rows.map(([one]) => String(one)),
    );
  }
}

/** An answer with the types that the database gave its columns. */
export interface TypedAnswer extends Answer {
  readonly types: readonly DuckDBType[];
  readonly values: readonly (readonly DuckDBValue[])[];
}

async function run(connection: DuckDBConnection, { sql, values, notes = [] }: Query): Promise<TypedAnswer> {
  const { DuckDBTypeId } = duckdb();
  const numeric = new Set<number>([
    ...[DuckDBTypeId.TINYINT, DuckDBTypeId.SMALLINT, DuckDBTypeId.INTEGER, DuckDBTypeId.BIGINT, DuckDBTypeId.HUGEINT],
    ...[
      DuckDBTypeId.UTINYINT,
      DuckDBTypeId.USMALLINT,
      DuckDBTypeId.UINTEGER,
      DuckDBTypeId.UBIGINT,
      DuckDBTypeId.UHUGEINT,
    ],
    ...[DuckDBTypeId.FLOAT, DuckDBTypeId.DOUBLE, DuckDBTypeId.DECIMAL],
  ]);
  const reader = await connection.runAndReadAll(sql, { ...values });
  const types = reader.columnTypes();
  const rows = reader.getRows();
  return {
    columns: reader.deduplicatedColumnNames().map((name, at) => ({
      name,
      type: numeric.has(types[at]?.typeId ?? DuckDBTypeId.VARCHAR) ? 'number' : 'text',
    })),
    rows: rows.map((row) => row.map(plain)),
    notes,
    types,
    values: rows,
  };
}
