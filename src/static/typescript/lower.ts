import type { TreeClass, TreeExpr, TreeFunction, TreeParam, TreeStmt, TreeTarget, TreeUnit } from '../ir/tree.js';
import { ts } from './compiler.js';
import { contractOf } from './contract.js';
import { lowerExpression } from './expressions.js';
import { endOf, hasModifier, type Lowering, lineOf, type Scope } from './lowering.js';
import { className, isTopLevel, type Names, propertyName } from './names.js';
import type { TypedSources } from './project.js';
import { lowerBody, lowerStatements } from './statements.js';
import { lowerBinding } from './targets.js';
import { Variables } from './variables.js';

/** Reads one file into the intermediate form. */
export function lowerFile(sources: TypedSources, names: Names, file: ts.SourceFile): TreeUnit {
  const name = sources.nameOf(file);
  const scope = newScope(file);
  const l: Lowering = {
    sources,
    names,
    variables: new Variables(names, file),
    file: name,
    functions: [],
    scopes: [],
    indices: new Map(),
    classes: [],
    named: {},
    unknown: {},
    scope,
    to: { expression: lowerExpression, functionIndex, classValue: lowerClass },
  };
  const body = lowerStatements(l, file.statements);
  settleCaptures(l);
  return {
    file: name,
    functions: l.functions.map((fn, i) => finished(l, fn, i)),
    classes: l.classes,
    body,
    named: l.named,
    aliases: {},
    unknown: l.unknown,
  };
}

function newScope(node: ts.Node): Scope {
  return { node, own: new Set(), used: new Set(), made: new Set() };
}

/** Lowers a function once; its number. */
function functionIndex(l: Lowering, node: ts.FunctionLikeDeclaration, name: string, id = ''): number {
  const known = l.indices.get(node);
  if (known !== undefined) return known;
  const index = l.functions.length;
  l.indices.set(node, index);
  l.functions.push(undefined);
  const outer = l.scope;
  const scope = newScope(node);
  l.scopes[index] = scope;
  l.scope = scope;
  const ownThis = !ts.isArrowFunction(node);
  if (ownThis) scope.own.add('%this');
  const params = node.parameters
    .filter((param) => !(ts.isIdentifier(param.name) && param.name.text === 'this'))
    .map((param) => lowerParam(l, param));
  const fields = ts.isConstructorDeclaration(node) ? parameterProperties(l, node) : [];
  const contract = contractOf(l, node);
  const body = node.body === undefined ? [] : lowerBody(l, node.body);
  l.functions[index] = {
    name: functionName(node, name),
    id,
    line: lineOf(node.name ?? node),
    end: endOf(node),
    params,
    body: [...fields, ...body],
    captures: [],
    early: l.variables.earlyOf(node),
    ownThis,
    isPublic: isExported(node),
    ...('asteriskToken' in node && node.asteriskToken !== undefined ? { isGenerator: true } : {}),
    ...(contract === undefined ? {} : { contract }),
  };
  l.scope = outer;
  return index;
}

function functionName(node: ts.FunctionLikeDeclaration, fallback: string): string {
  if (node.name !== undefined && (ts.isIdentifier(node.name) || ts.isPrivateIdentifier(node.name)))
    return node.name.text.replace(/^#/, '');
  return fallback;
}

function lowerParam(l: Lowering, param: ts.ParameterDeclaration): TreeParam {
  const name = ts.isIdentifier(param.name) ? param.name.text : '';
  return {
    t: lowerBinding(l, param.name),
    name,
    ty: l.names.typeOf(param),
    init: param.initializer === undefined ? null : lowerExpression(l, param.initializer),
    rest: param.dotDotDotToken !== undefined,
  };
}

/** `constructor(private readonly lock: Mutex)` */
function parameterProperties(l: Lowering, node: ts.ConstructorDeclaration): TreeStmt[] {
  return node.parameters.flatMap((param): TreeStmt[] => {
    if (!ts.isParameterPropertyDeclaration(param, node) || !ts.isIdentifier(param.name)) return [];
    const t: TreeTarget = { k: 'field', o: { k: 'this', ty: '' }, p: param.name.text };
    const e = { k: 'set', t, op: '', v: lowerExpression(l, param.name) } as const;
    return [{ k: 'expr', e, line: lineOf(param) }];
  });
}

function isExported(node: ts.FunctionLikeDeclaration): boolean {
  if (ts.isFunctionDeclaration(node)) return hasModifier(node, ts.SyntaxKind.ExportKeyword);
  if (!ts.isMethodDeclaration(node) && !ts.isGetAccessor(node) && !ts.isSetAccessor(node)) return false;
  if (node.name !== undefined && ts.isPrivateIdentifier(node.name)) return false;
  return !hasModifier(node, ts.SyntaxKind.PrivateKeyword) && !hasModifier(node, ts.SyntaxKind.ProtectedKeyword);
}

/** Functions also need what the functions that they make need. */
function settleCaptures(l: Lowering): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const scope of l.scopes) {
      for (const made of scope.made) {
        const inner = l.scopes[made];
        if (inner === undefined) continue;
        for (const name of inner.used) {
          if (inner.own.has(name) || scope.used.has(name)) continue;
          scope.used.add(name);
          changed = true;
        }
      }
    }
  }
}

