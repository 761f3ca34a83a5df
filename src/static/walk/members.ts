import { callValue, instanceOf, plainCall } from './calls.js';
import { baseThing, lineage } from './classes.js';
import { closureOf } from './closures.js';
import type { Code, Thing } from './thing.js';
import { ANYTHING, OUTSIDE, reference, type Simple, UNDEFINED, unknown, type Value } from './value.js';
import type { Frame, Result, State, Walk } from './walk.js';

/** A property of an object of the sources, or of something that only a type is known of. */
export function getMember(
  w: Walk,
  f: Frame,
  s: State,
  object: Simple,
  name: string,
  ty: string,
  text: string,
  api: string,
): readonly Result[] {
  if (object.t === 'const') {
    if (typeof object.v === 'string' && name === 'length') return [{ s, v: { t: 'const', v: object.v.length } }];
    return [{ s, v: ANYTHING }];
  }
  if (object.t === 'unknown') {
    if (object.ty.startsWith('sim:') || api !== '') {
      const made = instanceOf(
        w,
        object.ty.startsWith('sim:') ? object.ty : `sim:${api.split('.')[0] ?? ''}`,
        object.text,
      );
      if (made.t === 'ref' && made.o.sim !== undefined) {
        const found = w.to.getApi(w, f, s, made.o, name, undefined);
        if (found !== undefined) return [{ s, v: found }];
      }
    }
    const some = instanceOf(w, object.ty, object.text);
    if (some.t === 'ref' && some.o.cls !== undefined) return getMember(w, f, s, some, name, ty, text, api);
    if (ty !== '') return [{ s, v: instanceOf(w, ty, memberText(object.text, name)) }];
    return [{ s, v: unknown(object.ty === '' ? '' : OUTSIDE, text) }];
  }
  const thing = object.o;
  const own = thing.fields.get(name);
  if (own !== undefined) return [{ s, v: own }];
  // What a class of the sources counts is no more known than what a list has.
  const isCount = name === 'length' || name === 'size';
  const literal = thing.accessors?.get(name)?.get;
  if (literal !== undefined && !isCount) return callValue(w, f, s, literal, object, [], plainCall(name, 0));
  const inherited = thing.isClass ? staticField(w, thing, name) : undefined;
  if (inherited !== undefined) return [{ s, v: inherited }];
  const found = memberOf(w, thing, name);
  if (found !== undefined) {
    const value = closureOf(w, found.code, found.env, object);
    if (found.kind === 'method') return [{ s, v: value }];
    if (isCount) return [{ s, v: ANYTHING }];
    return callValue(w, f, s, value, object, [], plainCall(name, found.code.fn.line));
  }
  // Of a list, a set or a map; a class of the sources may have methods of these names.
  if (isCount) {
    return [{ s, v: thing.items === undefined ? ANYTHING : { t: 'const', v: thing.items.length } }];
  }
  const declared = fieldType(w, thing, name) || ty;
  // A field that nothing was put into: what its type says, or nothing yet.
  if (thing.cls !== undefined && declared !== '' && thing.many)
    return [{ s, v: instanceOf(w, declared, memberText(thing.cls.cls.name, name)) }];
  const isWhole = thing.isRecord && thing.rest === undefined;
  if (thing.cls !== undefined || thing.sim !== undefined || thing.isOpen || (thing.many && !isWhole))
    return [
      {
        s,
        v:
          declared !== ''
            ? instanceOf(w, declared, memberText('object', name))
            : thing.isSome
              ? unknown(OUTSIDE, text)
              : ANYTHING,
      },
    ];
  return [{ s, v: UNDEFINED }];
}

function memberText(owner: string, name: string): string {
  if (owner === '') return name;
  return owner.startsWith('&') ? `${owner}.${name}` : `&${owner}->${name}`;
}

/** Gives a property that code is run for its value: a setter's; undefined where there is none. */
export function setMember(
  w: Walk,
  f: Frame,
  s: State,
  thing: Thing,
  name: string,
  v: Value,
): readonly State[] | undefined {
  const literal = thing.accessors?.get(name)?.set;
  const found = literal === undefined && !thing.fields.has(name) ? memberOf(w, thing, name, 'set') : undefined;
  const code = literal ?? (found === undefined ? undefined : closureOf(w, found.code, found.env, reference(thing)));
  if (code === undefined) return undefined;
  return callValue(w, f, s, code, reference(thing), [v], plainCall(name, found?.code.fn.line ?? 0)).map(({ s }) => s);
}

function fieldType(w: Walk, thing: Thing, name: string): string {
  for (const { cls } of lineage(w, thing.cls)) {
    const field = cls.fields.find((candidate) => candidate.name === name);
    if (field !== undefined) return field.ty;
  }
  return '';
}

interface Member {
  readonly code: Code;
  readonly env: ReadonlyMap<string, Value>;
  readonly kind: 'method' | 'get' | 'set';
}

const NOTHING_CAPTURED: ReadonlyMap<string, Value> = new Map();

/** A method or an accessor of an object, or of a class itself, its own or inherited. */
function memberOf(w: Walk, thing: Thing, name: string, wanted: 'get' | 'set' = 'get'): Member | undefined {
  for (const { unit, cls, env = NOTHING_CAPTURED } of lineage(w, thing.cls)) {
    const method = cls.methods.find(
      ({ name: own, kind, isStatic }) =>
        own === name && isStatic === thing.isClass && (wanted === 'set' ? kind === 'set' : kind !== 'set'),
    );
    const fn = method === undefined ? undefined : unit.functions[method.f];
    if (method !== undefined && fn !== undefined)
      return { code: { unit, index: method.f, fn }, env, kind: method.kind };
  }
  return undefined;
}

/** A method as objects of a class have it, for one of them. */
export function methodOf(w: Walk, cls: Thing, name: string, self: Value): Value | undefined {
  for (const { unit, cls: one, env = NOTHING_CAPTURED } of lineage(w, cls.cls)) {
    const method = one.methods.find((candidate) => candidate.name === name && candidate.kind === 'method');
    const fn = method === undefined ? undefined : unit.functions[method.f];
    if (method !== undefined && fn !== undefined) return closureOf(w, { unit, index: method.f, fn }, env, self);
  }
  return undefined;
}

/** A static field of a class that this one extends. */
function staticField(w: Walk, thing: Thing, name: string): Value | undefined {
  for (let at = baseThing(w, thing.cls); at !== undefined; at = baseThing(w, at.cls)) {
    const value = at.fields.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}
