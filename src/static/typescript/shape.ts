import { ts } from './compiler.js';
import { digestOf } from './store.js';

/** What other files' types can depend on in a file, and what it depends on. */
export interface Outline {
  /** Digest of all but the bodies of functions whose result is declared. */
  readonly shape: string;
  /** It declares things that every file sees, imported or not. */
  readonly ambient: boolean;
  /** What it imports, as it says so, each once. */
  readonly specifiers: readonly string[];
}

/** Reads off a parsed file what it shows to others. */
export function outlineOf(file: ts.SourceFile): Outline {
  const specifiers = new Set<string>();
  for (const { fileName } of file.referencedFiles)
    specifiers.add(fileName.startsWith('.') ? fileName : `./${fileName}`);
  // Types of plain JavaScript come from its bodies.
  const bodies: Span[] = [];
  const isScript = /\.[cm]?js$/.test(file.fileName);
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) specifiers.add(specifier);
    const body = isScript ? undefined : hiddenBody(node);
    if (body !== undefined) bodies.push({ from: body.pos, to: body.end });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return {
    shape: digestOf(...without(file.text, bodies)),
    ambient: !ts.isExternalModule(file) || file.statements.some(isAmbient),
    specifiers: [...specifiers],
  };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier);
  if (ts.isExternalModuleReference(node)) return literal(node.expression);
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? literal(node.argument.literal) : undefined;
  const isImport = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isImport ? literal(node.arguments[0]) : undefined;
}

function literal(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}

/** A body that tells nothing of the function's type. Of constructors it may tell the types of fields. */
function hiddenBody(node: ts.Node): ts.Node | undefined {
  const isFunction =
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isGetAccessor(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node);
  return isFunction && node.type !== undefined ? node.body : undefined;
}

function isAmbient(statement: ts.Statement): boolean {
  return ts.isModuleDeclaration(statement) && (ts.isStringLiteral(statement.name) || isGlobal(statement));
}

function isGlobal(node: ts.ModuleDeclaration): boolean {
  return (node.flags & ts.NodeFlags.GlobalAugmentation) !== 0;
}

/** The text between the spans, which come in order and may be inside each other. */
function without(text: string, spans: readonly Span[]): string[] {
  const out: string[] = [];
  let at = 0;
  for (const { from, to } of spans) {
    if (from < at) continue;
    out.push(text.slice(at, from));
    at = to;
  }
  out.push(text.slice(at));
  return out;
}
