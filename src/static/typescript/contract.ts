import type { ContextName } from '../ir/ir.js';
import type { TreeContract, TreeExpr } from '../ir/tree.js';
import { ts } from './compiler.js';
import { type Lowering, noteUnknown } from './lowering.js';
import { Variables } from './variables.js';

const CONTEXTS: readonly (ContextName | 'atomic')[] = [
  'task',
  'softirq',
  'hardirq',
  'hardirq-threaded',
  'nmi',
  'atomic',
];

/**
 * What the doc comment before a function says of its locks: `@mustHold EXPR`, `@mustNotHold EXPR`, `@maySleep`,
 * `@context NAME...`. An expression is made of a parameter, a variable that the function sees, or `this`, and members. A method that
 * says nothing asks for what the one asks for that it overrides or implements.
 */
export function contractOf(l: Lowering, node: ts.FunctionLikeDeclaration): TreeContract | undefined {
  const held: TreeContract['held'][number][] = [];
  const notHeld: TreeContract['held'][number][] = [];
  const contexts: (ContextName | 'atomic')[] = [];
  let maySleep = false;
  for (const tag of tagsOf(l, node)) {
    const text = (typeof tag.comment === 'string' ? tag.comment : (ts.getTextOfJSDocComment(tag.comment) ?? '')).trim();
    switch (tag.tagName.text) {
      case 'mustHold':
      case 'mustNotHold': {
        const e = lowerPath(l, node, text.split(/[\s,;]/)[0] ?? '');
        if (e === undefined) noteUnknown(l, `@${tag.tagName.text} names no lock that the function sees`);
        else (tag.tagName.text === 'mustHold' ? held : notHeld).push({ e, text });
        break;
      }
      case 'maySleep':
        maySleep = true;
        break;
      case 'context':
        for (const word of text.split(/[\s,|]+/)) {
          const known = CONTEXTS.find((context) => context === word);
          if (known === undefined) noteUnknown(l, '@context with a word that is no context');
          else contexts.push(known);
        }
        break;
      default:
    }
  }
  if (held.length + notHeld.length + contexts.length === 0 && !maySleep) return undefined;
  return { held, notHeld, maySleep, contexts };
}

const TAGS = new Set(['mustHold', 'mustNotHold', 'maySleep', 'context']);

function tagsOf(l: Lowering, node: ts.FunctionLikeDeclaration): readonly ts.JSDocTag[] {
  const own = ts.getJSDocTags(node).filter((tag) => TAGS.has(tag.tagName.text));
  const { parent } = node;
  if (own.length > 0 || !ts.isMethodDeclaration(node) || !ts.isIdentifier(node.name) || !ts.isClassLike(parent))
    return own;
  for (const clause of parent.heritageClauses ?? []) {
    for (const type of clause.types) {
      const member = l.sources.checker.getTypeAtLocation(type).getProperty(node.name.text);
      for (const declaration of member?.declarations ?? []) {
        const given = ts.isMethodDeclaration(declaration)
          ? tagsOf(l, declaration)
          : ts.getJSDocTags(declaration).filter((tag) => TAGS.has(tag.tagName.text));
        if (given.length > 0) return given;
      }
    }
  }
  return own;
}

/** The expression of a path such as `this.lock`, `node.lock`, `#lock`. */
function lowerPath(l: Lowering, node: ts.FunctionLikeDeclaration, text: string): TreeExpr | undefined {
  const clean = text.replace(/^#/, 'this.#').replace(/^`|`$/g, '');
  if (!/^[A-Za-z_$][\w$]*(?:\.#?[A-Za-z_$][\w$]*)*$/.test(clean)) return undefined;
  const [root = '', ...members] = clean.split('.');
  let e = rootOf(l, node, root);
  if (e === undefined) return undefined;
  for (const p of members) e = { k: 'get', o: e, p, ty: '', api: '', text: clean, line: 0 };
  return e;
}

function rootOf(l: Lowering, node: ts.FunctionLikeDeclaration, name: string): TreeExpr | undefined {
  if (name === 'this') {
    l.scope.used.add('%this');
    return { k: 'this', ty: '' };
  }
  const inside = node.body ?? node;
  const symbol = l.sources.checker.resolveName(name, inside, ts.SymbolFlags.Value, false);
  const declaration = symbol?.valueDeclaration;
  if (symbol === undefined || declaration === undefined) return undefined;
  const file = declaration.getSourceFile();
  if (file.isDeclarationFile) return undefined;
  if (ts.isVariableDeclaration(declaration) && ts.isSourceFile(declaration.parent.parent.parent)) {
    return { k: 'global', id: `${l.sources.nameOf(file)}#${name}`, ty: '' };
  }
  const variable = l.variables.of(symbol, declaration);
  if (variable.owner !== l.scope.node) l.scope.used.add(variable.name);
  return { k: 'var', n: variable.name, ...(Variables.isCell(variable) ? { cell: true } : {}) };
}
