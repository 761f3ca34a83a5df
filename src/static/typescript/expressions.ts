import { ITERATOR, type TreeCall, type TreeExpr } from '../ir/tree.js';
import { ts } from './compiler.js';
import { type Lowering, lineOf, noteUnknown, textOf } from './lowering.js';
import { propertyName, type Reference } from './names.js';
import { lowerTarget } from './targets.js';
import { Variables } from './variables.js';

/** A value that nothing is known of. */
export const UNKNOWN: TreeExpr = { k: 'sim', n: '' };

export function lowerExpression(l: Lowering, node: ts.Expression): TreeExpr {
  if (
    ts.isParenthesizedExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isTypeAssertionExpression(node)
  ) {
    return lowerExpression(l, node.expression);
  }
  if (ts.isYieldExpression(node)) return lowerYield(l, node);
  if (ts.isAwaitExpression(node)) return lowerExpression(l, node.expression);
  if (ts.isIdentifier(node)) return lowerName(l, node);
  if (ts.isStringLiteralLike(node)) return { k: 'const', v: node.text };
  if (ts.isNumericLiteral(node)) return { k: 'const', v: Number(node.text.replace(/_/g, '')) };
  if (ts.isCallExpression(node)) return lowerCall(l, node);
  if (ts.isPropertyAccessExpression(node)) return lowerGet(l, node);
  if (ts.isElementAccessExpression(node)) {
    const value = l.names.enumValue(node);
    if (value !== undefined) return { k: 'const', v: value };
    const o = lowerExpression(l, node.expression);
    const i = node.argumentExpression;
    return {
      k: 'index',
      o,
      i: i.getText() === ITERATOR ? { k: 'const', v: ITERATOR } : lowerExpression(l, i),
      ty: l.names.typeOf(node),
      text: textOf(node),
    };
  }
  if (ts.isNewExpression(node)) {
    return {
      k: 'new',
      c: lowerExpression(l, node.expression),
      ty: l.names.typeOf(node),
      a: lowerArguments(l, node.arguments ?? []),
      line: lineOf(node),
      ...(ts.isIdentifier(node.expression) && node.expression.text === 'Array' ? { list: true } : {}),
    };
  }
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return lowerClosure(l, node, node.name?.text ?? '');
  if (ts.isBinaryExpression(node)) return lowerBinary(l, node);
  if (ts.isPrefixUnaryExpression(node)) return lowerPrefix(l, node);
  if (ts.isPostfixUnaryExpression(node)) return step(l, node.operand, node.operator, true);
  if (ts.isConditionalExpression(node)) {
    return {
      k: 'cond',
      c: lowerExpression(l, node.condition),
      a: lowerExpression(l, node.whenTrue),
      b: lowerExpression(l, node.whenFalse),
    };
  }
  if (ts.isObjectLiteralExpression(node)) return lowerObject(l, node);
  if (ts.isArrayLiteralExpression(node))
    return { k: 'array', items: lowerArguments(l, node.elements), line: lineOf(node) };
  if (ts.isTemplateExpression(node)) {
    const parts: TreeExpr[] = [{ k: 'const', v: node.head.text }];
    for (const span of node.templateSpans) {
      parts.push(lowerExpression(l, span.expression), { k: 'const', v: span.literal.text });
    }
    return { k: 'text', parts };
  }
  return lowerRare(l, node);
}

function lowerYield(l: Lowering, node: ts.YieldExpression): TreeExpr {
  if (node.expression === undefined) return UNKNOWN;
  const e = lowerExpression(l, node.expression);
  if (node.asteriskToken === undefined) return { k: 'yield', e };
  return e.k === 'call' ? e : { k: 'run', e, line: lineOf(node) };
}

function lowerRare(l: Lowering, node: ts.Expression): TreeExpr {
  switch (node.kind) {
    case ts.SyntaxKind.TrueKeyword:
      return { k: 'const', v: true };
    case ts.SyntaxKind.FalseKeyword:
      return { k: 'const', v: false };
    case ts.SyntaxKind.NullKeyword:
      return { k: 'const', v: null };
    case ts.SyntaxKind.ThisKeyword:
      l.scope.used.add('%this');
      return { k: 'this', ty: l.names.typeOf(node) };
    default:
  }
  if (ts.isVoidExpression(node))
    return { k: 'seq', es: [lowerExpression(l, node.expression), { k: 'const', v: undefined }] };
  if (ts.isTypeOfExpression(node) || ts.isDeleteExpression(node))
    return { k: 'seq', es: [lowerExpression(l, node.expression), UNKNOWN] };
  if (ts.isSpreadElement(node)) return { k: 'spread', e: lowerExpression(l, node.expression) };
  if (ts.isOmittedExpression(node)) return { k: 'const', v: undefined };
  if (ts.isClassExpression(node)) return l.to.classValue(l, node);
  if (!ts.isRegularExpressionLiteral(node) && !ts.isBigIntLiteral(node))
    noteUnknown(l, `expression ${ts.SyntaxKind[node.kind]}`);
  return UNKNOWN;
}

