import { decided, negate, readDirective } from './directives.js';
import { replaceRange, replaceToken, type Work } from './edits.js';
import { isPunct, TokenKind, type Tokens, tokenText } from './lex.js';
import { endsStatement } from './shapes.js';

/** The names of what `#if` becomes: `if (LOCKVET_CONFIG(key))`. */
export const CONFIG_TEST = 'LOCKVET_CONFIG';

interface Side {
  readonly directive: number;
  readonly condition: string;
  readonly from: number;
  to: number;
}

/** Handles the conditionals of `[from, to)`, outermost first. `base` is the index that `dropped` counts from. */
export function conditionals(work: Work, base: number, from: number, to: number, dropped: Uint8Array): void {
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
