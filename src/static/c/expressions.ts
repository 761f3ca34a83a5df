import { Truth } from '../ir/ir.js';
import { element, gfpUnion, isConstant, member, NONZERO, POSITIVE, returned, truthOf, ZERO } from '../ir/paths.js';
import { type Builder, emit, enter, jump, newBlock, resume, terminate, textOf } from './builder.js';
import { lowerCall } from './calls.js';
import type { Syntax } from './parser.js';
import { CONFIG_TEST } from './prepare.js';
import { lowerStatements } from './statements.js';
import { namedConstant, negated, numberValue } from './values.js';

/** Lowers an expression for its operations; returns its value (see `ir/paths.ts`), '' when unknown. */
export function lowerExpression(b: Builder, node: Syntax): string {
  switch (node.type) {
    case 'identifier':
      return identifierValue(b, textOf(b, node));
    case 'number_literal':
      return numberValue(textOf(b, node));
    case 'true':
      return POSITIVE;
    case 'false':
    case 'null':
      return ZERO;
    case 'string_literal':
    case 'concatenated_string':
      return NONZERO;
    case 'char_literal':
    case 'sizeof_expression':
    case 'offsetof_expression':
    case 'alignof_expression':
    case 'type_descriptor':
      return '';
    case 'parenthesized_expression':
      return lowerParenthesized(b, node);
    case 'compound_statement':
      return lowerStatements(b, node.children, true);
    case 'field_expression': {
      const [object, field] = node.children;
      if (object === undefined || field === undefined) return '';
      return member(lowerExpression(b, object), textOf(b, field));
    }
    case 'subscript_expression': {
      const [object, index] = node.children;
      if (object === undefined) return '';
      const base = lowerExpression(b, object);
      if (index === undefined) return element(base, '');
      lowerExpression(b, index);
      return element(base, textOf(b, index).replace(/\s+/g, '').slice(0, 40));
    }
    case 'pointer_expression':
      return lowerPointer(b, node);
    case 'call_expression':
      return lowerCall(b, node);
    case 'cast_expression':
      return lowerLast(b, node.children.slice(1));
    case 'comma_expression':
      return lowerLast(b, node.children);
    case 'assignment_expression':
      return lowerAssignment(b, node);
    case 'update_expression': {
      const operand = node.children.find((child) => child.type !== '++' && child.type !== '--');
      if (operand !== undefined) assign(b, lowerTarget(b, operand), '', node.line);
      return '';
    }
    case 'unary_expression': {
      const [operator, operand] = node.children;
      if (operator === undefined || operand === undefined) return '';
      const value = lowerExpression(b, operand);
      if (operator.type === '-') return negated(textOf(b, operand), value);
      if (operator.type === '!') {
        const truth = truthOf(value);
        return truth === Truth.Zero ? POSITIVE : (truth & Truth.Zero) === 0 ? ZERO : '';
      }
      return '';
    }
    case 'binary_expression':
      return lowerBinary(b, node);
    case 'conditional_expression':
      return lowerConditional(b, node);
    default:
      for (const child of node.children) lowerExpression(b, child);
      return '';
  }
}

function lowerParenthesized(b: Builder, node: Syntax): string {
  const inner = node.children[0];
  return inner === undefined ? '' : lowerExpression(b, inner);
}

function lowerLast(b: Builder, nodes: readonly Syntax[]): string {
  let value = '';
  for (const node of nodes) value = lowerExpression(b, node);
  return value;
}

/** The value or path of a name. */
export function identifierValue(b: Builder, name: string): string {
  const local = b.locals.get(name);
  if (local !== undefined) return local.alias ?? `%${name}`;
  const param = b.params.get(name);
  if (param !== undefined) return `$${param}`;
  return namedConstant(name) ?? name;
}

/** Names a variable as itself, not as what it was assigned from. */
function identifierKey(b: Builder, name: string): string {
  const local = b.locals.get(name);
  if (local?.alias?.includes('.') && !local.alias.startsWith('@')) return `%${name}`;
  return identifierValue(b, name);
}

/** The path that an assignment changes. */
function lowerTarget(b: Builder, node: Syntax): string {
  if (node.type === 'identifier') {
    const name = textOf(b, node);
    if (b.locals.has(name)) return `%${name}`;
  }
  return lowerExpression(b, node);
}

/** Records that `path` gets `value`. */
export function assign(b: Builder, path: string, value: string, line: number): void {
  if (path === '' || path === '?' || isConstant(path)) return;
  if (path.startsWith('%')) {
    const local = b.locals.get(path.slice(1));
    if (local !== undefined && local.assignments === 1 && value !== '' && value !== '?' && isStable(b, value)) {
      local.alias = value;
      if (!value.includes('.') || value.startsWith('@')) return;
    }
  }
  emit(b, { op: 'set', path, value, line });
}

/** A variable that changes cannot stand for another one. */
function isStable(b: Builder, value: string): boolean {
  const root = /^%(\w+)/.exec(value)?.[1];
  return root === undefined || (b.locals.get(root)?.assignments ?? 0) <= 1;
}

