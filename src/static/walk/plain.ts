import type { TreeExpr } from '../ir/tree.js';
import { ASKED, answered, conditionOf } from './answers.js';
import { gfpBinary, isGfpText } from './gfp-text.js';
import { binary, unary } from './operators.js';
import { ANYTHING, constant, UNDEFINED, type Value } from './value.js';
import type { State } from './walk.js';

/**
 * The value of an expression that is made of constants, variables and operators only: it has one, and leaves the state as it is.
 * undefined for any other expression.
 */
export function plainValue(e: TreeExpr, s: State): Value | undefined {
  switch (e.k) {
    case 'const':
      return constant(e.v);
    case 'var':
      return variable(e, s);
    case 'unary': {
      const value = plainValue(e.e, s);
      return value && unary(e.op, value);
    }
    case 'binary': {
      if (e.op === 'instanceof') return undefined;
      const left = plainValue(e.l, s);
      const right = left && plainValue(e.r, s);
      const value = left && right && operated(e, left, right);
      if (value !== ANYTHING) return value;
      // What a condition on the way has told.
      const asked = s.env.get(ASKED) !== undefined ? conditionOf(e) : undefined;
      const known = asked && answered(s, asked);
      return known === undefined ? value : constant(known);
    }
    default:
      return undefined;
  }
}

/** What a variable has; of one that closures share what is in its cell. */
export function variable(e: TreeExpr & { k: 'var' }, s: State): Value {
  const own = e.own === true ? s.env.get(ownName(e.n)) : undefined;
  if (own !== undefined) return own;
  const value = s.env.get(e.n) ?? UNDEFINED;
  if (!e.cell) return value;
  return value.t === 'ref' ? (value.o.fields.get('value') ?? UNDEFINED) : UNDEFINED;
}

/** What an operator makes of two values, masks among them. */
export function operated(e: TreeExpr & { k: 'binary' }, left: Value, right: Value): Value {
  return isGfpText(left) || isGfpText(right) ? gfpBinary(e.op, left, right, e.text) : binary(e.op, left, right);
}

/** Where the function that declares a shared variable keeps what that is on this path. */
export function ownName(name: string): string {
  return `%own:${name}`;
}
