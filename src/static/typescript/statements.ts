import type { TreeExpr, TreeStmt, TreeTarget } from '../ir/tree.js';
import { ts } from './compiler.js';
import { lowerExpression, UNKNOWN } from './expressions.js';
import { hasModifier, type Lowering, lineOf, noteUnknown, textOf } from './lowering.js';
import { isTopLevel, propertyName, qualifiedName } from './names.js';
import { lowerBinding, lowerTarget, nameTarget } from './targets.js';

/** A function's body: a block, or the expression of an arrow function. */
export function lowerBody(l: Lowering, body: ts.ConciseBody): TreeStmt[] {
  if (ts.isBlock(body)) return lowerStatements(l, body.statements);
  return [{ k: 'return', e: lowerExpression(l, body), line: lineOf(body) }];
}

export function lowerStatements(l: Lowering, nodes: readonly ts.Statement[]): TreeStmt[] {
  // Function declarations are there before anything runs.
  for (const node of nodes) if (ts.isFunctionDeclaration(node)) declareFunction(l, node);
  return nodes.flatMap((node) => lowerStatement(l, node, ''));
}

function declareFunction(l: Lowering, node: ts.FunctionDeclaration): void {
  if (node.body === undefined) return;
  const name = node.name?.text ?? 'default';
  const isTop = isTopLevel(node);
  const id = isTop ? `${l.file}#${qualifiedName(node)}` : '';
  const index = l.to.functionIndex(l, node, name, id);
  if (isTop) {
    l.named[id] = index;
    if (hasModifier(node, ts.SyntaxKind.DefaultKeyword)) l.named[`${l.file}#default`] = index;
  }
}

function block(l: Lowering, node: ts.Statement | undefined): TreeStmt[] {
  if (node === undefined) return [];
  return ts.isBlock(node) ? lowerStatements(l, node.statements) : lowerStatement(l, node, '');
}

function lowerStatement(l: Lowering, node: ts.Statement, label: string): TreeStmt[] {
  const line = lineOf(node);
  if (ts.isExpressionStatement(node)) return [{ k: 'expr', e: lowerExpression(l, node.expression), line }];
  if (ts.isVariableStatement(node)) return lowerDeclarations(l, node.declarationList);
  if (ts.isIfStatement(node)) {
    const c = lowerExpression(l, node.expression);
    const text = textOf(node.expression);
    return [{ k: 'if', c, text, a: block(l, node.thenStatement), b: block(l, node.elseStatement), line }];
  }
  if (ts.isBlock(node))
    return [{ k: 'block', s: lowerStatements(l, node.statements), ...(label === '' ? {} : { label }) }];
  if (ts.isReturnStatement(node)) {
    return [{ k: 'return', e: node.expression === undefined ? null : lowerExpression(l, node.expression), line }];
  }
  if (ts.isWhileStatement(node) || ts.isDoStatement(node)) {
    const c = lowerExpression(l, node.expression);
    return [{ k: 'loop', c, body: block(l, node.statement), step: null, post: ts.isDoStatement(node), label, line }];
  }
  if (ts.isForStatement(node)) return lowerFor(l, node, label);
  if (ts.isForOfStatement(node) || ts.isForInStatement(node)) return [lowerEach(l, node, label)];
  if (ts.isBreakStatement(node)) return [{ k: 'break', label: node.label?.text ?? '' }];
  if (ts.isContinueStatement(node)) return [{ k: 'continue', label: node.label?.text ?? '' }];
  if (ts.isThrowStatement(node)) return [{ k: 'throw', e: lowerExpression(l, node.expression), line }];
  if (ts.isTryStatement(node)) {
    const { catchClause } = node;
    const variable = catchClause?.variableDeclaration;
    return [
      {
        k: 'try',
        s: lowerStatements(l, node.tryBlock.statements),
        param: variable === undefined ? null : lowerBinding(l, variable.name),
        handler: catchClause === undefined ? null : lowerStatements(l, catchClause.block.statements),
        end: node.finallyBlock === undefined ? [] : lowerStatements(l, node.finallyBlock.statements),
      },
    ];
  }
  if (ts.isSwitchStatement(node)) {
    const e = lowerExpression(l, node.expression);
    const cases = node.caseBlock.clauses.map((clause) => ({
      test: ts.isCaseClause(clause) ? lowerExpression(l, clause.expression) : null,
      s: lowerStatements(l, clause.statements),
    }));
    return [{ k: 'switch', e, cases, label }];
  }
  if (ts.isLabeledStatement(node)) return lowerStatement(l, node.statement, node.label.text);
  if (ts.isClassDeclaration(node)) {
    const v = l.to.classValue(l, node);
    // What is outside functions is found by its name, before the place where it stands, too.
    if (node.name === undefined || isTopLevel(node)) return [];
    return [{ k: 'expr', e: { k: 'set', t: lowerBinding(l, node.name), op: '', v }, line }];
  }
  if (ts.isExportAssignment(node)) {
    const t: TreeTarget = { k: 'global', id: `${l.file}#default` };
    return [{ k: 'expr', e: { k: 'set', t, op: '', v: lowerExpression(l, node.expression) }, line }];
  }
  if (ts.isEnumDeclaration(node)) return [lowerEnum(l, node)];
  if (ts.isModuleDeclaration(node)) return lowerNamespace(l, node.body);
  if (isNoCode(node)) return [];
  noteUnknown(l, `statement ${ts.SyntaxKind[node.kind]}`);
  return [];
}

