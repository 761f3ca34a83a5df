import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';

/** What a user asks with. */
export interface Asked {
  /** What follows the question's name, in order. */
  readonly words: readonly string[];
  /** Only what this run saw. */
  readonly run: number | undefined;
  readonly since: number | undefined;
  readonly under: string | undefined;
  readonly rule: string | undefined;
  readonly lock: string | undefined;
}

/** An SQL query that answers, and its parameters. */
export interface Query {
  readonly sql: string;
  readonly values?: Readonly<Record<string, DuckDBValue>>;
  readonly notes?: readonly string[];
}

/** A canned question. */
export interface Question {
  readonly name: string;
  /** `CLASS`, `A B`, ... ; '' for none. */
  readonly words: string;
  readonly summary: string;
  /** Options that it takes beside those of all; `!` behind those that it needs. */
  readonly options: readonly ('run' | 'since!' | 'under!' | 'rule' | 'lock')[];
  /** What its first words are names of, for completion. */
  readonly names?: 'class' | 'fingerprint';
  query(connection: DuckDBConnection, asked: Asked): Promise<Query>;
}

/** A name that the store does not have; `known` are those of the kind that it has. */
export class UnknownName extends Error {
  readonly what: string;
  readonly given: string;
  readonly known: readonly string[];

  constructor(what: string, given: string, known: readonly string[]) {
    super(`no ${what} ${given}`);
    this.name = 'UnknownName';
    this.what = what;
    this.given = given;
    this.known = known;
  }
}
