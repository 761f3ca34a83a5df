import type { DuckDBAppender, DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { duckdb } from './library.js';

/** A value that goes into a column; what is not known is null. */
export type Cell = string | number | boolean | null | undefined | readonly string[];

/** What a column holds: text, list of texts, 8, 32 or 64 bits, double, truth. A point in time is 64 bits of microseconds. */
export type ColumnType = 'text' | 'texts' | 'tiny' | 'int' | 'big' | 'double' | 'truth';

type Convert = (cell: Exclude<Cell, null | undefined>) => DuckDBValue;

const asIs: Convert = (cell) => (typeof cell === 'object' ? String(cell) : cell);

/** What the library wants for a cell of a column. */
const CONVERT: Readonly<Record<ColumnType, Convert>> = {
  text: String,
  texts: (cell) => duckdb().listValue(typeof cell === 'object' ? cell : [String(cell)]),
  tiny: asIs,
  int: asIs,
  big: (cell) => BigInt(Number(cell)),
  double: asIs,
  truth: asIs,
};

/** Rows of a data chunk (STANDARD_VECTOR_SIZE of DuckDB). */
const CHUNK = 2048;

/**
 * Appends rows to a table of the schema `lv` (or to a temporary one), within the transaction at hand. Column by column, chunk by chunk:
 * a call of the library for every value would take most of the time of storing.
 */
export class Rows {
  readonly #appender: DuckDBAppender;
  readonly #convert: readonly Convert[];
  readonly #types: readonly DuckDBType[];
  #rows: (readonly Cell[])[] = [];

  private constructor(appender: DuckDBAppender, types: readonly ColumnType[]) {
    this.#appender = appender;
    this.#convert = types.map((type) => CONVERT[type]);
    this.#types = types.map((_, at) => appender.columnType(at));
  }

  static async into(
    connection: DuckDBConnection,
    table: string,
    types: readonly ColumnType[],
    schema: string | undefined = 'lv',
  ): Promise<Rows> {
    return new Rows(await connection.createAppender(table, schema), types);
  }

  /** The row is kept until it is handed over: do not change it. */
  add(cells: readonly Cell[]): void {
    this.#rows.push(cells);
    if (this.#rows.length === CHUNK) this.#handOver();
  }

  /** Hands the rows over; they become visible when the transaction is committed. */
  close(): void {
    if (this.#rows.length > 0) this.#handOver();
    this.#appender.closeSync();
  }

  #handOver(): void {
    const rows = this.#rows;
    const chunk = duckdb().DuckDBDataChunk.create(this.#types, rows.length);
    const values = new Array<DuckDBValue>(rows.length).fill(null);
    for (const [column, convert] of this.#convert.entries()) {
      for (let at = 0; at < rows.length; at++) {
        const cell = rows[at]?.[column];
        values[at] = cell === null || cell === undefined ? null : convert(cell);
      }
      chunk.setColumnValues(column, values);
    }
    this.#appender.appendDataChunk(chunk);
    this.#rows = [];
  }
}

/** The rows of a query as objects with plain values: whole numbers as numbers, lists as arrays, what is missing as null. */
export async function select(
  connection: DuckDBConnection,
  sql: string,
  values: Readonly<Record<string, DuckDBValue>> = {},
): Promise<Record<string, Plain>[]> {
  const reader = await connection.runAndReadAll(sql, { ...values });
  const names = reader.columnNames();
  return reader.getRows().map((row) => Object.fromEntries(row.map((value, at) => [names[at] ?? '', plain(value)])));
}

/** A value of a result: what JSON has, and nothing else. */
export type Plain = string | number | boolean | null | readonly Plain[];

/** Numbers beyond 2^53 stay exact as text. */
export function plain(value: DuckDBValue): Plain {
  if (value === null || value === undefined) return null;
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
    default:
      if ('items' in value && Array.isArray(value.items)) return value.items.map(plain);
      return String(value);
  }
}
