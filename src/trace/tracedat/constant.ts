/** Deeper nesting than any kernel header makes; a guard against hostile text. */
const MAX_DEPTH = 200;

const TOKEN = /\s*(0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|<<|>>|[()~|&^+\-*!])/y;
const SUFFIX = /[uUlL]+/y;

/**
 * Value of a constant C expression as the kernel prints it into format files: numbers, casts, parentheses and
 * integer operators, in 32 bits (flags above bit 31 do not occur). Undefined for anything else, such as the names of enum
 * members that the kernel did not resolve.
 */
export function constantValue(text: string): number | undefined {
  const tokens = tokensOf(text.trim());
  if (!tokens || tokens.length === 0) return undefined;
  const state: ParseState = { tokens, at: 0, depth: 0 };
  const value = binary(state, 0);
  return value === undefined || state.at < tokens.length ? undefined : value >>> 0;
}

interface ParseState {
  tokens: string[];
  at: number;
  depth: number;
}

function tokensOf(text: string): string[] | undefined {
  const tokens: string[] = [];
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) return undefined;
    at = TOKEN.lastIndex;
    if (isNumber(token)) {
      SUFFIX.lastIndex = at;
      if (SUFFIX.test(text)) at = SUFFIX.lastIndex;
    }
    tokens.push(token);
  }
  return tokens;
}

const isNumber = (token: string | undefined): token is string => token !== undefined && /^\d/.test(token);
const isWord = (token: string | undefined): boolean => token !== undefined && /^[A-Za-z_]/.test(token);

/** Binary operators, loosest first. */
const LEVELS: readonly Record<string, (a: number, b: number) => number>[] = [
  { '|': (a, b) => a | b },
  { '^': (a, b) => a ^ b },
  { '&': (a, b) => a & b },
  { '<<': (a, b) => (b < 32 ? a << b : 0), '>>': (a, b) => (b < 32 ? a >>> b : 0) },
  { '+': (a, b) => (a + b) | 0, '-': (a, b) => (a - b) | 0 },
  { '*': (a, b) => Math.imul(a, b) },
];

function binary(state: ParseState, level: number): number | undefined {
  const operators = LEVELS[level];
  if (!operators) return unary(state);
  let value = binary(state, level + 1);
  for (;;) {
    const token = state.tokens[state.at];
    const apply = token !== undefined && Object.hasOwn(operators, token) ? operators[token] : undefined;
    if (value === undefined || !apply) return value;
    state.at++;
    const right = binary(state, level + 1);
    if (right === undefined) return undefined;
    value = apply(value, right);
  }
}

function unary(state: ParseState): number | undefined {
  if (++state.depth > MAX_DEPTH) return undefined;
  const value = unaryInner(state);
  state.depth--;
  return value;
}

function unaryInner(state: ParseState): number | undefined {
  const token = state.tokens[state.at++];
  if (token === '~' || token === '-' || token === '!') {
    const operand = unary(state);
    if (operand === undefined) return undefined;
    return token === '~' ? ~operand : token === '-' ? -operand | 0 : Number(operand === 0);
  }
  if (isNumber(token)) return Number(token) | 0;
  if (token !== '(') return undefined;
  if (skipCast(state)) return unary(state);
  const value = binary(state, 0);
  return state.tokens[state.at++] === ')' ? value : undefined;
}

/** Skips `TYPE)` behind an opening parenthesis when what follows is an operand; otherwise leaves the state alone. */
function skipCast(state: ParseState): boolean {
  let at = state.at;
  while (isWord(state.tokens[at]) || (at > state.at && state.tokens[at] === '*')) at++;
  if (at === state.at || state.tokens[at] !== ')') return false;
  const next = state.tokens[at + 1];
  if (!isNumber(next) && !isWord(next) && next !== '(' && next !== '~') return false;
  state.at = at + 1;
  return true;
}
