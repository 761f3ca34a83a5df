import { createRequire } from 'node:module';

type Library = typeof import('@duckdb/node-api');

/**
 * The database library, loaded at first use. By require(): as a module it takes three times as long, since all names of its hundred
 * CommonJS files would be looked for first.
 */
export function duckdb(): Library {
  const library: Library = createRequire(import.meta.url)('@duckdb/node-api');
  return library;
}
