import { decided, negate, readDirective } from './directives.js';
import { isPunct, TokenKind, type Tokens, tokenText } from './lex.js';
import type { Vocabulary } from './vocabulary.js';

/** A piece of a file at its outermost level: token ranges, `[from, to)`. */
export type Chunk =
  | {
      readonly kind: 'function';
      readonly from: number;
      readonly open: number;
      readonly to: number;
      readonly when: readonly string[];
    }
  | { readonly kind: 'type'; readonly from: number; readonly open: number; readonly to: number }
  | { readonly kind: 'table'; readonly from: number; readonly open: number; readonly to: number }
  | { readonly kind: 'declaration'; readonly from: number; readonly to: number }
  | { readonly kind: 'define'; readonly token: number };

/**
 * Splits a file into chunks. Both sides of `#if` at the outermost level are taken (a function knows its conditions);
 * where the sides of an `#if` open different numbers of braces, the first side decides what follows.
 */
export function chunks(tokens: Tokens, vocabulary: Vocabulary): Chunk[] {
  const out: Chunk[] = [];
  const conditions: string[] = [];
  const dead: boolean[] = [];
  let from = -1;
  let i = 0;
  const flush = (to: number): void => {
    if (from >= 0 && to > from) out.push({ kind: 'declaration', from, to });
    from = -1;
  };
  while (i < tokens.count) {
    if (tokens.kind[i] === TokenKind.Directive) {
      const directive = readDirective(tokenText(tokens, i));
      switch (directive.kind) {
        case 'if':
          conditions.push(directive.condition);
          dead.push(decided(directive.condition, vocabulary.assumed) === false);
          break;
        case 'elif':
        case 'else':
          if (conditions.length > 0) {
            const before = conditions[conditions.length - 1] as string;
            const now = directive.kind === 'elif' ? directive.condition : negate(before);
            conditions[conditions.length - 1] = now;
            dead[dead.length - 1] = decided(now, vocabulary.assumed) === false;
          }
          break;
        case 'endif':
          conditions.pop();
          dead.pop();
          break;
        case 'define':
          if (!dead.includes(true)) out.push({ kind: 'define', token: i });
          break;
        default:
      }
      // What stands before a conditional belongs to both sides only if a declaration is cut in two: rare, and then
      // the header's last part is what names the function.
      i++;
      continue;
    }
    if (dead.includes(true)) {
      i++;
      continue;
    }
    if (from < 0) from = i;
    if (isPunct(tokens, i, ';')) {
      flush(i + 1);
      i++;
    } else if (isPunct(tokens, i, '{')) {
      const kind = braceKind(tokens, from, i);
      const close = kind === 'function' ? bodyEnd(tokens, i) : matching(tokens, i);
      if (kind === 'function') {
        out.push({ kind, from, open: i, to: close + 1, when: conditions.filter((key) => key !== '1') });
        from = -1;
        i = close + 1;
      } else if (kind === 'type') {
        const end = declarationEnd(tokens, close + 1);
        out.push({ kind, from, open: i, to: end });
        from = -1;
        i = end;
      } else if (kind === 'table') {
        const end = declarationEnd(tokens, close + 1);
        out.push({ kind, from, open: i, to: end });
        from = -1;
        i = end;
      } else {
        from = -1;
        i = close + 1;
      }
    } else if (isPunct(tokens, i, '(') || isPunct(tokens, i, '[')) {
      i = matching(tokens, i) + 1;
    } else if (isPunct(tokens, i, '}') || isPunct(tokens, i, ')')) {
      from = -1;
      i++;
    } else i++;
  }
  flush(tokens.count);
  return out;
}

/** The token that closes the bracket at `open`, or the last token. Sides of `#if` are counted one at a time. */
export function matching(tokens: Tokens, open: number): number {
  const opener = tokens.source[tokens.start[open] as number];
  const closer = opener === '{' ? '}' : opener === '(' ? ')' : ']';
  let depth = 0;
  const atIf: number[] = [];
  const afterFirst: (number | undefined)[] = [];
  for (let i = open; i < tokens.count; i++) {
    const kind = tokens.kind[i];
    if (kind === TokenKind.Punct) {
      const ch = tokens.source[tokens.start[i] as number];
      if (ch === opener) depth++;
      else if (ch === closer && --depth === 0) return i;
    } else if (kind === TokenKind.Directive) {
      const directive = readDirective(tokenText(tokens, i));
      if (directive.kind === 'if') {
        atIf.push(depth);
        afterFirst.push(undefined);
      } else if (directive.kind === 'else' || directive.kind === 'elif') {
        const top = atIf.length - 1;
        if (top >= 0) {
          if (afterFirst[top] === undefined) afterFirst[top] = depth;
          depth = atIf[top] as number;
        }
      } else if (directive.kind === 'endif') {
        atIf.pop();
        const first = afterFirst.pop();
        if (first !== undefined) depth = first;
      }
    }
  }
  return tokens.count - 1;
}

/**
 * The brace that ends a function. Where braces do not match, a brace at the beginning of a line before the one that
 * would match is taken for it: so a function that cannot be understood does not swallow the rest of its file.
 */
function bodyEnd(tokens: Tokens, open: number): number {
  const close = matching(tokens, open);
  for (let i = open + 1; i < close; i++) {
    if (isPunct(tokens, i, '}') && tokens.source[(tokens.start[i] as number) - 1] === '\n') return i;
  }
  return close;
}

/** The token after the `;` that ends a declaration whose braces are closed; stops before anything that begins another. */
function declarationEnd(tokens: Tokens, at: number): number {
  for (let i = at; i < tokens.count && i < at + 200; i++) {
    if (isPunct(tokens, i, ';')) return i + 1;
    if (isPunct(tokens, i, '{')) i = matching(tokens, i);
    else if (isPunct(tokens, i, '}')) return i;
  }
  return at;
}

type BraceKind = 'function' | 'type' | 'table' | 'other';

function braceKind(tokens: Tokens, from: number, open: number): BraceKind {
  let sawParens = false;
  let sawTag = false;
  for (let i = from; i < open; i++) {
    const kind = tokens.kind[i];
    if (kind === TokenKind.Punct) {
      const ch = tokens.source[tokens.start[i] as number];
      if (ch === '=') return 'table';
      if (ch === '(') {
        sawParens = true;
        i = matching(tokens, i);
      }
    } else if (kind === TokenKind.Ident) {
      const text = tokenText(tokens, i);
      if (text === 'struct' || text === 'union') sawTag = true;
      else if (text === 'enum' && !sawParens) sawTag = true;
      else if (text === 'extern' && tokens.kind[i + 1] === TokenKind.String) return 'other';
    }
  }
  // `struct x __aligned(8) {` has parentheses, too, but nothing between them and the brace that a function would have.
  if (sawParens && !(sawTag && endsInTag(tokens, from, open))) return 'function';
  return sawTag ? 'type' : 'other';
}

/** Whether the header is that of a struct: the word before the brace is its tag or the keyword. */
function endsInTag(tokens: Tokens, from: number, open: number): boolean {
  const last = open - 1;
  if (last < from || tokens.kind[last] !== TokenKind.Ident) return false;
  const before = tokenText(tokens, last - 1);
  const text = tokenText(tokens, last);
  return text === 'struct' || text === 'union' || before === 'struct' || before === 'union';
}
