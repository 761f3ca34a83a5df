/** The database library, loaded at first use: it takes a quarter of a second. */
export function duckdb(): Promise<typeof import('@duckdb/node-api')> {
  return import('@duckdb/node-api');
}