function lowerName(l: Lowering, node: ts.Identifier): TreeExpr {
  const reference = l.names.reference(node);
  const members = reference.is === 'unknown' ? l.names.exportsOf(node) : undefined;
  return members === undefined ? lowerReference(l, node, reference) : lowerModule(l, node, members);
}

/** A namespace or a module as a value: an object of what it exports. */
function lowerModule(
  l: Lowering,
  node: ts.Identifier,
  members: readonly (readonly [name: string, reference: Reference])[],
): TreeExpr {
  const props = members.map(([key, to]) => ({ key, v: lowerReference(l, node, to) }));
  return { k: 'object', props, line: lineOf(node) };
}

function lowerReference(l: Lowering, node: ts.Expression, reference: Reference): TreeExpr {
  switch (reference.is) {
    case 'undefined':
      return { k: 'const', v: undefined };
    case 'sim':
      return { k: 'sim', n: reference.name };
    case 'global':
      return { k: 'global', id: reference.id, ty: l.names.typeOf(node) };
    case 'local': {
      const { declaration } = reference;
      if (ts.isFunctionDeclaration(declaration)) {
        const index = l.to.functionIndex(l, declaration, declaration.name?.text ?? '');
        l.scope.made.add(index);
        return { k: 'fn', f: index };
      }
      if (ts.isFunctionExpression(declaration)) {
        const index = l.to.functionIndex(l, declaration, declaration.name?.text ?? '');
        l.scope.made.add(index);
        return { k: 'fn', f: index };
      }
      const variable = l.variables.of(reference.symbol, declaration);
      if (variable.owner !== l.scope.node) l.scope.used.add(variable.name);
      return {
        k: 'var',
        n: variable.name,
        ...(Variables.isCell(variable) ? { cell: true } : {}),
        ...(Variables.isOwn(variable, l.scope.node) ? { own: true } : {}),
        ...(Variables.isOwnList(variable, declaration) ? { list: true } : {}),
      };
    }
    default:
      return UNKNOWN;
  }
}

function lowerClosure(l: Lowering, node: ts.ArrowFunction | ts.FunctionExpression, name: string): TreeExpr {
  const index = l.to.functionIndex(l, node, name);
  l.scope.made.add(index);
  return { k: 'fn', f: index };
}

function lowerArguments(l: Lowering, nodes: readonly ts.Expression[]): TreeExpr[] {
  return nodes.map((node) => lowerExpression(l, node));
}

function lowerGet(l: Lowering, node: ts.PropertyAccessExpression): TreeExpr {
  const value = l.names.enumValue(node);
  if (value !== undefined) return { k: 'const', v: value };
  const member = l.names.memberOfModule(node);
  if (member !== undefined) return lowerReference(l, node, member);
  const api = l.names.apiOf(l.names.symbolOf(node.name));
  const o = lowerExpression(l, node.expression);
  return { k: 'get', o, p: node.name.text, ty: l.names.typeOf(node), api, text: textOf(node), line: lineOf(node.name) };
}

function lowerCall(l: Lowering, node: ts.CallExpression): TreeCall {
  const callee = stripped(node.expression);
  const a = lowerArguments(l, node.arguments);
  const op = isRun(node);
  const lazy = !op && l.names.isOperation(node);
  const common = {
    k: 'call' as const,
    a,
    text: textOf(node),
    ty: l.names.resultOf(node),
    ...(op ? { op } : {}),
    ...(lazy ? { lazy } : {}),
  };
  if (callee.kind === ts.SyntaxKind.SuperKeyword) {
    l.scope.used.add('%this');
    return { ...common, f: { k: 'this', ty: '' }, p: 'super', line: lineOf(node), api: '', target: '' };
  }
  if (ts.isPropertyAccessExpression(callee) && l.names.memberOfModule(callee) === undefined) {
    const symbol = l.names.symbolOf(callee.name);
    const line = lineOf(callee.name);
    const target = l.names.targetOf(symbol);
    if (callee.expression.kind === ts.SyntaxKind.SuperKeyword) {
      l.scope.used.add('%this');
      return {
        ...common,
        f: { k: 'this', ty: '' },
        p: `super.${callee.name.text}`,
        line,
        api: l.names.apiOf(symbol),
        target,
      };
    }
    // Anywhere in the chain: `parent?.children.push(child)` does nothing without a parent.
    const optional = (node.flags & ts.NodeFlags.OptionalChain) !== 0;
    const f = lowerExpression(l, callee.expression);
    const lib = l.names.libraryOf(symbol);
    return {
      ...common,
      ...(lib === undefined ? {} : { lib }),
      f,
      p: callee.name.text,
      line,
      api: l.names.apiOf(symbol),
      target,
      ...(optional ? { optional } : {}),
    };
  }
  const name = ts.isPropertyAccessExpression(callee) ? callee.name : callee;
  const symbol = ts.isIdentifier(name) ? l.names.symbolOf(name) : undefined;
  const f = lowerExpression(l, callee);
  const optional = node.questionDotToken === undefined ? {} : { optional: true };
  const api = l.names.apiOf(symbol);
  return { ...common, ...optional, f, p: '', line: lineOf(node), api, target: l.names.targetOf(symbol) };
}

