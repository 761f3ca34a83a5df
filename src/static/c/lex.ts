/** What a {@link Tokens} entry is. Punctuation is one character a token (`->` is two): callers look at neighbours. */
export const TokenKind = { Ident: 1, Number: 2, String: 3, Punct: 4, Directive: 5 } as const;

/** The tokens of one file as parallel arrays; comments and white space are not tokens. */
export interface Tokens {
  readonly source: string;
  readonly count: number;
  readonly kind: Uint8Array;
  readonly start: Int32Array;
  readonly end: Int32Array;
  /** 1-based line of the first character. */
  readonly line: Int32Array;
  /** Comments, by position, in the same units. */
  readonly comments: readonly Comment[];
}

export interface Comment {
  readonly start: number;
  readonly end: number;
  /** Line of the last character: what follows on the next line is what the comment speaks of. */
  readonly lastLine: number;
}

const NEWLINE = 10;
const IDENT = 1;
const DIGIT = 2;
const SPACE = 4;

/** Class of each Latin-1 character. Bytes above 127 count as letters: they occur in names of nothing that matters. */
const CLASS = ((): Uint8Array => {
  const table = new Uint8Array(256);
  for (let c = 0; c < 256; c++) {
    const ch = String.fromCharCode(c);
    if (/[A-Za-z_$]/.test(ch) || c > 127) table[c] = IDENT;
    else if (/[0-9]/.test(ch)) table[c] = IDENT | DIGIT;
    else if (c <= 32) table[c] = SPACE;
  }
  return table;
})();

/**
 * Splits C text into tokens. `source` is Latin-1 (one character a byte), so positions are byte offsets.
 * Never fails: an unterminated string ends at its line, an unterminated comment at the end of the file.
 */
export function lex(source: string): Tokens {
  let capacity = Math.max(64, source.length >> 2);
  let kind = new Uint8Array(capacity);
  let start = new Int32Array(capacity);
  let end = new Int32Array(capacity);
  let lines = new Int32Array(capacity);
  const comments: Comment[] = [];
  let count = 0;
  let line = 1;
  let at = 0;
  let lineBegins = true;
  const length = source.length;

  const push = (k: number, from: number, to: number, onLine: number): void => {
    if (count === capacity) {
      capacity *= 2;
      kind = grow8(kind, capacity);
      start = grow32(start, capacity);
      end = grow32(end, capacity);
      lines = grow32(lines, capacity);
    }
    kind[count] = k;
    start[count] = from;
    end[count] = to;
    lines[count] = onLine;
    count++;
  };

  while (at < length) {
    const c = source.charCodeAt(at);
    if (c === NEWLINE) {
      line++;
      at++;
      lineBegins = true;
      continue;
    }
    const cls = CLASS[c & 255] as number;
    if (cls === SPACE) {
      at++;
      continue;
    }
    if (c === 0x2f /* / */) {
      const next = source.charCodeAt(at + 1);
      if (next === 0x2f || next === 0x2a) {
        const to = next === 0x2f ? endOfLine(source, at) : endOfBlockComment(source, at + 2);
        line += newlines(source, at, to);
        comments.push({ start: at, end: to, lastLine: line });
        at = to;
        continue;
      }
    }
    if (c === 0x5c /* \ before a newline */ && lineBegins) {
      at++;
      continue;
    }
    const from = at;
    if (c === 0x23 /* # */ && lineBegins) {
      at = endOfDirective(source, at);
      push(TokenKind.Directive, from, at, line);
      line += newlines(source, from, at);
      lineBegins = true;
      continue;
    }
    lineBegins = false;
    if (cls & IDENT) {
      at++;
      while (at < length && (CLASS[source.charCodeAt(at) & 255] as number) & IDENT) at++;
      push(cls & DIGIT ? TokenKind.Number : TokenKind.Ident, from, at, line);
      continue;
    }
    if (c === 0x22 || c === 0x27) {
      at = endOfQuoted(source, at, c);
      push(TokenKind.String, from, at, line);
      line += newlines(source, from, at);
      continue;
    }
    push(TokenKind.Punct, from, ++at, line);
  }
  return { source, count, kind, start, end, line: lines, comments };
}

/** The text of token `i`; '' outside the array. */
export function tokenText(tokens: Tokens, i: number): string {
  return i < 0 || i >= tokens.count ? '' : tokens.source.slice(tokens.start[i], tokens.end[i]);
}

/** Whether token `i` is the punctuation character `ch`. */
export function isPunct(tokens: Tokens, i: number, ch: string): boolean {
  return tokens.kind[i] === TokenKind.Punct && i < tokens.count && tokens.source[tokens.start[i] as number] === ch;
}

function grow8(old: Uint8Array, capacity: number): Uint8Array<ArrayBuffer> {
  const bigger = new Uint8Array(capacity);
  bigger.set(old);
  return bigger;
}

function grow32(old: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const bigger = new Int32Array(capacity);
  bigger.set(old);
  return bigger;
}

function newlines(source: string, from: number, to: number): number {
  let count = 0;
  for (let at = source.indexOf('\n', from); at >= 0 && at < to; at = source.indexOf('\n', at + 1)) count++;
  return count;
}

function endOfLine(source: string, at: number): number {
  const to = source.indexOf('\n', at);
  return to < 0 ? source.length : to;
}

function endOfBlockComment(source: string, at: number): number {
  const to = source.indexOf('*/', at);
  return to < 0 ? source.length : to + 2;
}

/** A directive ends at its line unless the line is continued with `\` or ends inside a block comment. */
function endOfDirective(source: string, at: number): number {
  let from = at;
  for (;;) {
    let to = endOfLine(source, from);
    // Looked for in the line only: in a file without comments a search would run to its end, for every line.
    const inLine = source.slice(from, to).indexOf('/*');
    const comment = from + inLine;
    if (inLine >= 0 && source[comment - 1] !== '/') {
      const close = endOfBlockComment(source, comment + 2);
      if (close > to) to = endOfLine(source, close);
    }
    let last = to - 1;
    if (source.charCodeAt(last) === 13) last--;
    if (to >= source.length || source.charCodeAt(last) !== 0x5c) return to;
    from = to + 1;
  }
}

function endOfQuoted(source: string, at: number, quote: number): number {
  let to = at + 1;
  while (to < source.length) {
    const c = source.charCodeAt(to);
    if (c === 0x5c) to += 2;
    else if (c === quote) return to + 1;
    else if (c === NEWLINE) return to;
    else to++;
  }
  return Math.min(to, source.length);
}