function finished(l: Lowering, fn: TreeFunction | undefined, index: number): TreeFunction {
  const scope = l.scopes[index];
  if (fn === undefined || scope === undefined) throw new Error('lockvet bug: a function was not lowered');
  const captures = [...scope.used].filter((name) => !scope.own.has(name)).sort();
  return { ...fn, captures };
}

/** Lowers a class; its members' functions go to the unit. The expression stands for the class. */
function lowerClass(l: Lowering, node: ts.ClassLikeDeclaration): TreeExpr {
  const id = `${l.file}#${className(node)}`;
  const name = node.name?.text ?? 'default';
  const heritage = node.heritageClauses?.find((clause) => clause.token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
  const isTop = ts.isClassDeclaration(node) && isTopLevel(node);
  const idOf = (method: string): string => (isTop ? `${id}.${method}` : '');
  // Stands for all that is in the class: what that captures, the class captures.
  const self = l.functions.length;
  const outer = l.scope;
  const scope = newScope(node);
  scope.own.add('%this');
  l.scopes[self] = scope;
  l.functions.push(wholeClass(l, node));
  if (!isTop) outer.made.add(self);
  l.scope = scope;
  const member = (index: number): number => {
    scope.made.add(index);
    return index;
  };
  const fields: TreeClass['fields'][number][] = [];
  const methods: TreeClass['methods'][number][] = [];
  let make = -1;
  // Field initialisers run as part of construction: a function of their own scope, whose `this` is the object.
  for (const part of node.members) {
    const isStatic = hasModifier(part, ts.SyntaxKind.StaticKeyword);
    if (ts.isClassStaticBlockDeclaration(part)) {
      fields.push({ name: '', init: calledBlock(l, part, member), ty: '', isStatic: true });
    } else if (ts.isConstructorDeclaration(part)) {
      if (part.body !== undefined) make = member(functionIndex(l, part, name));
    } else if (ts.isPropertyDeclaration(part)) {
      fields.push({ name: propertyName(part), init: lowerInitial(l, part), ty: l.names.typeOf(part), isStatic });
    } else if (ts.isMethodDeclaration(part) && part.body !== undefined) {
      const method = propertyName(part);
      const f = member(functionIndex(l, part, method, idOf(method)));
      methods.push({ name: method, f, kind: 'method', isStatic });
    } else if (ts.isGetAccessor(part) || ts.isSetAccessor(part)) {
      const method = propertyName(part);
      const kind = ts.isGetAccessor(part) ? 'get' : 'set';
      methods.push({ name: method, f: member(functionIndex(l, part, method, idOf(method))), kind, isStatic });
    }
  }
  l.scope = outer;
  l.classes.push({
    id,
    name,
    line: lineOf(node),
    base: heritage === undefined ? null : lowerExpression(l, heritage.expression),
    baseId: heritage === undefined ? '' : l.names.typeOf(heritage),
    make,
    fields,
    methods,
    isPublic: hasModifier(node, ts.SyntaxKind.ExportKeyword),
  });
  return isTop ? { k: 'global', id, ty: '' } : { k: 'class', id, f: self };
}

/** `static { ... }`: a function of the class's `this` that is called where the block stands. */
function calledBlock(l: Lowering, node: ts.ClassStaticBlockDeclaration, member: (index: number) => number): TreeExpr {
  const index = member(l.functions.length);
  l.functions.push(undefined);
  const outer = l.scope;
  const scope = newScope(node);
  scope.used.add('%this');
  l.scopes[index] = scope;
  l.scope = scope;
  const body = lowerStatements(l, node.body.statements);
  l.scope = outer;
  const line = lineOf(node);
  const name = 'static';
  const captured = { captures: [], early: l.variables.earlyOf(node), ownThis: false, isPublic: false };
  l.functions[index] = { name, id: '', line, end: endOf(node), params: [], body, ...captured };
  const f: TreeExpr = { k: 'fn', f: index };
  return { k: 'call', f, p: '', a: [], line, api: '', target: '', text: name, ty: '' };
}

/** What a field begins with: without an initialiser undefined, where its type says that it may be; null: something else gives it its value. */
function lowerInitial(l: Lowering, part: ts.PropertyDeclaration): TreeExpr | null {
  if (part.initializer !== undefined) return lowerExpression(l, part.initializer);
  const isElsewhere =
    hasModifier(part, ts.SyntaxKind.DeclareKeyword) || hasModifier(part, ts.SyntaxKind.AbstractKeyword);
  return isElsewhere || !l.names.mayBeMissing(part) ? null : { k: 'const', v: undefined };
}

/** A function without code for what a class captures. */
function wholeClass(l: Lowering, node: ts.ClassLikeDeclaration): TreeFunction {
  const early = new Set(node.members.flatMap((member) => l.variables.earlyOf(member)));
  return {
    name: '',
    id: '',
    line: lineOf(node),
    end: endOf(node),
    params: [],
    body: [],
    captures: [],
    early: [...early].sort(),
    ownThis: true,
    isPublic: false,
  };
}
