import { gfpByName } from '../../model/gfp.js';
import { ERROR, POSITIVE, ZERO } from '../ir/paths.js';

/** The value of an identifier that names a constant, or undefined for a variable. */
export function namedConstant(name: string): string | undefined {
  if (name === 'NULL' || name === 'false' || name === 'FALSE') return ZERO;
  if (name === 'true' || name === 'TRUE') return POSITIVE;
  if (name.startsWith('GFP_') || name.startsWith('__GFP_')) {
    const mask = gfpByName(name);
    return mask === undefined ? undefined : `#g${mask}`;
  }
  return undefined;
}

/** The value of a number literal. */
export function numberValue(text: string): string {
  const number = Number(text.replace(/[uUlL]+$/, ''));
  if (number === 0) return ZERO;
  return Number.isSafeInteger(number) ? `#i${number}` : POSITIVE;
}

/** The value of `-operand`. */
export function negated(operandText: string, operand: string): string {
  if (operand === ZERO) return ZERO;
  if (operand.startsWith('#i')) return `#i-${operand.slice(2)}`;
  return operand === POSITIVE || /^E[A-Z0-9]+$/.test(operandText) ? ERROR : '';
}
