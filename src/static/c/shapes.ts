import { matching } from './chunks.js';
import { isPunct, TokenKind, type Tokens, tokenText } from './lex.js';

/** Whether a statement can begin after this token. */
export function endsStatement(tokens: Tokens, i: number): boolean {
  return isPunct(tokens, i, ';') || isPunct(tokens, i, '{') || isPunct(tokens, i, '}') || isPunct(tokens, i, ':');
}

/** `KERN_ERR PFX "text"`: macros that are pieces of a string. */
export function isPartOfString(tokens: Tokens, i: number, text: string, opens: boolean): boolean {
  if (opens || !/^[A-Z_][A-Z0-9_a-z]*$/.test(text) || text.toUpperCase() !== text) return false;
  if (tokens.kind[i - 1] === TokenKind.String && !isPunct(tokens, i + 1, '=')) return true;
  if (tokens.kind[i + 1] === TokenKind.String) return true;
  const next = tokenText(tokens, i + 1);
  return (
    tokens.kind[i + 1] === TokenKind.Ident && next.toUpperCase() === next && tokens.kind[i + 2] === TokenKind.String
  );
}

/** A debugging macro that is given statements: `DEB(if (x) printk("..."));` */
export function holdsStatements(tokens: Tokens, open: number): boolean {
  const first = tokenText(tokens, open + 1);
  if (first === 'if' || first === 'for' || first === 'while') return true;
  const close = matching(tokens, open);
  if (isPunct(tokens, close - 1, ';')) return true;
  return false;
}

/** Whether a brace opens a list of values rather than statements. */
export function isInitialiser(tokens: Tokens, open: number): boolean {
  return isPunct(tokens, open - 1, '=') && !isPunct(tokens, open - 2, '=');
}

/** `&&label`: an address of a label stands where an operand is expected. */
export function isUnaryPlace(tokens: Tokens, i: number): boolean {
  return isPunct(tokens, i - 1, '=') || isPunct(tokens, i - 1, ',') || isPunct(tokens, i - 1, '(');
}

/** Whether tokens are words and stars only, as a type is. */
export function allWords(tokens: Tokens, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    if (tokens.kind[i] !== TokenKind.Ident && !isPunct(tokens, i, '*')) return false;
  }
  return true;
}

/** `cmp(a, <=, b)`: an operator passed as an argument. */
export function isOperatorOnly(tokens: Tokens, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!/^[<>=!|&+-]$/.test(tokenText(tokens, i))) return false;
  return to > from;
}
