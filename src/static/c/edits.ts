import type { Tokens } from './lex.js';
import type { Vocabulary } from './vocabulary.js';

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A body that is being rewritten. */
export interface Work {
  readonly tokens: Tokens;
  readonly vocabulary: Vocabulary;
  readonly edits: Edit[];
  readonly cleanups: Map<number, string>;
  lost: number;
}

/** The text from offset `from` to `to` with all edits made; every line keeps its number. */
export function apply(work: Work, from: number, to: number): string {
  const { source } = work.tokens;
  const edits = [...work.edits].sort((a, b) => a.start - b.start || a.end - b.end);
  let out = '';
  let at = from;
  for (const edit of edits) {
    if (edit.start < at) continue; // inside a region that another edit has replaced already
    out += source.slice(at, edit.start) + edit.text + keepLines(source, edit.start, edit.end);
    at = edit.end;
  }
  return out + source.slice(at, to);
}

function keepLines(source: string, from: number, to: number): string {
  let lines = '';
  for (let at = source.indexOf('\n', from); at >= 0 && at < to; at = source.indexOf('\n', at + 1)) lines += '\n';
  return lines;
}

export function replaceToken(work: Work, i: number, text: string): void {
  work.edits.push({ start: work.tokens.start[i] as number, end: work.tokens.end[i] as number, text });
}

/** Replaces the tokens `from` to `last`, both included. */
export function replaceRange(work: Work, from: number, last: number, text: string): void {
  work.edits.push({ start: work.tokens.start[from] as number, end: work.tokens.end[last] as number, text });
}

export function insertBefore(work: Work, i: number, text: string): void {
  const start = work.tokens.start[i] as number;
  work.edits.push({ start, end: start, text });
}

export function insertAfter(work: Work, i: number, text: string): void {
  const end = work.tokens.end[i] as number;
  work.edits.push({ start: end, end, text });
}
