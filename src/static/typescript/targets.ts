import type { TreePart, TreeTarget } from '../ir/tree.js';
import { ts } from './compiler.js';
import type { Lowering } from './lowering.js';
import { Variables } from './variables.js';

/** What a declared name or pattern binds. */
export function lowerBinding(l: Lowering, name: ts.BindingName): TreeTarget {
  if (ts.isIdentifier(name)) return nameTarget(l, name, true);
  const parts: TreePart[] = [];
  name.elements.forEach((element, i) => {
    if (ts.isOmittedExpression(element)) return;
    const key = ts.isArrayBindingPattern(name) ? i : keyOf(element.propertyName ?? element.name);
    parts.push({
      key,
      ...(element.dotDotDotToken === undefined ? {} : { rest: true }),
      t: lowerBinding(l, element.name),
      ...(element.initializer === undefined ? {} : { init: l.to.expression(l, element.initializer) }),
      ty: l.names.typeOf(element),
    });
  });
  return { k: 'pattern', parts };
}

function keyOf(name: ts.Node): string {
  return ts.isIdentifier(name) || ts.isStringLiteralLike(name) || ts.isNumericLiteral(name) ? name.text : '';
}

/** A name that is declared or assigned to. */
export function nameTarget(l: Lowering, node: ts.Identifier, declare: boolean): TreeTarget {
  const reference = l.names.reference(node);
  if (reference.is === 'global') return { k: 'global', id: reference.id };
  if (reference.is !== 'local') return { k: 'nothing' };
  const variable = l.variables.of(reference.symbol, reference.declaration);
  if (variable.owner === l.scope.node) l.scope.own.add(variable.name);
  else l.scope.used.add(variable.name);
  const cell = Variables.isCell(variable);
  const own = Variables.isOwn(variable, l.scope.node);
  return {
    k: 'var',
    n: variable.name,
    ...(cell ? { cell } : {}),
    ...(own ? { own } : {}),
    ...(declare ? { declare } : {}),
  };
}

/** What an expression on the left of an assignment stands for. */
export function lowerTarget(l: Lowering, node: ts.Expression): TreeTarget {
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node) || ts.isAsExpression(node)) {
    return lowerTarget(l, node.expression);
  }
  if (ts.isIdentifier(node)) return nameTarget(l, node, false);
  if (ts.isPropertyAccessExpression(node))
    return { k: 'field', o: l.to.expression(l, node.expression), p: node.name.text };
  if (ts.isElementAccessExpression(node)) {
    return { k: 'element', o: l.to.expression(l, node.expression), i: l.to.expression(l, node.argumentExpression) };
  }
  if (ts.isArrayLiteralExpression(node)) {
    const parts = node.elements.flatMap((element, i): TreePart[] => {
      if (ts.isOmittedExpression(element)) return [];
      if (ts.isSpreadElement(element)) return [{ key: i, rest: true, t: lowerTarget(l, element.expression), ty: '' }];
      return [assigned(l, i, element)];
    });
    return { k: 'pattern', parts };
  }
  if (ts.isObjectLiteralExpression(node)) {
    const parts = node.properties.flatMap((property): TreePart[] => {
      if (ts.isShorthandPropertyAssignment(property)) {
        return [{ key: property.name.text, t: nameTarget(l, property.name, false), ty: '' }];
      }
      return ts.isPropertyAssignment(property) ? [assigned(l, keyOf(property.name), property.initializer)] : [];
    });
    return { k: 'pattern', parts };
  }
  return { k: 'nothing' };
}

function assigned(l: Lowering, key: string | number, node: ts.Expression): TreePart {
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    return { key, t: lowerTarget(l, node.left), init: l.to.expression(l, node.right), ty: '' };
  }
  return { key, t: lowerTarget(l, node), ty: '' };
}
