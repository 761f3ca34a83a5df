import type { DuckDBAppender, DuckDBConnection, DuckDBListType, DuckDBValue } from '@duckdb/node-api';
import { duckdb } from './library.js';

/** A value that goes into a column; what is not known is null. */
export type Cell = string | number | boolean | null | undefined | readonly string[];

/** What a column holds: text, list of texts, 8, 32 or 64 bits, double, truth. A point in time is 64 bits of microseconds. */
export type ColumnType = 'text' | 'texts' | 'tiny' | 'int' | 'big' | 'double' | 'truth';

type Write = (to: DuckDBAppender, cell: NonNullable<Cell>, texts: DuckDBListType) => void;

const APPEND: Readonly<Record<ColumnType, Write>> = {
  text: (to, cell) => to.appendVarchar(String(cell)),
  // An empty list does not tell what it is a list of.
  texts: (to, cell, texts) => to.appendList(Array.isArray(cell) ? cell : [String(cell)], texts),
  tiny: (to, cell) => to.appendTinyInt(Number(cell)),
  int: (to, cell) => to.appendInteger(Number(cell)),
  big: (to, cell) => to.appendBigInt(BigInt(Number(cell))),
  double: (to, cell) => to.appendDouble(Number(cell)),
  truth: (to, cell) => to.appendBoolean(cell === true),
};

/** Appends rows to a table of the schema `lv` (or to a temporary one), within the transaction at hand. */
export class Rows {
  readonly #appender: DuckDBAppender;
  readonly #writers: readonly Write[];
  readonly #texts: DuckDBListType;

  private constructor(appender: DuckDBAppender, types: readonly ColumnType[], texts: DuckDBListType) {
    this.#appender = appender;
    this.#writers = types.map((type) => APPEND[type]);
    this.#texts = texts;
  }

  static async into(
    connection: DuckDBConnection,
    table: string,
    types: readonly ColumnType[],
    schema: string | undefined = 'lv',
  ): Promise<Rows> {
    const { LIST, VARCHAR } = await duckdb();
    return new Rows(await connection.createAppender(table, schema), types, LIST(VARCHAR));
  }

  add(cells: readonly Cell[]): void {
    for (const [index, write] of this.#writers.entries()) {
      const cell = cells[index];
      if (cell === null || cell === undefined) this.#appender.appendNull();
      else write(this.#appender, cell, this.#texts);
    }
    this.#appender.endRow();
  }

  /** Hands the rows over; they become visible when the transaction is committed. */
  close(): void {
    this.#appender.closeSync();
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
