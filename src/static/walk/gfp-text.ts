import { ANYTHING, constant, numberOf, type Unknown, type Value } from './value.js';

/** Marks a mask that the source spells as GFP_RT_NOWAIT, which is the number 0 and would otherwise leave no trace. */
export const RT_NOWAIT: Unknown = { t: 'unknown', ty: 'gfp:alone', truth: 2, text: '0' };

export function isGfpText(value: Value): value is Unknown {
  return value.t === 'unknown' && value.ty.startsWith('gfp:');
}

/** The number of a mask; undefined where it is not known. */
export function maskOf(value: Value | undefined): number | undefined {
  if (value !== undefined && isGfpText(value)) return Number(value.text);
  return numberOf(value);
}

export function spellingOf(value: Value | undefined): '' | 'alone' | 'mixed' {
  if (value === undefined || !isGfpText(value)) return '';
  return value.ty === 'gfp:alone' ? 'alone' : 'mixed';
}

/** `GFP_RT_NOWAIT | other` is the other, and remembers what was meant. */
export function gfpBinary(op: string, left: Value, right: Value, _text: string): Value {
  const a = maskOf(left);
  const b = maskOf(right);
  if (a === undefined || b === undefined) return ANYTHING;
  if (op === '|') {
    const mask = a | b;
    if (isGfpText(left) && isGfpText(right) && mask === 0) return left;
    return { t: 'unknown', ty: 'gfp:mixed', truth: mask === 0 ? 2 : 1, text: String(mask) };
  }
  if (op === '&') return constant(a & b);
  if (op === '===' || op === '==') return constant(a === b);
  if (op === '!==' || op === '!=') return constant(a !== b);
  return ANYTHING;
}
