import { Truth } from '../ir/ir.js';
import { element, gfpUnion, isConstant, member, NONZERO, POSITIVE, truthOf, ZERO } from '../ir/paths.js';
import { type Builder, enter, jump, newBlock, resume, textOf } from './builder.js';
import { functionNamed, lowerCall } from './calls.js';
import type { Syntax } from './parser.js';
import { negated, numberValue } from './values.js';
import { assign, identifierValue } from './variables.js';

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
      return b.lower.statements(b, node.children, true);
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

/** The path that an assignment changes. */
function lowerTarget(b: Builder, node: Syntax): string {
  if (node.type === 'identifier') {
    const name = textOf(b, node);
    if (b.locals.has(name)) return `%${name}`;
  }
  return lowerExpression(b, node);
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
  const name = functionNamed(b, source);
  const member = target.children[1];
  if (member === undefined || name === undefined || !/[a-z]/.test(name)) return;
  const field = textOf(b, member);
  const object = target.children[0] === undefined ? '' : textOf(b, target.children[0]);
  const start = /^\w+/.exec(object)?.[0] ?? '';
  const parameter = b.params.get(start);
  const root = b.types[parameter === undefined ? `%${start}` : `$${parameter}`];
  const from = root === undefined ? {} : { root };
  b.tables.push({ struct: '', field, function: name, line: source.line, object, ...from });
  const how = b.awaited.get(field);
  if (how !== undefined) b.callbacks.push({ ...how, function: name, line: source.line });
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
    b.lower.condition(b, node, yes, no);
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
  b.lower.condition(b, condition, yes, no);
  resume(b, yes);
  const first = named.length > 2 && named[1] !== undefined ? lowerExpression(b, named[1]) : '';
  jump(b, after);
  resume(b, no);
  const last = named[named.length - 1] as Syntax;
  const second = lowerExpression(b, last);
  enter(b, after);
  return first === second ? first : '';
}
