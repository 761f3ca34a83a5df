import type { TreeClass, TreeExpr, TreeFunction } from '../ir/tree.js';
import { ts } from './compiler.js';
import type { Names } from './names.js';
import type { TypedSources } from './project.js';
import type { Variables } from './variables.js';

/** A function being lowered. */
export interface Scope {
  readonly node: ts.Node;
  /** Names that it declares; `%this` where it has a `this` of its own. */
  readonly own: Set<string>;
  /** Names that it uses. */
  readonly used: Set<string>;
  /** Functions that are made in it. */
  readonly made: Set<number>;
}

/** What lowering one file needs and gathers. */
export interface Lowering {
  readonly sources: TypedSources;
  readonly names: Names;
  readonly variables: Variables;
  readonly file: string;
  readonly functions: (TreeFunction | undefined)[];
  readonly scopes: Scope[];
  readonly indices: Map<ts.Node, number>;
  readonly classes: TreeClass[];
  readonly named: Record<string, number>;
  readonly unknown: Record<string, number>;
  scope: Scope;
  readonly to: Lowerers;
}

/** What files that need each other go through. */
export interface Lowerers {
  readonly expression: (l: Lowering, node: ts.Expression) => TreeExpr;
  readonly functionIndex: (l: Lowering, node: ts.FunctionLikeDeclaration, name: string, id?: string) => number;
  readonly classValue: (l: Lowering, node: ts.ClassLikeDeclaration) => TreeExpr;
}

export function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) ?? false);
}

export function lineOf(node: ts.Node): number {
  const file = node.getSourceFile();
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

/** Where a node ends. */
export function endOf(node: ts.Node): number {
  return node.getSourceFile().getLineAndCharacterOfPosition(node.getEnd()).line + 1;
}

/** Source text on one line, shortened. */
export function textOf(node: ts.Node): string {
  const text = node.getText().replace(/\s+/g, ' ');
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Says that a piece of the source was not understood. */
export function noteUnknown(l: Lowering, reason: string): void {
  l.unknown[reason] = (l.unknown[reason] ?? 0) + 1;
}
