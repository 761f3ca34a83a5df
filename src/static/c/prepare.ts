import { apply, type Work } from './edits.js';
import { conditionals } from './if-blocks.js';
import type { Tokens } from './lex.js';
import { statements } from './rewrite.js';
import type { Vocabulary } from './vocabulary.js';

/**
 * Function bodies are rewritten into C that the grammar understands before they are parsed: attributes go, macros that
 * are loops or statements without a semicolon become loops and statements, `#if` around whole statements becomes `if`.
 * Every line keeps its number.
 */
export interface Prepared {
  readonly text: string;
  /** Line of the text's first character. */
  readonly line: number;
  /** `__free(f)` on a local's declaration, by line of the declaration. */
  readonly cleanups: ReadonlyMap<number, string>;
  /** `#if` blocks that cut a statement in two: their first side was taken, the others are lost. */
  readonly lost: number;
}

/** Prepares the tokens `[from, to)` of a body, braces included. `loops` are the names of known iteration macros. */
export function prepareBody(
  tokens: Tokens,
  from: number,
  to: number,
  vocabulary: Vocabulary,
  loops: ReadonlySet<string>,
): Prepared {
  const work: Work = { tokens, vocabulary, edits: [], cleanups: new Map(), lost: 0 };
  const dropped = new Uint8Array(to - from);
  conditionals(work, from, from, to, dropped);
  statements(work, from, to, dropped, loops);
  return {
    text: apply(work, tokens.start[from] as number, tokens.end[to - 1] as number),
    line: tokens.line[from] as number,
    cleanups: work.cleanups,
    lost: work.lost,
  };
}
