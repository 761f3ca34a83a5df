/**
 * Access paths: how operations name locks, objects and values. A path is text:
 *
 *     root  := '$' N        parameter N
 *            | '%' name     local variable
 *            | name         something global
 *            | '@' f(args)  what a call returned; args are paths
 *            | '?'          unknown
 *     path  := root { '.' field | '[' index ']' }
 *
 * `&`, `*` and `->` leave no trace: `&p->lock` and `(*p).lock` are both `$0.lock`. A value is a path or one of the
 * constants `#z` (zero), `#i<number>`, `#p` (above zero), `#e` (an error: below zero), `#n` (not zero), `#g<mask>` (a gfp mask);
 * `#g0` is the mask 0 by name (GFP_RT_NOWAIT), `path|g<mask>` is a path's value with gfp bits added. '' is an unknown value.
 */
import { Truth } from './ir.js';

/** Longer paths are cut to `?`: they are computed text that unifies with nothing. */
const MAX_PATH = 160;

export const ZERO = '#z';
export const POSITIVE = '#p';
export const ERROR = '#e';
export const NONZERO = '#n';

export function isConstant(value: string): boolean {
  return value.charCodeAt(0) === 35;
}

/** `base.field`; unknown bases stay unknown but keep the field, which may still tell the lock. */
export function member(base: string, field: string): string {
  const root = base === '' || isConstant(base) ? '?' : base;
  return clip(`${root}.${field}`);
}

export function element(base: string, index: string): string {
  return base === '' || isConstant(base) ? '?' : clip(`${base}[${index}]`);
}

function clip(path: string): string {
  return path.length > MAX_PATH ? `?${lastPart(path)}` : path;
}

/** The path of what a call returned. */
export function returned(callee: string, args: readonly string[]): string {
  const text = `@${callee}(${args.map((arg) => (arg === '' ? '?' : arg)).join(',')})`;
  return text.length > MAX_PATH ? `@${callee}(?)` : text;
}

/** `.lock` of `$0.a.lock`; the whole path when it has no member. An index is not a part. */
export function lastPart(path: string): string {
  const depthFree = stripIndices(path);
  const dot = depthFree.lastIndexOf('.');
  const close = depthFree.lastIndexOf(')');
  return dot > close ? depthFree.slice(dot) : depthFree;
}

/** The path without `[...]`: array elements are one object where nothing better is known. */
export function stripIndices(path: string): string {
  if (!path.includes('[')) return path;
  let depth = 0;
  let out = '';
  for (const ch of path) {
    if (ch === '[') depth++;
    else if (ch === ']') depth--;
    else if (depth === 0) out += ch;
  }
  return out;
}

/** Whether callers can say what the path names: no local variable and nothing unknown is in it. */
export function isExpressible(path: string): boolean {
  return !path.includes('%') && !path.includes('?');
}

/** Splits a path into its root and what follows (`.a[i].b`). */
export function splitRoot(path: string): { root: string; rest: string } {
  let depth = 0;
  for (let i = 0; i < path.length; i++) {
    const ch = path[i];
    if (ch === '(') depth++;
    else if (ch === ')') depth--;
    else if (depth === 0 && (ch === '.' || ch === '[') && i > 0) return { root: path.slice(0, i), rest: path.slice(i) };
  }
  return { root: path, rest: '' };
}

/**
 * A callee's path in the caller's terms: `$N` becomes argument N, a local of the callee an unknown root, `@return` the
 * caller's name for the result. `rename` maps other roots (free names of a macro).
 */
export function instantiate(
  path: string,
  args: readonly string[],
  result: string,
  rename: ReadonlyMap<string, string> | undefined,
): string {
  const { root, rest } = splitRoot(path);
  const first = root.charCodeAt(0);
  if (first === 36 /* $ */) {
    const arg = args[Number(root.slice(1))] ?? '';
    if (rest === '') return arg;
    return arg === '' || isConstant(arg) ? `?${rest}` : clip(arg + rest);
  }
  if (root === '@return') return result === '' ? `?${rest}` : clip(result + rest);
  if (first === 37 /* % */) return `?${rest}`;
  if (first === 64 /* @ */) {
    if (!root.includes('$')) return path;
    const open = root.indexOf('(');
    const inner = splitArgs(root.slice(open + 1, -1)).map((arg) => instantiate(arg, args, result, rename));
    return clip(returned(root.slice(1, open), inner) + rest);
  }
  const other = rename?.get(root);
  return other === undefined ? path : clip(other + rest);
}

/** The arguments of a call path, split at top-level commas. */
export function splitArgs(text: string): string[] {
  if (text === '') return [];
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const ch = text[i];
    if (ch === '(' || ch === '[') depth++;
    else if (ch === ')' || ch === ']') depth--;
    else if (ch === ',' && depth === 0) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

/** The abstract value of a constant; {@link Truth}.Any for paths and the unknown value. */
export function truthOf(value: string): number {
  switch (value) {
    case ZERO:
    case '#g0':
      return Truth.Zero;
    case POSITIVE:
      return Truth.Positive;
    case ERROR:
      return Truth.Negative;
    case NONZERO:
      return Truth.NonZero;
    default:
      if (value.startsWith('#i')) return value[2] === '-' ? Truth.Negative : Truth.Positive;
      return value.startsWith('#g') ? Truth.NonZero : Truth.Any;
  }
}

/** The gfp mask of a value: bits known to be set, and the path that may add more ('' none, '?' anything). */
export function gfpOf(value: string): { mask: number; plus: string } {
  if (value.startsWith('#g')) return { mask: Number(value.slice(2)), plus: '' };
  if (value === ZERO) return { mask: 0, plus: '' };
  const bar = value.lastIndexOf('|g');
  if (bar >= 0) return { mask: Number(value.slice(bar + 2)), plus: value.slice(0, bar) };
  return { mask: 0, plus: value === '' || isConstant(value) ? '?' : value };
}

/** `a | b` of two gfp values; '' when it cannot be told. */
export function gfpUnion(a: string, b: string): string {
  const left = gfpOf(a);
  const right = gfpOf(b);
  if (left.plus !== '' && right.plus !== '') return '';
  const plus = left.plus + right.plus;
  const mask = left.mask | right.mask;
  if (plus === '') return `#g${mask}`;
  return plus === '?' ? '' : `${plus}|g${mask}`;
}