/** Whether `yield*` runs what a call makes. */
function isRun(node: ts.Expression): boolean {
  const { parent } = node;
  if (
    ts.isParenthesizedExpression(parent) ||
    ts.isNonNullExpression(parent) ||
    ts.isAsExpression(parent) ||
    ts.isSatisfiesExpression(parent)
  )
    return isRun(parent);
  return ts.isYieldExpression(parent) && parent.asteriskToken !== undefined;
}

function stripped(node: ts.Expression): ts.Expression {
  return ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node) || ts.isAsExpression(node)
    ? stripped(node.expression)
    : node;
}

function lowerBinary(l: Lowering, node: ts.BinaryExpression): TreeExpr {
  const kind = node.operatorToken.kind;
  const op = node.operatorToken.getText();
  if (kind === ts.SyntaxKind.CommaToken)
    return { k: 'seq', es: [lowerExpression(l, node.left), lowerExpression(l, node.right)] };
  if (kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment) {
    const v = lowerExpression(l, node.right);
    return {
      k: 'set',
      t: lowerTarget(l, node.left),
      op: op.slice(0, -1),
      v: op === '=' ? v : compound(l, node, op.slice(0, -1), v),
    };
  }
  const left = lowerExpression(l, node.left);
  const right = lowerExpression(l, node.right);
  if (op === '&&' || op === '||' || op === '??') return { k: 'logic', op, l: left, r: right };
  return { k: 'binary', op, l: left, r: right, text: textOf(node) };
}

/** `a op= b` reads `a` as well. */
function compound(l: Lowering, node: ts.BinaryExpression, op: string, v: TreeExpr): TreeExpr {
  const old = lowerExpression(l, node.left);
  if (op === '&&' || op === '||' || op === '??') return { k: 'logic', op, l: old, r: v };
  return { k: 'binary', op, l: old, r: v, text: textOf(node) };
}

function lowerPrefix(l: Lowering, node: ts.PrefixUnaryExpression): TreeExpr {
  const { operator } = node;
  if (operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken) {
    return step(l, node.operand, operator, false);
  }
  return { k: 'unary', op: ts.tokenToString(operator) ?? '', e: lowerExpression(l, node.operand) };
}

function step(l: Lowering, operand: ts.Expression, operator: ts.SyntaxKind, post: boolean): TreeExpr {
  const op = operator === ts.SyntaxKind.PlusPlusToken ? '+' : '-';
  const one: TreeExpr = { k: 'const', v: 1 };
  const v: TreeExpr = { k: 'binary', op, l: lowerExpression(l, operand), r: one, text: textOf(operand) };
  return { k: 'set', t: lowerTarget(l, operand), op, v, ...(post ? { post } : {}) };
}

function lowerObject(l: Lowering, node: ts.ObjectLiteralExpression): TreeExpr {
  const props: { key: string; v: TreeExpr; accessor?: 'get' | 'set' }[] = [];
  for (const property of node.properties) {
    const key = propertyName(property);
    if (ts.isPropertyAssignment(property)) {
      const { initializer } = property;
      const isFunction = ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer);
      props.push({ key, v: isFunction ? lowerClosure(l, initializer, key) : lowerExpression(l, initializer) });
    } else if (ts.isShorthandPropertyAssignment(property)) props.push({ key, v: lowerName(l, property.name) });
    else if (ts.isSpreadAssignment(property)) props.push({ key: '...', v: lowerExpression(l, property.expression) });
    else if (ts.isMethodDeclaration(property)) {
      const index = l.to.functionIndex(l, property, key);
      l.scope.made.add(index);
      props.push({ key, v: { k: 'fn', f: index } });
    } else {
      const index = l.to.functionIndex(l, property, key);
      l.scope.made.add(index);
      props.push({ key, v: { k: 'fn', f: index }, accessor: ts.isGetAccessor(property) ? 'get' : 'set' });
    }
  }
  return { k: 'object', props, line: lineOf(node) };
}