function lowerAssignment(b: Builder, node: Syntax): string {
  const [target, operator, source] = node.children;
  if (target === undefined || operator === undefined || source === undefined) return '';
  if (operator.type === '=') {
    const value = lowerExpression(b, source);
    const path = lowerTarget(b, target);
    assign(b, path, value, node.line);
    recordFunctionPointer(b, target, source);
    return path.startsWith('%') && value !== '' ? identifierValue(b, path.slice(1)) : path;
  }
  const added = lowerExpression(b, source);
  const path = lowerTarget(b, target);
  // `gfp |= __GFP_ZERO` keeps what matters of the mask; any other operation makes the value unknown.
  const value = operator.type === '|=' ? gfpUnion(lowerExpression(b, target), added) : '';
  assign(b, path, value.startsWith('#g') ? value : '', node.line);
  return path;
}

/** `x->function = handler`: a function stored where it can be called from elsewhere. */
function recordFunctionPointer(b: Builder, target: Syntax, source: Syntax): void {
  if (target.type !== 'field_expression') return;
  let from = source;
  while ((from.type === 'pointer_expression' || from.type === 'cast_expression') && from.children.length > 0) {
    from = from.children[from.children.length - 1] as Syntax;
  }
  if (from.type !== 'identifier') return;
  const name = textOf(b, from);
  const field = target.children[1];
  if (field === undefined || b.locals.has(name) || b.params.has(name) || !/[a-z]/.test(name)) return;
  b.tables.push({ struct: '', field: textOf(b, field), function: name, line: source.line });
}

function lowerPointer(b: Builder, node: Syntax): string {
  const operand = node.children[0];
  if (operand === undefined) return '';
  if (operand.type === 'identifier' && b.text[node.start] === '&') {
    const name = textOf(b, operand);
    // What a pointer to a local is used for is not followed: the variable may change.
    if (b.locals.has(name)) return `%${name}`;
  }
  return lowerExpression(b, operand);
}

function lowerBinary(b: Builder, node: Syntax): string {
  const [left, operator, right] = node.children;
  if (left === undefined || operator === undefined || right === undefined) return '';
  if (operator.type === '&&' || operator.type === '||') {
    const yes = newBlock(b);
    const no = newBlock(b);
    lowerCondition(b, node, yes, no);
    resume(b, yes);
    enter(b, no);
    return '';
  }
  const a = lowerExpression(b, left);
  const c = lowerExpression(b, right);
  if (operator.type === '|') return gfpUnion(a, c);
  // `GFP_KERNEL & ~__GFP_...` and pointer arithmetic on the left operand.
  if (operator.type === '+' || operator.type === '-') return isConstant(a) ? '' : a;
  return '';
}

function lowerConditional(b: Builder, node: Syntax): string {
  const named = node.children.filter((child) => child.type !== '?' && child.type !== ':');
  const condition = named[0];
  if (condition === undefined) return '';
  const yes = newBlock(b);
  const no = newBlock(b);
  const after = newBlock(b);
  lowerCondition(b, condition, yes, no);
  resume(b, yes);
  const first = named.length > 2 && named[1] !== undefined ? lowerExpression(b, named[1]) : '';
  jump(b, after);
  resume(b, no);
  const last = named[named.length - 1] as Syntax;
  const second = lowerExpression(b, last);
  enter(b, after);
  return first === second ? first : '';
}

/** Lowers a condition: control goes to `yes` or `no`, and what the outcome tells of a value goes with it. */
export function lowerCondition(b: Builder, node: Syntax, yes: number, no: number): void {
  switch (node.type) {
    case 'parenthesized_expression': {
      const inner = node.children[0];
      if (inner !== undefined && inner.type !== 'compound_statement') return lowerCondition(b, inner, yes, no);
      break;
    }
    case 'unary_expression': {
      const [operator, operand] = node.children;
      if (operator?.type === '!' && operand !== undefined) return lowerCondition(b, operand, no, yes);
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
        return lowerCondition(b, right, yes, no);
      }
      return lowerComparison(b, left, operator.type, right, yes, no);
    }
    case 'call_expression':
      if (lowerPredicate(b, node, yes, no)) return;
      break;
    case 'identifier': {
      const name = textOf(b, node);
      return test(b, identifierKey(b, name), Truth.NonZero, yes, no);
    }
    default:
  }
  test(b, lowerExpression(b, node), Truth.NonZero, yes, no);
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
  if (set !== undefined && truthOf(c) === Truth.Zero) return test(b, a, set, yes, no);
  if (truthOf(a) === Truth.Zero && (operator === '==' || operator === '!=')) return test(b, c, set ?? 0, yes, no);
  if (a === '' || c === '') return test(b, '', Truth.NonZero, yes, no);
  if (truthOf(c) === Truth.Negative && operator === '==') {
    // `ret == -EAGAIN`: yes tells the sign, no tells nothing.
    return terminate(b, { to: 'branch', value: returned('==', [a, textOf(b, right)]), when: Truth.NonZero, yes, no });
  }
  if (operator === '==' || operator === '!=') {
    const right_ = isConstant(c) ? textOf(b, right) : c;
    const when = operator === '==' ? Truth.NonZero : Truth.Zero;
    return terminate(b, { to: 'branch', value: returned('==', [a, right_]), when, yes, no });
  }
  if (operator === '&') {
    const right_ = isConstant(c) ? textOf(b, right) : c;
    return terminate(b, { to: 'branch', value: returned('&', [a, right_]), when: Truth.NonZero, yes, no });
  }
  test(b, '', Truth.NonZero, yes, no);
}

function conditionValue(b: Builder, node: Syntax): string {
  return node.type === 'identifier' ? identifierKey(b, textOf(b, node)) : lowerExpression(b, node);
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
