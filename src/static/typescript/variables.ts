import { ts } from './compiler.js';
import type { Names } from './names.js';

/** A variable inside functions. */
export interface Variable {
  /** Unique within the file. */
  readonly name: string;
  /** Function (or file) that declares it. */
  readonly owner: ts.Node;
  /** It is a function declaration: made anew, with what it captures, wherever it is named. */
  readonly isFunction: boolean;
  captured: boolean;
  assigned: boolean;
  /** Something else than its own function's code may get at the object that it is. */
  escapes: boolean;
  /** A closure gives it a value, too. */
  shared: boolean;
  /** A closure that uses it is made before it has its value. */
  early: boolean;
}

interface Use {
  readonly variable: Variable;
  readonly declaration: ts.Declaration;
}

/** The variables of a file and how closures use them. */
export class Variables {
  readonly #names: Names;
  readonly #known = new Map<ts.Symbol, Variable>();
  readonly #counts = new Map<string, number>();
  /** What function declarations use of the functions around them, where that is declared. */
  readonly #uses = new Map<ts.Node, Use[]>();
  /** Function declarations named in closures, which copy what those use. */
  readonly #named: { readonly closure: ts.Node; readonly declaration: ts.Node }[] = [];

  /** By closure: what it captures before it has its value. */
  readonly #early = new Map<ts.Node, Set<string>>();

  constructor(names: Names, file: ts.SourceFile) {
    this.#names = names;
    this.#visit(file, file, []);
    for (const { closure, declaration } of this.#named) this.#reach(closure, declaration, new Set());
  }

  of(symbol: ts.Symbol, declaration: ts.Declaration): Variable {
    let variable = this.#known.get(symbol);
    if (variable === undefined) {
      const count = (this.#counts.get(symbol.name) ?? 0) + 1;
      this.#counts.set(symbol.name, count);
      variable = {
        name: count === 1 ? symbol.name : `${symbol.name}~${count}`,
        owner: functionAround(declaration),
        isFunction: ts.isFunctionDeclaration(declaration),
        captured: false,
        assigned: false,
        escapes: false,
        shared: false,
        early: false,
      };
      this.#known.set(symbol, variable);
    }
    return variable;
  }

  /** Names of what a closure captures before it has its value, sorted. */
  earlyOf(closure: ts.Node): string[] {
    return [...(this.#early.get(closure) ?? [])].sort();
  }

  /** Whether closures must share the variable rather than copy it. */
  static isCell(variable: Variable): boolean {
    return variable.captured && !variable.isFunction && (variable.assigned || variable.early);
  }

  /** Whether a variable is a list that the function makes, fills and empties, and that nobody else sees. */
  static isOwnList(variable: Variable, declaration: ts.Declaration): boolean {
    if (variable.escapes || variable.captured || variable.assigned) return false;
    if (!ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return false;
    return ts.isArrayLiteralExpression(declaration.initializer);
  }

  /** Whether a shared variable gets its values from the function that declares it alone, seen from there. */
  static isOwn(variable: Variable, seenFrom: ts.Node): boolean {
    return Variables.isCell(variable) && !variable.shared && variable.owner === seenFrom;
  }

  /** `functions`: what the node is in, outermost first. */
  #visit(node: ts.Node, current: ts.Node, functions: readonly ts.Node[]): void {
    if (ts.isIdentifier(node)) {
      this.#note(node, current, functions);
      return;
    }
    if (
      ts.isTypeNode(node) ||
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node) ||
      ts.isImportDeclaration(node)
    )
      return;
    const inside = hasVariables(node) ? [...functions, node] : functions;
    const scope = hasVariables(node) ? node : current;
    ts.forEachChild(node, (child) => this.#visit(child, scope, inside));
  }

  #note(node: ts.Identifier, current: ts.Node, functions: readonly ts.Node[]): void {
    const { parent } = node;
    if (ts.isPropertyAccessExpression(parent) && parent.name === node) return;
    if (
      (ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent)) &&
      parent.name === node
    )
      return;
    const reference = this.#names.reference(node);
    if (reference.is !== 'local') return;
    const variable = this.of(reference.symbol, reference.declaration);
    if (variable.owner !== current) {
      variable.captured = true;
      const around = functions.find((fn) => fn !== variable.owner && contains(variable.owner, fn));
      const { declaration } = reference;
      if (around !== undefined && ts.isFunctionDeclaration(around)) {
        const uses = this.#uses.get(around) ?? [];
        this.#uses.set(around, uses);
        uses.push({ variable, declaration });
      } else if (around !== undefined) {
        if (variable.isFunction) this.#named.push({ closure: around, declaration });
        else this.#noteEarly(around, { variable, declaration });
      }
    }
    if (node !== ts.getNameOfDeclaration(reference.declaration) && !staysInside(node)) variable.escapes = true;
    if (isAssigned(node)) {
      variable.assigned = true;
      if (variable.owner !== current) variable.shared = true;
    }
  }

  /** A closure that names a function has what that uses, and the functions that it names use. */
  #reach(closure: ts.Node, fn: ts.Node, seen: Set<ts.Node>): void {
    if (seen.has(fn)) return;
    seen.add(fn);
    for (const { variable, declaration } of this.#uses.get(fn) ?? []) {
      if (variable.isFunction) this.#reach(closure, declaration, seen);
      else this.#noteEarly(closure, { variable, declaration });
    }
  }

  #noteEarly(closure: ts.Node, { variable, declaration }: Use): void {
    if (closure.getStart() >= declarationEnd(declaration)) return;
    variable.early = true;
    const names = this.#early.get(closure) ?? new Set();
    this.#early.set(closure, names.add(variable.name));
  }
}

