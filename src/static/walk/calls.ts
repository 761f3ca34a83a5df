import type { TreeCall, TreeClass, TreeUnit } from '../ir/tree.js';
import { bindMethod, closureOf } from './closures.js';
import { callCode } from './invoke.js';
import { withEnv } from './paths.js';
import { begunName, defer, runPending } from './pending.js';
import { boot, moduleFrame, startState } from './start.js';
import type { Thing } from './thing.js';
import {
  ANYTHING,
  alternatives,
  isNullish,
  join,
  OUTSIDE,
  reference,
  type Simple,
  UNDEFINED,
  unknown,
  type Value,
} from './value.js';
import type { Frame, Result, State, Walk } from './walk.js';

/** The value of something outside functions. */
export function moduleValue(w: Walk, id: string, ty: string): Value {
  const known = w.globals.get(id);
  if (known !== undefined) return known;
  const code = w.program.codes.get(id);
  if (code !== undefined) return closureOf(w, code, new Map());
  const cls = w.program.classes.get(id);
  if (cls !== undefined) return reference(w.to.classThing(w, cls));
  const file = id.slice(0, id.lastIndexOf('#'));
  if (!w.booted.has(file)) {
    boot(w, file);
    const value = w.globals.get(id);
    if (value !== undefined) return value;
  }
  return instanceOf(w, ty, id.slice(id.lastIndexOf('#') + 1));
}

/** What whoever calls the sources hands in. */
export function outsideValue(w: Walk, ty: string, text: string): Value {
  return ty === '' ? unknown(OUTSIDE, text) : instanceOf(w, ty, text);
}

function isFromOutside(callee: Simple): boolean {
  return callee.t === 'unknown' ? callee.ty !== '' : callee.t === 'ref' && callee.o.isSome;
}

/** Something of a type, of which nothing else is known: an object of a class that the sources make, if they do. */
export function instanceOf(w: Walk, ty: string, text: string): Value {
  if (ty.startsWith('sim:')) return w.to.makeSim(w, ty.slice(4), text);
  const cls = w.program.classes.get(ty);
  if (cls === undefined) return unknown(ty, text);
  const made = [...(w.instances.get(ty) ?? [])];
  if (made.length > 0 && made.length <= 8) return made.map((thing): Value => reference(thing)).reduce(join);
  return reference(
    w.heap.named(`some ${ty}`, (thing) => {
      thing.cls = cls;
      thing.isSome = true;
      w.heap.version++;
      fill(w, cls, thing);
    }),
  );
}

/**
 * Constructs an object of a class that nobody makes, of arguments that are not known. What it hands to timers, interrupts and threads is
 * doubtful: the one object stands for all of its class, whose locks may be others.
 */
function fill(w: Walk, cls: { readonly unit: TreeUnit; readonly cls: TreeClass }, thing: Thing): void {
  const make = cls.unit.functions[cls.cls.make];
  const args = (make?.params ?? []).map((param) =>
    param.init === null ? outsideValue(w, param.ty, param.name) : UNDEFINED,
  );
  const outermost = moduleFrame(w, cls.unit);
  const frame = { ...outermost, root: { ...outermost.root, doubtful: true } };
  const s = startState(w);
  const made = reference(w.to.classThing(w, cls));
  w.heap.guessing++;
  construct(w, frame, s, made, args, cls.cls.id, cls.cls.line, reference(thing));
  w.heap.guessing--;
}

/** `new C(...)`; with `self` what super(...) does to an object that is there. */
export function construct(
  w: Walk,
  f: Frame,
  s: State,
  callee: Value,
  args: readonly Value[],
  ty: string,
  line: number,
  self?: Value,
): readonly Result[] {
  const out: Result[] = [];
  for (const part of alternatives(callee)) {
    if (part.t === 'ref' && part.o.sim !== undefined && part.o.sim.cls === 'constructor') {
      out.push(...w.to.constructApi(w, f, s, part.o.sim.name, args, line));
    } else if (part.t === 'ref' && part.o.isClass && part.o.cls !== undefined) {
      out.push(...w.to.constructClass(w, f, s, part.o.cls, args, line, self));
    } else {
      const thing = w.heap.make(`${f.call.file}:${f.call.function}:new${line}`);
      fillCollection(thing, ty, args[0] ?? UNDEFINED);
      out.push({ s, v: reference(thing) });
    }
  }
  return out;
}

