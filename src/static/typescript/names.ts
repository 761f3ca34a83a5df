import { ITERATOR } from '../ir/tree.js';
import { ts } from './compiler.js';
import type { TypedSources } from './project.js';

/** What a name in the source stands for. */
export type Reference =
  | { readonly is: 'local'; readonly symbol: ts.Symbol; readonly declaration: ts.Declaration }
  | { readonly is: 'global'; readonly id: string }
  | { readonly is: 'sim'; readonly name: string }
  | { readonly is: 'undefined' }
  | { readonly is: 'unknown' };

/** Resolves names and types of a program's sources. */
export class Names {
  readonly #sources: TypedSources;
  readonly #checker: ts.TypeChecker;
  readonly #typeRefs = new Map<ts.Type, string>();
  /** The expression that was asked last. */
  #root: { readonly node: ts.Expression; readonly flags: number } | undefined;

  constructor(sources: TypedSources) {
    this.#sources = sources;
    this.#checker = sources.checker;
  }

  /** The symbol that a name or property name is declared as, import aliases followed. */
  symbolOf(node: ts.Node): ts.Symbol | undefined {
    const symbol = this.#checker.getSymbolAtLocation(node);
    if (symbol === undefined) return undefined;
    return (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }

  reference(node: ts.Identifier): Reference {
    if (node.text === 'undefined') return { is: 'undefined' };
    const shorthand = ts.isShorthandPropertyAssignment(node.parent) && node.parent.name === node;
    const symbol = shorthand
      ? this.#checker.getShorthandAssignmentValueSymbol(node.parent)
      : (this.#parameter(node) ?? this.#checker.getSymbolAtLocation(node));
    return this.#referenceTo(symbol);
  }

  /** What `NAMESPACE.name` stands for; undefined where the left side is no namespace or module. */
  memberOfModule(node: ts.PropertyAccessExpression): Reference | undefined {
    if ((this.#rootFlags(node) & ts.SymbolFlags.Module) === 0) return undefined;
    const left = node.expression;
    const owner = this.symbolOf(ts.isPropertyAccessExpression(left) ? left.name : left);
    if (owner === undefined || (owner.flags & ts.SymbolFlags.Module) === 0) return undefined;
    const member = this.symbolOf(node.name);
    const parent = member?.declarations?.[0]?.parent;
    // A class may have a namespace of its name.
    return parent === undefined || ts.isClassLike(parent) || ts.isEnumDeclaration(parent)
      ? undefined
      : this.#referenceTo(member);
  }

  /** Names and values of what a namespace or a module exports; undefined where the name is neither. */
  exportsOf(node: ts.Identifier): readonly (readonly [name: string, reference: Reference])[] | undefined {
    const symbol = this.symbolOf(node);
    if (symbol === undefined || !isModule(symbol)) return undefined;
    return this.#checker
      .getExportsOfModule(symbol)
      .map((one) => [one.name, this.#referenceTo(one)] as const)
      .filter(([, to]) => to.is === 'global' || to.is === 'sim');
  }

  /** The value of a member of an enumeration; undefined of anything else. */
  enumValue(node: ts.Expression): string | number | undefined {
    if (!ts.isPropertyAccessExpression(node) && !ts.isElementAccessExpression(node)) return undefined;
    if ((this.#rootFlags(node) & (ts.SymbolFlags.Module | ts.SymbolFlags.Enum)) === 0) return undefined;
    return this.#checker.getConstantValue(node);
  }

  enumMemberValue(node: ts.EnumMember): string | number | undefined {
    return this.#checker.getConstantValue(node);
  }

  /** What the name at the left end of `a.b.c` is declared as: few are enumerations or modules, and to ask for more costs. */
  #rootFlags(node: ts.Expression): number {
    if (this.#root?.node === node) return this.#root.flags;
    let at = node;
    while (ts.isPropertyAccessExpression(at) || ts.isElementAccessExpression(at)) at = at.expression;
    const flags = ts.isIdentifier(at) ? (this.symbolOf(at)?.flags ?? 0) : 0;
    this.#root = { node, flags };
    return flags;
  }

  #referenceTo(of: ts.Symbol | undefined): Reference {
    const symbol =
      of !== undefined && (of.flags & ts.SymbolFlags.Alias) !== 0 ? this.#checker.getAliasedSymbol(of) : of;
    const declaration = symbol?.valueDeclaration ?? symbol?.declarations?.[0];
    if (symbol === undefined || declaration === undefined || ts.isSourceFile(declaration)) return { is: 'unknown' };
    if (ts.isModuleDeclaration(declaration) && isModule(symbol)) return { is: 'unknown' };
    const file = declaration.getSourceFile();
    if (this.#sources.isSimulator(file)) return { is: 'sim', name: symbol.name };
    if (file.isDeclarationFile) return { is: 'unknown' };
    if (isTopLevel(declaration))
      return { is: 'global', id: `${this.#sources.nameOf(file)}#${qualifiedName(declaration)}` };
    return { is: 'local', symbol, declaration };
  }

  /** Where a parameter also declares a property, its name is asked for as the parameter's. */
  #parameter(node: ts.Identifier): ts.Symbol | undefined {
    const { parent } = node;
    if (!ts.isParameter(parent) || parent.name !== node || !ts.isParameterPropertyDeclaration(parent, parent.parent)) {
      return undefined;
    }
    return this.#checker.getSymbolsOfParameterPropertyDeclaration(parent, node.text)[0];
  }

  /** `Class.method`, or the name of a function, that a called name is declared as in the simulated kernel; else ''. */
  apiOf(symbol: ts.Symbol | undefined): string {
    const declaration = symbol?.declarations?.[0];
    if (symbol === undefined || declaration === undefined) return '';
    if (!this.#sources.isSimulator(declaration.getSourceFile())) return '';
    const owner = declaration.parent;
    if (ts.isClassLike(owner) || ts.isInterfaceDeclaration(owner)) return `${owner.name?.text ?? ''}.${symbol.name}`;
    return symbol.name;
  }

  /** `FILE#name` or `FILE#Class.name` of a function of the sources; else ''. */
  targetOf(symbol: ts.Symbol | undefined): string {
    const declaration = symbol?.valueDeclaration;
    if (symbol === undefined || declaration === undefined) return '';
    const file = declaration.getSourceFile();
    if (file.isDeclarationFile || this.#sources.isSimulator(file)) return '';
    const owner = declaration.parent;
    if (ts.isClassLike(owner)) return `${this.#sources.nameOf(file)}#${className(owner)}.${propertyName(declaration)}`;
    if (ts.isFunctionDeclaration(declaration) && isTopLevel(declaration)) {
      return `${this.#sources.nameOf(file)}#${qualifiedName(declaration)}`;
    }
    return '';
  }

  /** `Interface.method` or `function` of the language's own library; undefined of anything else. */
  libraryOf(symbol: ts.Symbol | undefined): string | undefined {
    const declaration = symbol?.declarations?.[0];
    if (symbol === undefined || declaration === undefined) return undefined;
    if (!this.#sources.program.isSourceFileDefaultLibrary(declaration.getSourceFile())) return undefined;
    const owner = declaration.parent;
    return ts.isInterfaceDeclaration(owner) ? `${owner.name.text}.${symbol.name}` : symbol.name;
  }

  typeOf(node: ts.Node): string {
    return this.typeRef(this.#checker.getTypeAtLocation(node));
  }

  /** Whether the type of a field lets it be undefined. */
  mayBeMissing(node: ts.PropertyDeclaration): boolean {
    if (node.questionToken !== undefined) return true;
    const type = this.#checker.getTypeAtLocation(node);
    return type.isUnion() && type.types.some((part) => (part.flags & ts.TypeFlags.Undefined) !== 0);
  }

  /** The type of what a call returns, or of what an operation that it makes comes to. */
  resultOf(node: ts.CallExpression): string {
    const type = this.#checker.getTypeAtLocation(node);
    if (type.aliasSymbol?.name === 'Op') return this.typeRef(type.aliasTypeArguments?.[0] ?? type);
    const symbol = type.getSymbol()?.name ?? '';
    if (symbol === 'Generator' || symbol === 'Iterable') {
      const args = this.#checker.getTypeArguments(type as ts.TypeReference);
      return this.typeRef(args[1] ?? args[0] ?? type);
    }
    return this.typeRef(type);
  }

  /** Whether an expression makes an operation of the simulated kernel, which does nothing until it is run. */
  isOperation(node: ts.Expression): boolean {
    const type = this.#checker.getTypeAtLocation(node);
    const isOp = (one: ts.Type): boolean => one.aliasSymbol?.name === 'Op';
    return isOp(type) || (type.isUnion() && type.types.some(isOp));
  }

  /** A type as the intermediate form names it; '' for what it has no word for. */
  typeRef(type: ts.Type, depth = 0): string {
    const known = this.#typeRefs.get(type);
    if (known !== undefined) return known;
    const text = depth > 3 ? '' : this.#describe(type, depth);
    // What was cut off on the way to another type is no answer for whoever asks for this one.
    if (depth === 0) this.#typeRefs.set(type, text);
    return text;
  }

  #describe(type: ts.Type, depth: number): string {
    if (type.isUnion()) {
      const parts = type.types.filter((part) => (part.flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)) === 0);
      const refs = new Set(parts.map((part) => this.typeRef(part, depth + 1)));
      const [only] = refs;
      return refs.size === 1 && only !== undefined ? only : '';
    }
    const symbol = type.getSymbol();
    const declaration = symbol?.declarations?.[0];
    if (symbol === undefined || declaration === undefined) return '';
    const file = declaration.getSourceFile();
    if (/^(?:Readonly)?(?:Array|Set)$/.test(symbol.name) && file.isDeclarationFile) {
      const [item] = this.#checker.getTypeArguments(type as ts.TypeReference);
      return `[]${item === undefined ? '' : this.typeRef(item, depth + 1)}`;
    }
    if (/^(?:Readonly|Weak)?Map$/.test(symbol.name) && file.isDeclarationFile) {
      const [, item] = this.#checker.getTypeArguments(type as ts.TypeReference);
      return `map:${item === undefined ? '' : this.typeRef(item, depth + 1)}`;
    }
    // `__type`: a function's type or the like, which has no name.
    if (this.#sources.isSimulator(file)) return symbol.name.startsWith('__') ? '' : `sim:${symbol.name}`;
    if (file.isDeclarationFile) return '';
    if (ts.isClassLike(declaration)) return `${this.#sources.nameOf(file)}#${className(declaration)}`;
    if (ts.isInterfaceDeclaration(declaration)) return `${this.#sources.nameOf(file)}#${symbol.name}`;
    return '';
  }
}

/** A namespace or a module, and no class or function that has one beside. */
function isModule({ flags }: ts.Symbol): boolean {
  const { Module, Class, Function: fn, Enum } = ts.SymbolFlags;
  return (flags & Module) !== 0 && (flags & (Class | fn | Enum)) === 0;
}

/** Declared outside functions and classes' bodies. */
export function isTopLevel(declaration: ts.Node): boolean {
  for (let node: ts.Node = declaration; ; node = node.parent) {
    if (ts.isSourceFile(node)) return true;
    if (
      node !== declaration &&
      (ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node) || ts.isBlock(node))
    ) {
      return false;
    }
    // Parameters, and variables of loops outside functions, are nobody else's.
    if (ts.isParameter(node) || ts.isForStatement(node) || ts.isForOfStatement(node) || ts.isForInStatement(node))
      return false;
  }
}

function nameOfTop(declaration: ts.Declaration): string {
  const name = ts.getNameOfDeclaration(declaration);
  return name !== undefined && ts.isIdentifier(name) ? name.text : 'default';
}

/** The name of something outside functions, with those of the namespaces that it is in. */
export function qualifiedName(declaration: ts.Declaration): string {
  let name = nameOfTop(declaration);
  for (let node: ts.Node = declaration.parent; !ts.isSourceFile(node); node = node.parent) {
    if (ts.isModuleDeclaration(node)) name = `${node.name.text}.${name}`;
  }
  return name;
}

/** The name of a class; one in a function has its line's number with it. */
export function className(node: ts.ClassLikeDeclaration): string {
  if (ts.isClassDeclaration(node) && isTopLevel(node)) return qualifiedName(node);
  const file = node.getSourceFile();
  return `${node.name?.text ?? 'class'}@${file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1}`;
}

/** A member's name as the form knows it: `#private` names keep their sign. */
export function propertyName(declaration: ts.Declaration): string {
  const name = ts.getNameOfDeclaration(declaration);
  if (name === undefined) return '';
  if (
    ts.isIdentifier(name) ||
    ts.isPrivateIdentifier(name) ||
    ts.isStringLiteralLike(name) ||
    ts.isNumericLiteral(name)
  ) {
    return name.text;
  }
  return ts.isComputedPropertyName(name) ? computedName(name.expression) : '';
}

/** A name that is computed, where it is a constant: `[Symbol.iterator]` or a text. */
function computedName(node: ts.Expression): string {
  if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) return node.text;
  return node.getText() === ITERATOR ? ITERATOR : '';
}
