import type { Thing } from './thing.js';

/**
 * Abstract values: a constant, an object, something of which only the type and its truth are known, or one of several of
 * these.
 */
export type Value = Simple | Several;
export type Simple = Constant | Reference | Unknown;

export type Primitive = string | number | boolean | null | undefined;

export interface Constant {
  readonly t: 'const';
  readonly v: Primitive;
}

export interface Reference {
  readonly t: 'ref';
  readonly o: Thing;
}

/** {@link Truth} bits: what a condition on the value may come to. */
export const CanBe = { True: 1, False: 2, Either: 3 } as const;

export interface Unknown {
  readonly t: 'unknown';
  /** Type as the intermediate form names it, '' for none. */
  readonly ty: string;
  readonly truth: number;
  /** How the source spells it, for locks that only a type tells of. */
  readonly text: string;
}

export interface Several {
  readonly t: 'several';
  readonly vs: readonly Simple[];
}

export const UNDEFINED: Constant = { t: 'const', v: undefined };
export const NULL: Constant = { t: 'const', v: null };
export const TRUE: Constant = { t: 'const', v: true };
export const FALSE: Constant = { t: 'const', v: false };
export const ANYTHING: Unknown = { t: 'unknown', ty: '', truth: CanBe.Either, text: '' };

/** Number of the CPU that runs. Nothing tells which it is; of what there is one of for each CPU it means the first. */
export const RUNNING_CPU: Unknown = { t: 'unknown', ty: 'cpu', truth: CanBe.Either, text: '' };

/** Type of what whoever calls the sources hands in, where it is none of the sources'. */
export const OUTSIDE = 'outside';

/** More alternatives than this are one unknown value. */
const MOST = 12;
/** Of functions and objects of the sources some of each kind are kept: what is not called is not seen. */
const MOST_KEPT = 24;

export function constant(v: Primitive): Constant {
  if (v === undefined) return UNDEFINED;
  if (v === null) return NULL;
  if (v === true) return TRUE;
  return v === false ? FALSE : { t: 'const', v };
}

export function reference(o: Thing): Reference {
  return o.ref;
}

export function unknown(ty: string, text = '', truth: number = CanBe.Either): Unknown {
  return ty === '' && text === '' && truth === CanBe.Either ? ANYTHING : { t: 'unknown', ty, truth, text };
}

/** Equal for equal values. */
export function valueKey(value: Value): string {
  switch (value.t) {
    case 'const':
      return typeof value.v === 'string' ? `'${value.v}` : String(value.v);
    case 'ref':
      return `@${value.o.id}`;
    case 'unknown':
      return `?${value.ty}${value.truth}${value.text}`;
    case 'several':
      return value.vs.map(valueKey).sort().join('|');
  }
}

/** Whether two values have one {@link valueKey}. */
export function sameValue(a: Value, b: Value): boolean {
  return a === b || valueKey(a) === valueKey(b);
}

export function alternatives(value: Value): readonly Simple[] {
  return value.t === 'several' ? value.vs : [value];
}

/** Either of two values. */
export function join(a: Value, b: Value): Value {
  if (a === b) return a;
  if (a.t !== 'several' && b.t !== 'several') return isSame(a, b) ? a : { t: 'several', vs: [a, b] };
  const known = alternatives(a);
  const others = alternatives(b).filter((value) => !known.some((other) => isSame(other, value)));
  return others.length === 0 ? a : ofAlternatives([...known, ...others]);
}

/** Numbers from here on may be masks, of which it matters which they are. */
const LEAST_MASK = 32;

/**
 * Either of two values, the first of which was there before. Where that may be any number already, what a counter comes to tells
 * nothing more: it would only be counted on, one number a round. Not so 0 and 1, which saved interrupt flags are, nor masks.
 */
export function joinCounted(old: Value, value: Value): Value {
  if (!alternatives(old).includes(ANYTHING)) return join(old, value);
  const isCount = (part: Simple): boolean =>
    part.t === 'const' && typeof part.v === 'number' && part.v !== 0 && part.v !== 1 && part.v < LEAST_MASK;
  const news = without(value, isCount);
  return news === undefined ? old : join(old, news);
}

/** A value with any in place of the numbers and texts in it that are not in the old one. */
export function withoutNewTexts(old: Value, value: Value): Value {
  const isNew = (part: Simple): boolean =>
    part.t === 'const' &&
    (typeof part.v === 'number' || typeof part.v === 'string') &&
    !alternatives(old).some((other) => isSame(other, part));
  const parts = alternatives(value);
  const kept = parts.filter((part) => !isNew(part));
  return kept.length === parts.length ? value : ofAlternatives([...kept.filter((part) => part !== ANYTHING), ANYTHING]);
}

/** Whether something of the old value, too much with what came to it, is no longer told apart. */
export function losesSome(old: Value, next: Value): boolean {
  const parts = alternatives(next);
  return alternatives(old).some((part) => !parts.some((other) => isSame(other, part)));
}

/** Whether two values differ in no object. */
export function haveSameObjects(a: Value, b: Value): boolean {
  const objects = (value: Value): readonly Simple[] => alternatives(value).filter(({ t }) => t === 'ref');
  const [one, other] = [objects(a), objects(b)];
  return one.length === other.length && one.every((part) => other.some((same) => isSame(part, same)));
}

