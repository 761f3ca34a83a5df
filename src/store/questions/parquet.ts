import { InputError } from '../../model/report.js';
import { duckdb } from '../library.js';
import type { TypedAnswer } from './ask.js';

/** Writes an answer as a Parquet file, from a database of its own: the one that was asked cannot write. Throws InputError. */
export async function writeParquet(answer: TypedAnswer, file: string): Promise<void> {
  const { DuckDBInstance } = duckdb();
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const columns = answer.columns.map(({ name }, at) => `${quoted(name, '"')} ${answer.types[at]}`);
    await connection.run(`CREATE TABLE answer (${columns.join(', ')})`);
    const appender = await connection.createAppender('answer');
    for (const row of answer.values) {
      for (const [at, value] of row.entries()) appender.appendValue(value, answer.types[at]);
      appender.endRow();
    }
    appender.closeSync();
    await connection.run(`COPY answer TO ${quoted(file, "'")} (FORMAT parquet)`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const problem = message.replace(/^\w+ Error: /, '').split('\n')[0] ?? '';
    throw new InputError(file, undefined, `cannot be written: ${problem}`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function quoted(text: string, mark: string): string {
  return `${mark}${text.replaceAll(mark, mark + mark)}${mark}`;
}
