import { Truth } from '../ir/ir.js';
import { ERROR, isConstant, returned, truthOf } from '../ir/paths.js';
import { type Builder, jump, newBlock, resume, terminate, textOf } from './builder.js';
import { CONFIG_TEST } from './if-blocks.js';
import type { Syntax } from './parser.js';
import { identifierKey } from './variables.js';

/** Lowers a condition: control goes to `yes` or `no`, and what the outcome tells of a value goes with it. */
export function lowerCondition(b: Builder, node: Syntax, yes: number, no: number): void {
  switch (node.type) {
    case 'parenthesized_expression': {
      const inner = node.children[0];
      if (inner !== undefined && inner.type !== 'compound_statement') {
        lowerCondition(b, inner, yes, no);
        return;
      }
      break;
    }
    case 'unary_expression': {
      const [operator, operand] = node.children;
      if (operator?.type === '!' && operand !== undefined) {
        lowerCondition(b, operand, no, yes);
        return;
      }
      break;
    }
    case 'binary_expression': {
      const [left, operator, right] = node.children;
      if (left === undefined || operator === undefined || right === undefined) break;
      if (operator.type === '&&' || operator.type === '||') {
        const second = newBlock(b);
        if (operator.type === '&&') lowerCondition(b, left, second, no);
        else lowerCondition(b, left, yes, second);
        resume(b, second);
        lowerCondition(b, right, yes, no);
        return;
      }
      lowerComparison(b, left, operator.type, right, yes, no);
      return;
    }
    case 'call_expression':
      if (lowerPredicate(b, node, yes, no)) return;
      break;
    case 'identifier': {
      const name = textOf(b, node);
      test(b, identifierKey(b, name), Truth.NonZero, yes, no);
      return;
    }
    default:
  }
  test(b, b.lower.expression(b, node), Truth.NonZero, yes, no);
}

function test(b: Builder, value: string, when: number, yes: number, no: number): void {
  const truth = truthOf(value);
  if ((truth & when) === truth) jump(b, yes);
  else if ((truth & when) === 0) jump(b, no);
  else terminate(b, { to: 'branch', value: value === '?' ? '' : value, when, yes, no });
}

/** Which values of `x` satisfy `x OP 0`. */
const AGAINST_ZERO: Readonly<Record<string, number>> = {
  '==': Truth.Zero,
  '!=': Truth.NonZero,
  '<': Truth.Negative,
  '>': Truth.Positive,
  '<=': Truth.Negative | Truth.Zero,
  '>=': Truth.Positive | Truth.Zero,
};

function lowerComparison(b: Builder, left: Syntax, operator: string, right: Syntax, yes: number, no: number): void {
  const a = conditionValue(b, left);
  const c = conditionValue(b, right);
  const set = AGAINST_ZERO[operator];
  if (set !== undefined && truthOf(c) === Truth.Zero) {
    test(b, a, set, yes, no);
    return;
  }
  if (truthOf(a) === Truth.Zero && (operator === '==' || operator === '!=')) {
    test(b, c, set ?? 0, yes, no);
    return;
  }
  if (a === '' || c === '') {
    test(b, '', Truth.NonZero, yes, no);
    return;
  }
  if (c === ERROR && operator === '==') {
    // `ret == -EAGAIN`: yes tells the sign, no tells nothing.
    terminate(b, { to: 'branch', value: returned('==', [a, textOf(b, right)]), when: Truth.NonZero, yes, no });
    return;
  }
  if (operator === '==' || operator === '!=') {
    const right_ = isConstant(c) && !c.startsWith('#i') ? textOf(b, right) : c;
    const when = operator === '==' ? Truth.NonZero : Truth.Zero;
    terminate(b, { to: 'branch', value: returned('==', [a, right_]), when, yes, no });
    return;
  }
  if (operator === '&') {
    const right_ = isConstant(c) ? textOf(b, right) : c;
    terminate(b, { to: 'branch', value: returned('&', [a, right_]), when: Truth.NonZero, yes, no });
    return;
  }
  test(b, '', Truth.NonZero, yes, no);
}

function conditionValue(b: Builder, node: Syntax): string {
  return node.type === 'identifier' ? identifierKey(b, textOf(b, node)) : b.lower.expression(b, node);
}

/** Calls that are conditions by themselves. */
function lowerPredicate(b: Builder, node: Syntax, yes: number, no: number): boolean {
  const callee = node.children[0];
  const argument = node.children[1]?.children[0];
  if (callee?.type !== 'identifier' || argument === undefined) return false;
  const name = textOf(b, callee);
  switch (name) {
    case 'likely':
    case 'unlikely':
    case 'WARN_ON':
    case 'WARN_ON_ONCE':
      lowerCondition(b, argument, yes, no);
      return true;
    case 'IS_ERR':
    case 'IS_ERR_VALUE':
      test(b, conditionValue(b, argument), Truth.Negative, yes, no);
      return true;
    case 'IS_ERR_OR_NULL':
      test(b, conditionValue(b, argument), Truth.Negative | Truth.Zero, yes, no);
      return true;
    case CONFIG_TEST:
    case 'IS_ENABLED':
    case 'IS_BUILTIN':
    case 'IS_REACHABLE': {
      const key = textOf(b, argument);
      const known = b.vocabulary.assumed.get(key);
      if (known !== undefined) jump(b, known ? yes : no);
      else terminate(b, { to: 'branch', value: `CONFIG.${key}`, when: Truth.NonZero, yes, no });
      return true;
    }
    default:
      return false;
  }
}
