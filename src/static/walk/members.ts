import { callValue, instanceOf, plainCall } from './calls.js';
import { closureOf } from './closures.js';
import type { Code, Thing } from './thing.js';
import { ANYTHING, type Simple, UNDEFINED, unknown } from './value.js';
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
    return [{ s, v: ty === '' ? unknown('', text) : instanceOf(w, ty, memberText(object.text, name)) }];
  }
  const thing = object.o;
  const own = thing.fields.get(name);
  if (own !== undefined) return [{ s, v: own }];
  if (name === 'length' || name === 'size') {
    return [{ s, v: thing.items === undefined ? ANYTHING : { t: 'const', v: thing.items.length } }];
  }
  const found = thing.isClass ? undefined : memberOf(w, thing, name);
  if (found !== undefined) {
    const value = closureOf(w, found.code, new Map(), object);
    if (found.kind === 'method') return [{ s, v: value }];
    return callValue(w, f, s, value, object, [], plainCall(name, found.code.fn.line));
  }
  const declared = fieldType(w, thing, name) || ty;
  // A field that nothing was put into: what its type says, or nothing yet.
  if (thing.cls !== undefined && declared !== '' && thing.many)
    return [{ s, v: instanceOf(w, declared, memberText(thing.cls.cls.name, name)) }];
  if (thing.cls !== undefined || thing.sim !== undefined || thing.many)
    return [{ s, v: declared === '' ? ANYTHING : instanceOf(w, declared, memberText('object', name)) }];
  return [{ s, v: UNDEFINED }];
}

function memberText(owner: string, name: string): string {
  if (owner === '') return name;
  return owner.startsWith('&') ? `${owner}.${name}` : `&${owner}->${name}`;
}

function fieldType(w: Walk, thing: Thing, name: string): string {
  for (let at = thing.cls; at !== undefined; at = w.program.classes.get(at.cls.baseId)) {
    const field = at.cls.fields.find((candidate) => candidate.name === name);
    if (field !== undefined) return field.ty;
  }
  return '';
}

function memberOf(
  w: Walk,
  thing: Thing,
  name: string,
): { readonly code: Code; readonly kind: 'method' | 'get' | 'set' } | undefined {
  for (let at = thing.cls; at !== undefined; at = w.program.classes.get(at.cls.baseId)) {
    const method = at.cls.methods.find(
      (candidate) => candidate.name === name && candidate.kind !== 'set' && !candidate.isStatic,
    );
    const fn = method === undefined ? undefined : at.unit.functions[method.f];
    if (method !== undefined && fn !== undefined)
      return { code: { unit: at.unit, index: method.f, fn }, kind: method.kind };
  }
  return undefined;
}