function contains(outer: ts.Node, inner: ts.Node): boolean {
  return ts.isSourceFile(outer) || (outer.pos <= inner.pos && inner.end <= outer.end);
}

function declarationEnd(declaration: ts.Declaration): number {
  let node: ts.Node = declaration;
  while (ts.isBindingElement(node) || ts.isObjectBindingPattern(node) || ts.isArrayBindingPattern(node))
    node = node.parent;
  return ts.isParameter(node) ? node.parent.getStart() : node.end;
}

/** Functions, and blocks of a class's set-up, which are as a function that is called at once. */
function hasVariables(node: ts.Node): boolean {
  return ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node);
}

/** The function around a node, or its file. */
export function functionAround(node: ts.Node): ts.Node {
  let at: ts.Node = node;
  // A function's own name belongs to whoever declares it, a parameter to its function.
  if (ts.isFunctionDeclaration(at) || ts.isClassDeclaration(at)) at = at.parent;
  while (!hasVariables(at) && !ts.isSourceFile(at)) at = at.parent;
  return at;
}

function isAssigned(node: ts.Identifier): boolean {
  let at: ts.Node = node;
  for (;;) {
    const { parent } = at;
    if (ts.isParenthesizedExpression(parent) || ts.isSpreadElement(parent) || ts.isArrayLiteralExpression(parent))
      at = parent;
    else if (ts.isShorthandPropertyAssignment(parent) || ts.isObjectLiteralExpression(parent)) at = parent;
    else if (ts.isPropertyAssignment(parent) && parent.initializer === at) at = parent;
    else break;
  }
  const { parent } = at;
  if (ts.isBinaryExpression(parent) && parent.left === at) {
    const kind = parent.operatorToken.kind;
    return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
  }
  if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) {
    return parent.operator === ts.SyntaxKind.PlusPlusToken || parent.operator === ts.SyntaxKind.MinusMinusToken;
  }
  return (ts.isForOfStatement(parent) || ts.isForInStatement(parent)) && parent.initializer === at;
}

const INSIDE = new Set([
  'push',
  'pop',
  'shift',
  'unshift',
  'at',
  'length',
  'includes',
  'indexOf',
  'slice',
  'toReversed',
  'toSorted',
  'concat',
  'entries',
  'every',
  'filter',
  'find',
  'findIndex',
  'findLast',
  'flatMap',
  'forEach',
  'join',
  'map',
  'reduce',
  'some',
]);

/** Methods that return the list itself. */
const ITSELF = new Set(['reverse', 'sort']);

/** Whether a use of a list only looks at it or changes what is in it. */
function staysInside(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) {
    if (parent.expression !== node) return false;
    return INSIDE.has(parent.name.text) || (ITSELF.has(parent.name.text) && isDropped(parent.parent));
  }
  if (ts.isElementAccessExpression(parent)) return parent.expression === node && !isAssigned(node);
  if (ts.isForOfStatement(parent)) return parent.expression === node;
  return ts.isSpreadElement(parent);
}

/** A call whose result is not kept: gone through, laid out or left. */
function isDropped(call: ts.Node): boolean {
  const { parent } = call;
  if (!ts.isCallExpression(call)) return false;
  if (ts.isForOfStatement(parent)) return parent.expression === call;
  return ts.isExpressionStatement(parent) || ts.isSpreadElement(parent);
}