/** The object of an enumeration: names to values, numbers to names. */
function lowerEnum(l: Lowering, node: ts.EnumDeclaration): TreeStmt {
  const props = node.members.flatMap((member): { key: string; v: TreeExpr }[] => {
    const key = propertyName(member);
    const v = l.names.enumMemberValue(member);
    const entry = { key, v: v === undefined ? UNKNOWN : { k: 'const' as const, v } };
    return typeof v === 'number' ? [{ key: String(v), v: { k: 'const', v: key } }, entry] : [entry];
  });
  const line = lineOf(node);
  const t = lowerBinding(l, node.name);
  return { k: 'expr', e: { k: 'set', t, op: '', v: { k: 'object', props, line } }, line };
}

/** What is in a namespace runs where it stands; its names have the namespace's before them. */
function lowerNamespace(l: Lowering, body: ts.ModuleDeclaration['body']): TreeStmt[] {
  if (body === undefined || ts.isIdentifier(body)) return [];
  if (ts.isModuleBlock(body)) return lowerStatements(l, body.statements);
  return ts.isModuleDeclaration(body) ? lowerNamespace(l, body.body) : [];
}

function isNoCode(node: ts.Statement): boolean {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isEmptyStatement(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node) ||
    ts.isDebuggerStatement(node)
  );
}

function lowerDeclarations(l: Lowering, list: ts.VariableDeclarationList): TreeStmt[] {
  return list.declarations.map((node): TreeStmt => {
    const v: TreeExpr =
      node.initializer === undefined ? { k: 'const', v: undefined } : named(l, node.initializer, node.name);
    return { k: 'expr', e: { k: 'set', t: lowerBinding(l, node.name), op: '', v }, line: lineOf(node) };
  });
}

/** A function without a name takes that of the variable. */
function named(l: Lowering, node: ts.Expression, name: ts.BindingName): TreeExpr {
  if ((ts.isArrowFunction(node) || ts.isFunctionExpression(node)) && ts.isIdentifier(name)) {
    const index = l.to.functionIndex(l, node, name.text);
    l.scope.made.add(index);
    return { k: 'fn', f: index };
  }
  return lowerExpression(l, node);
}

function lowerFor(l: Lowering, node: ts.ForStatement, label: string): TreeStmt[] {
  const out: TreeStmt[] = [];
  const { initializer } = node;
  if (initializer !== undefined) {
    if (ts.isVariableDeclarationList(initializer)) out.push(...lowerDeclarations(l, initializer));
    else out.push({ k: 'expr', e: lowerExpression(l, initializer), line: lineOf(initializer) });
  }
  out.push({
    k: 'loop',
    c: node.condition === undefined ? null : lowerExpression(l, node.condition),
    body: block(l, node.statement),
    step: lowerStep(l, node),
    post: false,
    label,
    line: lineOf(node),
  });
  return out;
}

/** What follows a turn. Before anything else each turn gets variables of its own: closures keep those of the turn that made them. */
function lowerStep(l: Lowering, { initializer, incrementor }: ts.ForStatement): TreeExpr | null {
  const es: TreeExpr[] = [];
  if (initializer !== undefined && ts.isVariableDeclarationList(initializer) && isBlockScoped(initializer)) {
    for (const name of initializer.declarations.flatMap((declaration) => namesOf(declaration.name))) {
      const t = nameTarget(l, name, true);
      if (t.k === 'var' && t.cell === true) es.push({ k: 'set', t, op: '', v: lowerExpression(l, name) });
    }
  }
  if (incrementor !== undefined) es.push(lowerExpression(l, incrementor));
  return es.length > 1 ? { k: 'seq', es } : (es[0] ?? null);
}

/** `let` and `const`, but not `var`. */
function isBlockScoped(list: ts.VariableDeclarationList): boolean {
  return (list.flags & ts.NodeFlags.BlockScoped) !== 0;
}

function namesOf(name: ts.BindingName): ts.Identifier[] {
  if (ts.isIdentifier(name)) return [name];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : namesOf(element.name)));
}

function lowerEach(l: Lowering, node: ts.ForInOrOfStatement, label: string): TreeStmt {
  const { initializer } = node;
  const [declared] = ts.isVariableDeclarationList(initializer) ? initializer.declarations : [];
  const t = declared === undefined ? lowerTarget(l, initializer as ts.Expression) : lowerBinding(l, declared.name);
  return {
    k: 'each',
    t,
    e: node.expression === undefined ? UNKNOWN : lowerExpression(l, node.expression),
    ty: l.names.typeOf(declared ?? initializer),
    keys: ts.isForInStatement(node),
    body: block(l, node.statement),
    label,
    line: lineOf(node),
  };
}
