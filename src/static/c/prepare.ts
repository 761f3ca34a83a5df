import { matching } from './chunks.js';
import { decided, negate, readDirective } from './directives.js';
import { splitAt } from './header.js';
import { isPunct, TokenKind, type Tokens, tokenText } from './lex.js';
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

/** The names of what `#if` becomes: `if (LOCKVET_CONFIG(key))`. */
export const CONFIG_TEST = 'LOCKVET_CONFIG';

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Work {
  readonly tokens: Tokens;
  readonly vocabulary: Vocabulary;
  readonly edits: Edit[];
  readonly cleanups: Map<number, string>;
  lost: number;
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

function apply(work: Work, from: number, to: number): string {
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

function replaceToken(work: Work, i: number, text: string): void {
  work.edits.push({ start: work.tokens.start[i] as number, end: work.tokens.end[i] as number, text });
}

function replaceRange(work: Work, from: number, last: number, text: string): void {
  work.edits.push({ start: work.tokens.start[from] as number, end: work.tokens.end[last] as number, text });
}

function insertBefore(work: Work, i: number, text: string): void {
  const start = work.tokens.start[i] as number;
  work.edits.push({ start, end: start, text });
}

interface Side {
  readonly directive: number;
  readonly condition: string;
  readonly from: number;
  to: number;
}

/** Handles the conditionals of `[from, to)`, outermost first. `base` is the index that `dropped` counts from. */
function conditionals(work: Work, base: number, from: number, to: number, dropped: Uint8Array): void {
  const { tokens, vocabulary } = work;
  for (let i = from; i < to; i++) {
    if (tokens.kind[i] !== TokenKind.Directive) continue;
    const directive = readDirective(tokenText(tokens, i));
    if (directive.kind !== 'if') {
      replaceToken(work, i, '');
      continue;
    }
    const sides: Side[] = [{ directive: i, condition: directive.condition, from: i + 1, to }];
    let end = to;
    let depth = 0;
    for (let j = i + 1; j < to; j++) {
      if (tokens.kind[j] !== TokenKind.Directive) continue;
      const inner = readDirective(tokenText(tokens, j));
      if (inner.kind === 'if') depth++;
      else if (inner.kind === 'endif') {
        if (depth-- === 0) {
          end = j;
          break;
        }
      } else if (depth === 0 && (inner.kind === 'else' || inner.kind === 'elif')) {
        const last = sides[sides.length - 1] as Side;
        last.to = j;
        const condition = inner.kind === 'elif' ? inner.condition : sides.length === 1 ? negate(last.condition) : '1';
        sides.push({ directive: j, condition, from: j + 1, to });
      }
    }
    (sides[sides.length - 1] as Side).to = end;
    const alive = sides.filter((side) => decided(side.condition, vocabulary.assumed) !== false);
    const sure = alive.findIndex((side) => decided(side.condition, vocabulary.assumed) === true);
    const candidates = sure >= 0 ? alive.slice(0, sure + 1) : alive;
    const whole = candidates.length > 0 && isWhole(work, i, sides, end);
    const hasElse = sides.some((side, n) => n > 0 && readDirective(tokenText(tokens, side.directive)).kind === 'else');
    for (const side of sides) {
      const kept = whole ? candidates.includes(side) : side === candidates[0];
      if (!kept) {
        drop(work, base, side, dropped);
        continue;
      }
      conditionals(work, base, side.from, side.to, dropped);
    }
    if (whole && !(candidates.length === 1 && sure === 0)) {
      let text = '';
      for (const side of candidates) {
        const first = side === candidates[0];
        const always = decided(side.condition, vocabulary.assumed) === true || (side === sides.at(-1) && hasElse);
        text = first
          ? `if (${test(side.condition)}) {`
          : always
            ? ';} else {'
            : `;} else if (${test(side.condition)}) {`;
        replaceToken(work, side.directive, text);
      }
      replaceToken(work, end, end < to ? ';}' : '');
    } else {
      if (!whole && candidates.length > 1) work.lost++;
      for (const side of sides) replaceToken(work, side.directive, '');
      if (end < to) replaceToken(work, end, '');
    }
    i = end;
  }
}

function test(condition: string): string {
  const negated = condition.startsWith('!');
  const key = (negated ? condition.slice(1) : condition).replace(/[^A-Za-z0-9_]/g, '_');
  return `${negated ? '!' : ''}${CONFIG_TEST}(${key})`;
}

function drop(work: Work, base: number, side: Side, dropped: Uint8Array): void {
  for (let i = side.from; i < side.to; i++) dropped[i - base] = 1;
  if (side.to > side.from) replaceRange(work, side.from, side.to - 1, '');
}

/** Whether all sides of a conditional are sequences of whole statements. */
function isWhole(work: Work, at: number, sides: readonly Side[], end: number): boolean {
  const { tokens } = work;
  const before = previousToken(tokens, at);
  if (before >= 0 && !endsStatement(tokens, before)) return false;
  if (tokenText(tokens, end + 1) === 'else' || enclosingIsExpression(tokens, at)) return false;
  return sides.every((side) => isStatements(tokens, side.from, side.to));
}

function previousToken(tokens: Tokens, at: number): number {
  let i = at - 1;
  while (i >= 0 && tokens.kind[i] === TokenKind.Directive) i--;
  return i;
}

function endsStatement(tokens: Tokens, i: number): boolean {
  return isPunct(tokens, i, ';') || isPunct(tokens, i, '{') || isPunct(tokens, i, '}') || isPunct(tokens, i, ':');
}

/** Looks back for the bracket that encloses `at`: `(` or `= {` means that no statement can stand there. */
function enclosingIsExpression(tokens: Tokens, at: number): boolean {
  let depth = 0;
  for (let i = at - 1; i >= 0 && i > at - 400; i--) {
    if (tokens.kind[i] !== TokenKind.Punct) continue;
    const ch = tokens.source[tokens.start[i] as number];
    if (ch === '}' || ch === ')' || ch === ']') depth++;
    else if (ch === '(' || ch === '[') {
      if (depth-- === 0) return true;
    } else if (ch === '{') {
      if (depth-- === 0)
        return isPunct(tokens, i - 1, '=') || isPunct(tokens, i - 1, ',') || isPunct(tokens, i - 1, '{');
    } else if (ch === ';' && depth === 0) return false;
  }
  return false;
}

function isStatements(tokens: Tokens, from: number, to: number): boolean {
  let depth = 0;
  let last = -1;
  for (let i = from; i < to; i++) {
    if (tokens.kind[i] === TokenKind.Directive) continue;
    if (last < 0 && tokenText(tokens, i) === 'else') return false;
    last = i;
    if (tokens.kind[i] !== TokenKind.Punct) continue;
    const ch = tokens.source[tokens.start[i] as number];
    if (ch === '{' || ch === '(') depth++;
    else if ((ch === '}' || ch === ')') && --depth < 0) return false;
  }
  return depth === 0 && (last < 0 || endsStatement(tokens, last));
}

const HEADS = new Set(['if', 'while', 'for', 'switch']);
const KEYWORDS = new Set(
  'if else while for do switch case default return goto break continue sizeof struct union enum typeof'.split(' '),
);
const EACH = /(?:^|_)(?:for_?each|each)(?:_|$)|^foreach|FOREACH|FOR_EACH|^for_|^list_for|^while_each|^idr_for/;

/** Rewrites tokens that the grammar has no rule for. */
function statements(work: Work, from: number, to: number, dropped: Uint8Array, loops: ReadonlySet<string>): void {
  const { tokens, vocabulary } = work;
  let starts = false;
  // Inside `= { ... }` nothing is a statement.
  let initialiserEnd = -1;
  const headClose = new Set<number>();
  for (let i = from; i < to; i++) {
    if (dropped[i - from] === 1) continue;
    const kind = tokens.kind[i];
    if (kind === TokenKind.Directive) continue;
    if (kind === TokenKind.Punct) {
      if (isPunct(tokens, i, '{') && isInitialiser(tokens, i))
        initialiserEnd = Math.max(initialiserEnd, matching(tokens, i));
      starts = endsStatement(tokens, i) || headClose.has(i);
      if (isPunct(tokens, i, '&') && isPunct(tokens, i + 1, '&') && isUnaryPlace(tokens, i))
        replaceRange(work, i, i + 1, '');
      continue;
    }
    if (kind !== TokenKind.Ident) {
      // `f(1000baseT)`: pasted by a macro, no number.
      if (kind === TokenKind.Number && /^\d+[a-zA-Z_]*[g-tv-wyzA-Z_]\w*$/.test(tokenText(tokens, i))) {
        if (!/^0[xX]|^\d+[uUlL]+$/.test(tokenText(tokens, i))) replaceToken(work, i, '0');
      }
      starts = false;
      continue;
    }
    const text = tokenText(tokens, i);
    const opens = isPunct(tokens, i + 1, '(');
    if (vocabulary.attributes.has(text)) {
      if (!opens || text === 'volatile' || text === '__force') replaceToken(work, i, '');
      continue;
    }
    if (opens && vocabulary.attributeCalls.has(text)) {
      const close = matching(tokens, i + 1);
      replaceRange(work, i, close, '');
      i = close;
      continue;
    }
    if (text === '__free' && opens) {
      const close = matching(tokens, i + 1);
      work.cleanups.set(tokens.line[i] as number, tokenText(tokens, i + 2));
      replaceRange(work, i, close, '');
      i = close;
      continue;
    }
    if (isPartOfString(tokens, i, text, opens)) {
      replaceToken(work, i, '""');
      starts = false;
      continue;
    }
    if (starts && opens && !HEADS.has(text) && holdsStatements(tokens, i + 1)) {
      const close = matching(tokens, i + 1);
      replaceRange(work, i, close, isPunct(tokens, close + 1, ';') ? '0' : ';');
      i = close;
      starts = false;
      continue;
    }
    if (text === 'static' && tokens.kind[i + 1] === TokenKind.Ident && isPunct(tokens, i + 2, '(')) {
      replaceToken(work, i, '');
      continue;
    }
    if (opens && (text === 'offsetof' || /^__alignof/.test(text) || text === '_Alignof' || text === 'sizeof_field')) {
      const close = matching(tokens, i + 1);
      replaceRange(work, i, close, '0');
      i = close;
      starts = false;
      continue;
    }
    if (opens && text.startsWith('while_each') && isPunct(tokens, i - 1, '}')) {
      const close = matching(tokens, i + 1);
      insertBefore(work, i, 'while (');
      insertAfter(work, close, ')');
      starts = false;
      continue;
    }
    if ((text === 'asm' || text === '__asm__' || text === '__asm') && i + 1 < to) {
      let at = i + 1;
      while (at < to && tokens.kind[at] === TokenKind.Ident) at++;
      if (isPunct(tokens, at, '(')) {
        const close = matching(tokens, at);
        const after = isPunct(tokens, close + 1, ';') ? '' : ';';
        replaceRange(work, i, close, `((void)0)${after}`);
        i = close;
        starts = false;
        continue;
      }
    }
    if ((text === 'typeof' || text === '__typeof__' || text === '__typeof') && opens) {
      const close = matching(tokens, i + 1);
      replaceRange(work, i, close, 'int');
      i = close;
      starts = false;
      continue;
    }
    if (text === 'case') {
      gnuRange(work, i, to);
      starts = false;
      continue;
    }
    if (HEADS.has(text) && opens) {
      headClose.add(matching(tokens, i + 1));
      starts = false;
      continue;
    }
    if (text === 'else' || text === 'do') {
      starts = true;
      continue;
    }
    if (opens && !KEYWORDS.has(text)) {
      const close = matching(tokens, i + 1);
      typeArguments(work, i + 2, close);
      if (starts && close + 1 < to && i > initialiserEnd) {
        let next = close + 1;
        while (next < to && (tokens.kind[next] === TokenKind.Directive || dropped[next - from] === 1)) next++;
        const isLoop = loops.has(text) || EACH.test(text);
        if (isPunct(tokens, next, '=') && /^DE(?:CLARE|FINE)_/.test(text))
          replaceRange(work, i, close, 'int lockvet_declared');
        else if (isPunct(tokens, next, '{') || (isLoop && !isPunct(tokens, next, ';'))) {
          insertBefore(work, i, 'for (;');
          insertAfter(work, close, ';)');
          headClose.add(close);
        } else if (tokens.kind[next] === TokenKind.Ident || isPunct(tokens, next, '}')) {
          if (!vocabulary.attributes.has(tokenText(tokens, next))) {
            insertAfter(work, close, ';');
            headClose.add(close);
          }
        }
      }
    }
    starts = false;
  }
}

function insertAfter(work: Work, i: number, text: string): void {
  const end = work.tokens.end[i] as number;
  work.edits.push({ start: end, end, text });
}

/** `KERN_ERR PFX "text"`: macros that are pieces of a string. */
function isPartOfString(tokens: Tokens, i: number, text: string, opens: boolean): boolean {
  if (opens || !/^[A-Z_][A-Z0-9_a-z]*$/.test(text) || text.toUpperCase() !== text) return false;
  if (tokens.kind[i - 1] === TokenKind.String && !isPunct(tokens, i + 1, '=')) return true;
  if (tokens.kind[i + 1] === TokenKind.String) return true;
  const next = tokenText(tokens, i + 1);
  return (
    tokens.kind[i + 1] === TokenKind.Ident && next.toUpperCase() === next && tokens.kind[i + 2] === TokenKind.String
  );
}

/** A debugging macro that is given statements: `DEB(if (x) printk("..."));` */
function holdsStatements(tokens: Tokens, open: number): boolean {
  const first = tokenText(tokens, open + 1);
  if (first === 'if' || first === 'for' || first === 'while') return true;
  const close = matching(tokens, open);
  if (isPunct(tokens, close - 1, ';')) return true;
  return false;
}

/** Whether a brace opens a list of values rather than statements. */
function isInitialiser(tokens: Tokens, open: number): boolean {
  return isPunct(tokens, open - 1, '=') && !isPunct(tokens, open - 2, '=');
}

/** `&&label`: an address of a label stands where an operand is expected. */
function isUnaryPlace(tokens: Tokens, i: number): boolean {
  return isPunct(tokens, i - 1, '=') || isPunct(tokens, i - 1, ',') || isPunct(tokens, i - 1, '(');
}

/** `case A ... B:` becomes `case A:`. */
function gnuRange(work: Work, at: number, to: number): void {
  const { tokens } = work;
  for (let i = at + 1; i < to && i < at + 24; i++) {
    if (isPunct(tokens, i, ':')) return;
    if (isPunct(tokens, i, '.') && isPunct(tokens, i + 1, '.') && isPunct(tokens, i + 2, '.')) {
      let end = i + 3;
      while (end < to && !isPunct(tokens, end, ':')) end++;
      replaceRange(work, i, end - 1, '');
      return;
    }
  }
}

/** Types among the arguments of a macro (`container_of(p, struct s, m)`): the tag alone is left. */
function typeArguments(work: Work, from: number, close: number): void {
  const { tokens } = work;
  for (const part of splitAt(tokens, from, close)) {
    const first = tokenText(tokens, part.from);
    if (first === 'struct' || first === 'union' || first === 'enum') {
      if (part.to - part.from < 2) continue;
      replaceRange(work, part.from, part.to - 1, tokenText(tokens, part.from + 1));
    } else if (
      /^(?:unsigned|signed|const|int|long|char|short|void)$/.test(first) ||
      isPunct(tokens, part.to - 1, '*')
    ) {
      if (allWords(tokens, part.from, part.to)) replaceRange(work, part.from, part.to - 1, '0');
    } else if (part.to - part.from <= 3 && isOperatorOnly(tokens, part.from, part.to)) {
      replaceRange(work, part.from, part.to - 1, '0');
    }
  }
}

function allWords(tokens: Tokens, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    if (tokens.kind[i] !== TokenKind.Ident && !isPunct(tokens, i, '*')) return false;
  }
  return true;
}

/** `cmp(a, <=, b)`: an operator passed as an argument. */
function isOperatorOnly(tokens: Tokens, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!/^[<>=!|&+-]$/.test(tokenText(tokens, i))) return false;
  return to > from;
}
