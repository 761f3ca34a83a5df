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
    let symbol = shorthand
      ? this.#checker.getShorthandAssignmentValueSymbol(node.parent)
      : (this.#parameter(node) ?? this.#checker.getSymbolAtLocation(node));
    if (symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0) {
      symbol = this.#checker.getAliasedSymbol(symbol);
    }
    const declaration = symbol?.valueDeclaration ?? symbol?.declarations?.[0];
    if (symbol === undefined || declaration === undefined) return { is: 'unknown' };
    const file = declaration.getSourceFile();
    if (this.#sources.isSimulator(file)) return { is: 'sim', name: symbol.name };
    if (file.isDeclarationFile) return { is: 'unknown' };
    if (isTopLevel(declaration)) return { is: 'global', id: `${this.#sources.nameOf(file)}#${nameOfTop(declaration)}` };
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
    if (ts.isClassDeclaration(owner))
      return `${this.#sources.nameOf(file)}#${owner.name?.text ?? ''}.${propertyName(declaration)}`;
    if (ts.isFunctionDeclaration(declaration) && ts.isSourceFile(owner)) {
      return `${this.#sources.nameOf(file)}#${symbol.name}`;
    }
    return '';
  }

  typeOf(node: ts.Node): string {
    return this.typeRef(this.#checker.getTypeAtLocation(node));
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
    if (this.#sources.isSimulator(file)) return `sim:${symbol.name}`;
    if (file.isDeclarationFile) return '';
    if (ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration)) {
      return `${this.#sources.nameOf(file)}#${symbol.name}`;
    }
    return '';
  }
}

/** Declared outside functions and classes' bodies. */
function isTopLevel(declaration: ts.Node): boolean {
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
  return '';
}
