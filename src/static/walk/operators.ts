import {
  ANYTHING,
  alternatives,
  CanBe,
  constant,
  FALSE,
  isNullish,
  join,
  numberOf,
  type Primitive,
  type Simple,
  TRUE,
  truthOf,
  type Value,
} from './value.js';

/** What a prefix operator makes of a value. */
export function unary(op: string, v: Value): Value {
  if (op === '!') {
    const truth = truthOf(v);
    if (truth === CanBe.True) return FALSE;
    return truth === CanBe.False ? TRUE : ANYTHING;
  }
  const n = numberOf(v);
  if (n === undefined) return ANYTHING;
  if (op === '-') return constant(-n);
  return op === '~' ? constant(~n) : op === '+' ? constant(n) : ANYTHING;
}

/** Pairs of alternatives that an operator is worked out for. */
const MOST_PAIRS = 16;

/** What an operator makes of two values. */
export function binary(op: string, left: Value, right: Value): Value {
  const lefts = alternatives(left);
  const rights = alternatives(right);
  if (lefts.length * rights.length > MOST_PAIRS) return ANYTHING;
  let out: Value | undefined;
  for (const a of lefts) {
    for (const b of rights) {
      const value = simpleBinary(op, a, b);
      out = out === undefined ? value : join(out, value);
    }
  }
  return out ?? ANYTHING;
}

function simpleBinary(op: string, a: Simple, b: Simple): Value {
  if (a.t === 'const' && b.t === 'const') return compute(op, a.v, b.v);
  const equal = op === '===' || op === '==';
  if (equal || op === '!==' || op === '!=') {
    const same = sameness(a, b);
    return same === undefined ? ANYTHING : constant(same === equal);
  }
  return ANYTHING;
}

function sameness(a: Simple, b: Simple): boolean | undefined {
  if (a.t === 'ref' && b.t === 'ref') {
    if (a.o !== b.o) return a.o.sim?.cls === 'Cpu' ? undefined : false;
    return a.o.many ? undefined : true;
  }
  if (a.t === 'unknown' || b.t === 'unknown') {
    const other = a.t === 'unknown' ? b : a;
    const mine = a.t === 'unknown' ? a : b;
    // What is said to be true is not null.
    return mine.t === 'unknown' && mine.truth === CanBe.True && isNullish(other) ? false : undefined;
  }
  return false;
}

function compute(op: string, a: Primitive, b: Primitive): Value {
  switch (op) {
    case '===':
      return constant(a === b);
    case '!==':
      return constant(a !== b);
    case '==':
      return constant(a === b || ((a === null || a === undefined) && (b === null || b === undefined)));
    case '!=':
      return constant(!(a === b || ((a === null || a === undefined) && (b === null || b === undefined))));
    case '+':
      if (typeof a === 'string' || typeof b === 'string') return constant(`${String(a)}${String(b)}`);
      break;
    default:
  }
  if (typeof a !== 'number' || typeof b !== 'number') return ANYTHING;
  return arithmetic(op, a, b);
}

function arithmetic(op: string, a: number, b: number): Value {
  switch (op) {
    case '+':
      return constant(a + b);
    case '-':
      return constant(a - b);
    case '*':
      return constant(a * b);
    case '/':
      return constant(a / b);
    case '%':
      return constant(a % b);
    case '**':
      return constant(a ** b);
    case '|':
      return constant(a | b);
    case '&':
      return constant(a & b);
    case '^':
      return constant(a ^ b);
    case '<<':
      return constant(a << b);
    case '>>':
      return constant(a >> b);
    case '>>>':
      return constant(a >>> b);
    case '<':
      return constant(a < b);
    case '<=':
      return constant(a <= b);
    case '>':
      return constant(a > b);
    case '>=':
      return constant(a >= b);
    default:
      return ANYTHING;
  }
}

/** The text of a template. */
export function textValue(parts: readonly Value[]): Value {
  let text = '';
  for (const part of parts) {
    if (part.t !== 'const') return ANYTHING;
    text += String(part.v);
  }
  return constant(text);
}
