import type { TreeExpr } from '../ir/tree.js';
import { withEnv, withVariable } from './paths.js';
import type { Thing } from './thing.js';
import {
  alternatives,
  CanBe,
  constant,
  isNullish,
  type Primitive,
  type Simple,
  sameValue,
  textOfValue,
  truthOf,
  type Value,
  valueKey,
  without,
} from './value.js';
import type { Frame, Known, State, Walk } from './walk.js';

/** Nothing is known beside what the objects tell. */
export const NOTHING_KNOWN: Known = new Map();

/** Facts that are remembered on a path; the oldest are forgotten. */
const MOST_KNOWN = 6;

/**
 * A field that a condition may tell of, so that the same question has the same answer later on the path: of one object, and given
 * a value by nothing but the set-up.
 */
export function settledField(f: Frame, s: State, e: TreeExpr): { readonly key: string; readonly v: Value } | undefined {
  if (e.k !== 'get') return undefined;
  const thing = objectOf(f, s, e.o);
  return thing === undefined ? undefined : settled(s, thing, e.p);
}

/** A field of one object, given by a pattern. */
function settledPart(s: State, object: Value, name: string): { readonly key: string; readonly v: Value } | undefined {
  return object.t === 'ref' ? settled(s, object.o, name) : undefined;
}

function settled(s: State, thing: Thing, name: string): { readonly key: string; readonly v: Value } | undefined {
  if (thing.many || thing.sim !== undefined || thing.heap.concrete || thing.changing.has(name)) return undefined;
  const v = thing.fields.get(name);
  if (v === undefined) return undefined;
  const key = `${thing.id}.${name}`;
  thing.heap.settled.set(key, { thing, name });
  return { key, v: s.known.get(key) ?? v };
}

/** The one object that an expression without effects stands for. */
function objectOf(f: Frame, s: State, e: TreeExpr): Thing | undefined {
  let v: Value | undefined;
  if (e.k === 'var' && !e.cell) v = s.env.get(e.n);
  else if (e.k === 'this') v = s.env.get('%this') ?? f.self;
  else if (e.k === 'get') {
    const object = objectOf(f, s, e.o);
    v = object === undefined ? undefined : (settled(s, object, e.p)?.v ?? object.fields.get(e.p));
  }
  return v?.t === 'ref' ? v.o : undefined;
}

/** The value of a field of an object as far as the path has told. */
export function knownField(s: State, thing: Thing, name: string): Value | undefined {
  if (s.known.size === 0 || thing.changing.has(name)) return undefined;
  return s.known.get(`${thing.id}.${name}`);
}

/** The state in which a field is known to have a value. */
export function withKnown(s: State, field: { readonly key: string; readonly v: Value }, value: Value): State {
  // Where there is no other answer there is nothing to remember.
  if (!isOpen(field.v) || sameValue(field.v, value)) return s;
  const known = new Map(s.known);
  known.delete(field.key);
  known.set(field.key, value);
  for (const oldest of known.keys()) {
    if (known.size <= MOST_KNOWN) break;
    known.delete(oldest);
  }
  return { ...s, known };
}

/** Whether there is more than one answer to a question about it. */
function isOpen(v: Value): boolean {
  return alternatives(v).length > 1 || truthOf(v) === CanBe.Either;
}

/**
 * Notes what a variable has its value from, a field or the comparison of one with a constant: what is told of the one is told of the
 * other.
 */
export function withSource(f: Frame, s: State, name: string, e: TreeExpr): State {
  const compared = e.k === 'binary' && e.r.k === 'const' && /^[!=]==?$/.test(e.op);
  const field = settledField(f, s, compared ? e.l : e);
  if (field === undefined || !isOpen(field.v)) return withoutSource(s, name);
  return withVariable(s, `%from:${name}`, constant(compared ? `${field.key} ${e.op} ${constantText(e.r)}` : field.key));
}

function constantText(e: TreeExpr): string {
  return e.k === 'const' && e.v !== undefined ? JSON.stringify(e.v) : '';
}

/** As {@link withSource} for a variable of a pattern. */
export function withFieldSource(s: State, name: string, object: Value, field: string): State {
  const found = settledPart(s, object, field);
  return found === undefined || !isOpen(found.v)
    ? withoutSource(s, name)
    : withVariable(s, `%from:${name}`, constant(found.key));
}

function withoutSource(s: State, name: string): State {
  return withEnv(s, s.env.with(`%from:${name}`, undefined));
}

/** The state in which a variable was told to have this value: so has what it has its value from. */
export function withSourceTold(w: Walk, s: State, name: string, old: Value, value: Value): State {
  const [key = '', op = '', wanted = ''] = (textOfValue(s.env.get(`%from:${name}`)) ?? '').split(/ ([!=]==?) /);
  if (key === '') return s;
  if (op === '') return withKnown(s, { key, v: old }, value);
  const truth = truthOf(value);
  const field = w.heap.settled.get(key);
  const v = field?.thing.fields.get(field.name);
  if (field === undefined || v === undefined || truth === CanBe.Either) return s;
  const known = s.known.get(key) ?? v;
  const narrowed = compared(
    known,
    op,
    wanted === '' ? undefined : (JSON.parse(wanted) as Primitive),
    truth === CanBe.True,
  );
  return narrowed === undefined ? s : withKnown(s, { key, v: known }, narrowed);
}

/** A value of which a comparison with a constant came out as `outcome`; undefined where nothing is left of it. */
export function compared(old: Value, op: string, wanted: Primitive, outcome: boolean): Value | undefined {
  const equal = op.startsWith('=') === outcome;
  const loose = (wanted === null || wanted === undefined) && op.length === 2;
  const isThat = (part: Simple): boolean => part.t === 'const' && (part.v === wanted || (loose && isNullish(part)));
  if (!equal) return without(old, isThat);
  const value = without(old, (part) => !isThat(part) && part.t !== 'unknown') ?? constant(wanted);
  return value.t === 'unknown' ? constant(wanted) : value;
}

/** Equal for equal facts. */
export function knownKey(known: Known): string {
  if (known.size === 0) return '';
  return [...known]
    .map(([key, value]) => `${key}=${valueKey(value)}`)
    .sort()
    .join(';');
}