/** {@link sameValue} of values that are one, without making texts. */
function isSame(a: Simple, b: Simple): boolean {
  if (a === b) return true;
  if (a.t === 'ref') return b.t === 'ref' && a.o.id === b.o.id;
  if (a.t === 'const') return b.t === 'const' && (a.v === b.v || (Number.isNaN(a.v) && Number.isNaN(b.v)));
  return b.t === 'unknown' && a.ty === b.ty && a.truth === b.truth && a.text === b.text;
}

export function ofAlternatives(values: readonly Simple[]): Value {
  const [first] = values;
  if (values.length === 1 && first !== undefined) return first;
  if (values.length === 0) return ANYTHING;
  // Of numbers that only count nothing is lost.
  const numbers = values.filter((value) => value.t === 'const' && typeof value.v === 'number');
  if (numbers.length > 4 || values.length > MOST) {
    const rest = values.filter((value) => value.t !== 'const');
    const some = rest.length <= MOST ? rest : alike(rest) ? rest.slice(0, MOST) : someOfEach(rest);
    if (some === undefined || some.length === 0) return ANYTHING;
    // Numbers and texts are one unknown value; that there may be nothing is a thing to ask for.
    const isTold = values.every((value) => value.t !== 'const' || isNullish(value));
    if (isTold) return { t: 'several', vs: [...some, ...values.filter(isNullish)] };
    return { t: 'several', vs: [...some.filter((v) => v !== ANYTHING), ANYTHING] };
  }
  return { t: 'several', vs: values };
}

/** Of many functions and objects of the sources the first of each kind; undefined where there are others, or too many kinds. */
function someOfEach(values: readonly Simple[]): readonly Simple[] | undefined {
  const kinds = new Map<unknown, Simple[]>();
  for (const value of values) {
    if (value === ANYTHING) continue;
    const kind = value.t === 'ref' && value.o.sim === undefined ? kindOf(value) : undefined;
    if (kind === undefined) return undefined;
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, [value]);
    else known.push(value);
  }
  if (kinds.size > MOST_KEPT) return undefined;
  const each = Math.floor(MOST_KEPT / kinds.size);
  const kept = [...kinds.values()].flatMap((some) => some.slice(0, each));
  return values.includes(ANYTHING) ? [...kept, ANYTHING] : kept;
}

/** The code of a closure, the class of an object, or what made it. */
function kindOf(value: Value): unknown {
  if (value.t !== 'ref') return undefined;
  const { cls, sim, place, code } = value.o;
  return code?.fn ?? cls?.cls ?? (sim === undefined ? place : `${sim.cls} ${sim.lock?.key ?? ''}`);
}

/** Objects of one class, or made by one expression: of many some stand for all. */
export function alike(values: readonly Value[]): boolean {
  const [first] = values;
  const wanted = first === undefined ? undefined : kindOf(first);
  return wanted !== undefined && values.every((value) => kindOf(value) === wanted);
}

/** What a condition on the value may come to: {@link CanBe} bits. */
export function truthOf(value: Value): number {
  switch (value.t) {
    case 'const':
      return value.v ? CanBe.True : CanBe.False;
    case 'ref':
      return CanBe.True;
    case 'unknown':
      return value.truth;
    case 'several':
      return value.vs.reduce((bits, part) => bits | truthOf(part), 0);
  }
}

/** The value where a condition on it came out as `truth`; undefined where it cannot. */
export function assumed(value: Value, truth: number): Value | undefined {
  const parts = alternatives(value).flatMap((part): Simple[] => {
    const can = truthOf(part) & truth;
    if (can === 0) return [];
    return [part.t === 'unknown' && part.truth !== can ? { ...part, truth: can } : part];
  });
  return parts.length === 0 ? undefined : ofAlternatives(parts);
}

/** Types of what may be null, as an allocation that fails. */
export function without(value: Value, drop: (part: Simple) => boolean): Value | undefined {
  const parts = alternatives(value).filter((part) => !drop(part));
  return parts.length === 0 ? undefined : ofAlternatives(parts);
}

export function isNullish(value: Simple): boolean {
  return value.t === 'const' && (value.v === null || value.v === undefined);
}

/** The number that a value is; undefined where it is not known. */
export function numberOf(value: Value | undefined): number | undefined {
  return value?.t === 'const' && typeof value.v === 'number' ? value.v : undefined;
}

export function textOfValue(value: Value | undefined): string | undefined {
  return value?.t === 'const' && typeof value.v === 'string' ? value.v : undefined;
}

/** A value without what only tells one call from another. */
export function widened(value: Value): Value {
  // Saved interrupt flags are 0 or 1, and decide what a lock does.
  const isNumber = (part: Simple): boolean =>
    part.t === 'const' && typeof part.v === 'number' && part.v !== 0 && part.v !== 1;
  if (!alternatives(value).some(isNumber)) return value;
  const rest = alternatives(value).filter((part) => !isNumber(part) && part !== ANYTHING);
  return rest.length === 0 ? ANYTHING : ofAlternatives([...rest, ANYTHING]);
}