/** `new Set(list)`, `new Map(pairs)`: what it is made of. */
function fillCollection(thing: Thing, ty: string, given: Value): void {
  thing.isMap = ty.startsWith('map:');
  const held =
    thing.isMap || ty.startsWith('[]') ? alternatives(given).flatMap((v) => (v.t === 'ref' ? [v.o] : [])) : [];
  if (thing.isMap) {
    for (const from of held) {
      if (from.isMap) thing.copyMap(from);
      else for (const pair of from.items ?? (from.rest === undefined ? [] : [from.rest])) putPair(thing, pair);
    }
    return;
  }
  const [only] = held;
  if (held.length > 1 || (only !== undefined && only.items === undefined)) {
    for (const { element } of held) if (element !== undefined) thing.add(element);
  } else if (!thing.many) thing.items = [...(only?.items ?? [])];
  else if (only?.element !== undefined) thing.add(only.element);
}

function putPair(map: Thing, pair: Value): void {
  for (const part of alternatives(pair)) {
    if (part.t !== 'ref') continue;
    const [key = ANYTHING, value = part.o.fields.get('1') ?? ANYTHING] = part.o.items ?? [];
    map.putKey(key, value);
  }
}

export function plainCall(text: string, line: number): TreeCall {
  return {
    k: 'call',
    f: { k: 'const', v: undefined },
    p: '',
    a: [],
    line,
    api: '',
    target: '',
    text,
    ty: '',
    op: true,
  };
}

/** Calls a function that makes an operation, and runs that: as the simulated kernel does with what it is handed. */
export function runValue(
  w: Walk,
  f: Frame,
  s: State,
  callee: Value,
  self: Value | undefined,
  args: readonly Value[],
  e: TreeCall,
): readonly Result[] {
  return runPending(w, f, callValue(w, f, s, callee, self, args, { ...e, op: true, lazy: false }), e.line);
}

/** A generator is made: nothing of it was run yet, whatever was run of another that is equal. */
function made(s: State, v: Value): Result {
  const name = v.t === 'ref' ? begunName(v.o) : '';
  return { s: s.env.get(name) === undefined ? s : withEnv(s, s.env.with(name, undefined)), v };
}

/** Calls a value with arguments. */
export function callValue(
  w: Walk,
  f: Frame,
  s: State,
  callee: Value,
  self: Value | undefined,
  args: readonly Value[],
  e: TreeCall,
): readonly Result[] {
  const out: Result[] = [];
  for (const part of alternatives(callee)) {
    if (isNullish(part)) continue;
    if (part.t === 'ref' && part.o.code !== undefined) {
      const all = part.o.bound.length === 0 ? args : [...part.o.bound, ...args];
      if (e.op !== true && part.o.code.fn.isGenerator === true)
        out.push(made(s, defer(w, f, part.o, part.o.self ?? self, all, e, false)));
      else out.push(...callCode(w, f, s, part.o, part.o.self ?? self, all, e.line));
    } else if (part.t === 'ref' && part.o.sim?.cls === 'function') {
      out.push(...w.to.simFunction(w, f, s, part.o.sim.name, args, e));
    } else if (part.t === 'ref' && part.o.sim?.cls === 'method' && part.o.self?.t === 'ref') {
      out.push(...w.to.callApi(w, f, s, part.o.self.o, part.o.sim.name, args, e));
    } else out.push(...unknownCall(w, f, s, args, e, part));
  }
  if (out.length === 0 && alternatives(callee).every(isNullish) && e.optional === true) return [{ s, v: UNDEFINED }];
  return out.length === 0 && alternatives(callee).every(isNullish) ? unknownCall(w, f, s, args, e) : out;
}

function unknownCall(
  w: Walk,
  f: Frame,
  s: State,
  args: readonly Value[],
  e: TreeCall,
  callee: Simple = ANYTHING,
): readonly Result[] {
  if (e.target !== '') {
    const target = bindMethod(w, e.target, ANYTHING);
    if (target?.t === 'ref') return callValue(w, f, s, target, undefined, args, e);
  }
  if (e.api !== '' && !e.api.includes('.')) return w.to.simFunction(w, f, s, e.api, args, e);
  const known = w.to.callGlobalFunction(w, f, s, args, e) ?? w.to.callLibrary(w, f, s, args, e);
  if (known !== undefined) return known;
  const text = e.text.split('(')[0] ?? '';
  const fromOutside = isFromOutside(callee);
  w.unresolvedCall(f, e.line, text || e.text, fromOutside);
  return [{ s, v: fromOutside ? outsideValue(w, e.ty, text) : e.ty === '' ? ANYTHING : instanceOf(w, e.ty, text) }];
}
