import type { TreeCall } from '../ir/tree.js';
import { callApi, releases } from './api.js';
import { callArray, callFunctionMethod, callString, isIterable } from './builtins.js';
import { callValue, construct, instanceOf } from './calls.js';
import { baseThing, lineage } from './classes.js';
import { bindMethod, boundFunction } from './closures.js';
import { callGenerator } from './iterate.js';
import { callUnknownList } from './library.js';
import { getMember, methodOf } from './members.js';
import { mergedResults } from './paths.js';
import type { ClassCode, Thing } from './thing.js';
import {
  ANYTHING,
  alternatives,
  isNullish,
  ofAlternatives,
  reference,
  type Simple,
  UNDEFINED,
  type Value,
} from './value.js';
import type { Frame, Result, State, Walk } from './walk.js';

/** `super(...)` and `super.method(...)`. */
export function callSuper(w: Walk, f: Frame, e: TreeCall, s: State, args: readonly Value[]): readonly Result[] {
  const self = s.env.get('%this') ?? f.self ?? ANYTHING;
  const [only] = alternatives(self);
  const owner = only?.t === 'ref' ? ownerOf(w, f, only.o) : undefined;
  const base = baseThing(w, owner);
  if (e.p === 'super') {
    if (base === undefined) return [{ s, v: UNDEFINED }];
    return construct(w, f, s, reference(base), args, '', e.line, self);
  }
  const inherited = base === undefined ? undefined : methodOf(w, base, e.p.slice('super.'.length), self);
  const target = inherited ?? bindMethod(w, e.target, self);
  return target === undefined ? [{ s, v: ANYTHING }] : callValue(w, f, s, target, self, args, e);
}

/** The class whose method or constructor is running. */
function ownerOf(w: Walk, f: Frame, self: Thing): ClassCode | undefined {
  const { code } = f;
  if (code === undefined) return undefined;
  for (const one of lineage(w, self.cls)) {
    if (one.unit !== code.unit) continue;
    if (one.cls.make === code.index || one.cls.methods.some((method) => method.f === code.index)) return one;
  }
  return [...w.program.classes.values()].find(({ unit, cls }) => unit === code.unit && cls.make === code.index);
}

/** Calls a method on each object that its receiver may be. */
export function callMethod(
  w: Walk,
  f: Frame,
  s: State,
  object: Value,
  args: readonly Value[],
  e: TreeCall,
): readonly Result[] {
  const out: Result[] = [];
  const parts = heldOnes(
    w,
    s,
    alternatives(object).filter((part) => !isNullish(part)),
    e,
  );
  if (parts.length === 0) return e.optional === true ? [{ s, v: UNDEFINED }] : [];
  for (const part of parts) {
    if (part.t === 'ref' && part.o.sim !== undefined) {
      if (parts.length > 1) f.several++;
      out.push(...callApi(w, f, s, part.o, e.p, args, e));
      if (parts.length > 1) f.several--;
      continue;
    }
    const gone = part.t === 'ref' ? callGenerator(w, f, s, part.o, e) : undefined;
    if (gone !== undefined) {
      out.push(...gone);
      continue;
    }
    if (part.t === 'ref' && part.o.code !== undefined && !part.o.fields.has(e.p)) {
      const found = callFunctionMethod(w, f, s, part.o, args, e, (fn, self, bound) =>
        boundFunction(w, fn, self, bound),
      );
      if (found !== undefined) {
        out.push(...found);
        continue;
      }
    }
    if (part.t === 'ref' && isIterable(part.o) && part.o.cls === undefined && !part.o.fields.has(e.p)) {
      const found = callArray(w, f, s, part.o, e.p, args, e);
      if (found !== undefined) {
        out.push(...found);
        continue;
      }
    }
    if (part.t === 'const' && typeof part.v === 'string') {
      out.push({ s, v: callString(part.v, e.p, args) });
      continue;
    }
    if (part.t === 'ref' || part.t === 'unknown') out.push(...callMember(w, f, s, part, args, e));
    else out.push({ s, v: ANYTHING });
  }
  return mergedResults(
    out.length > 0 && parts.length < alternatives(object).length && e.optional === true
      ? [...out, { s, v: UNDEFINED }]
      : out,
  );
}

/** Of several locks that may be released those that are held, if any is. */
function heldOnes(w: Walk, s: State, parts: readonly Simple[], e: TreeCall): readonly Simple[] {
  if (parts.length < 2 || e.api === '') return parts;
  const held = parts.filter((part) => part.t === 'ref' && s.locks.held.some((lock) => lock.lock === part.o));
  return held.length > 0 && releases(w, e.api) ? held : parts;
}

function callMember(
  w: Walk,
  f: Frame,
  s: State,
  object: Simple,
  args: readonly Value[],
  e: TreeCall,
): readonly Result[] {
  const [cls = ''] = e.api.split('.');
  if (object.t === 'unknown' && e.api !== '') {
    const ty = object.ty.startsWith('sim:') ? object.ty : `sim:${cls}`;
    const made = instanceOf(w, ty, object.text || e.text.split('(')[0]?.replace(/\.[^.]*$/, '') || '');
    if (made.t === 'ref') return callApi(w, f, s, made.o, e.p, args, e);
  }
  if (object.t === 'unknown' && /^(?:\[\]|map:)/.test(object.ty)) {
    const element = instanceOf(w, object.ty.replace(/^(?:\[\]|map:)/, ''), `${object.text}[]`);
    const found = callUnknownList(w, f, s, args, e, element, object);
    if (found !== undefined) return found;
  }
  if (object.t === 'unknown' && e.target !== '') {
    const self = object.ty === '' ? object : instanceOf(w, object.ty, object.text);
    const target = bindMethod(w, e.target, self);
    if (target !== undefined) return callValue(w, f, s, target, self, args, e);
  }
  const results = getMember(w, f, s, object, e.p, '', e.text, e.api);
  return results.flatMap(({ s: at, v }) => callValue(w, f, at, v, ofAlternatives([object]), args, e));
}
