import type { TreeExpr } from '../ir/tree.js';
import { callValue, moduleValue, plainCall } from './calls.js';
import { closureOf, withEarly } from './closures.js';
import { moduleFrame, startState } from './start.js';
import { classFacts } from './table.js';
import { type ClassCode, Thing } from './thing.js';
import { ANYTHING, alternatives, constant, FALSE, join, reference, TRUE, type Value, valueKey } from './value.js';
import type { Frame, Result, State, Walk } from './walk.js';

/** A class outside functions as a value: there is one. */
export function classThing(w: Walk, { unit, cls }: ClassCode): Thing {
  return w.heap.named(`class ${cls.id}`, (thing) => {
    const frame = moduleFrame(w, unit);
    const { base } = cls;
    // Of what is no name, as a mixin's call, the expression tells which class it is.
    const made = base === null || w.program.classes.has(cls.baseId) ? [] : classesOf(w, frame, base, startState(w));
    fillClass(w, frame, thing, { unit, cls, ...(made[0] === undefined ? {} : { base: made[0] }) });
  });
}

/** `class { ... }` in a function, or as an expression: one for equal captured values and one class that it extends. */
export function makeClass(w: Walk, f: Frame, e: TreeExpr & { readonly k: 'class' }, s: State): Result {
  const found = w.program.classes.get(e.id);
  if (found === undefined) return { s, v: moduleValue(w, e.id, '') };
  const at = withEarly(w, f, e.f, s);
  const env = new Map<string, Value>();
  for (const name of f.unit.functions[e.f]?.captures ?? []) {
    const value = name === '%this' ? (at.env.get('%this') ?? f.self) : at.env.get(name);
    if (value !== undefined) env.set(name, value);
  }
  const bases = found.cls.base === null ? [] : classesOf(w, f, found.cls.base, at);
  const made = (bases.length === 0 ? [undefined] : bases).map((base): Value => {
    let key = `class ${e.id}`;
    for (const [name, value] of env) key += `;${name}=${valueKey(value)}`;
    if (base !== undefined) key += `;extends ${base.id}`;
    let thing = w.shared.get(key);
    if (thing === undefined) {
      thing = new Thing(w.heap, -1 - w.shared.size, true);
      w.shared.set(key, thing);
      fillClass(w, f, thing, { ...found, env, ...(base === undefined ? {} : { base }) });
    }
    return reference(thing);
  });
  return { s: at, v: made.reduce(join) };
}

function classesOf(w: Walk, f: Frame, e: TreeExpr, s: State): Thing[] {
  return w.to
    .evaluate(w, f, e, s)
    .flatMap(({ v }) => alternatives(v).flatMap((part) => (part.t === 'ref' && part.o.isClass ? [part.o] : [])));
}

/** Static members of a class. */
function fillClass(w: Walk, f: Frame, thing: Thing, code: ClassCode): void {
  const { unit, cls, env = new Map<string, Value>() } = code;
  thing.isClass = true;
  thing.cls = code;
  for (const method of cls.methods) {
    const fn = unit.functions[method.f];
    if (method.isStatic && method.kind === 'method' && fn !== undefined) {
      thing.put(method.name, closureOf(w, { unit, index: method.f, fn }, env, reference(thing)));
    }
  }
  for (const field of cls.fields) {
    if (!field.isStatic || field.init === null) continue;
    const own = { ...startState(w), env: w.noVariables.withAll(env).with('%this', reference(thing)) };
    const values = w.to.evaluate(w, f, field.init, own);
    // A block of the class's set-up has no name.
    if (field.name !== '') for (const { v } of values) thing.put(field.name, v);
  }
}

/** A class and those that it extends. */
export function* lineage(w: Walk, code: ClassCode | undefined): Generator<ClassCode> {
  for (let at = code; at !== undefined; at = baseOf(w, at)) yield at;
}

function baseOf(w: Walk, { cls, base }: ClassCode): ClassCode | undefined {
  return base?.cls ?? w.program.classes.get(cls.baseId);
}

/** The class that a class extends, as a value. */
export function baseThing(w: Walk, code: ClassCode | undefined): Thing | undefined {
  if (code?.base !== undefined) return code.base;
  const base = code === undefined ? undefined : w.program.classes.get(code.cls.baseId);
  return base === undefined ? undefined : classThing(w, base);
}

/** `new C(...)`; with `self` what super(...) does to an object that is there. */
export function constructClass(
  w: Walk,
  f: Frame,
  s: State,
  found: ClassCode,
  args: readonly Value[],
  line: number,
  self: Value | undefined,
): readonly Result[] {
  const { unit, cls, env = new Map<string, Value>() } = found;
  let object = self;
  if (object === undefined) {
    const owner = f.self === undefined || w.heap.concrete ? '' : valueKey(f.self);
    const thing = w.heap.makeWith(`${f.call.file}:${f.call.function}:new${line}:${owner}`, args);
    thing.cls = found;
    const made = w.instances.get(cls.id) ?? new Set<Thing>();
    w.instances.set(cls.id, made);
    made.add(thing);
    object = reference(thing);
  }
  const inner: Frame = { ...f, unit, code: undefined, self: object, call: { ...f.call, file: unit.file } };
  let states: readonly State[] = [s];
  const base = baseOf(w, found);
  const make = unit.functions[cls.make];
  if (base !== undefined && make === undefined) {
    states = constructClass(w, f, s, base, args, line, object).map((result) => result.s);
  }
  for (const field of cls.fields) {
    if (field.isStatic || field.init === null) continue;
    const { init } = field;
    // Of an object that nobody makes others may have given the field a value.
    if (w.heap.guessing > 0 && init.k === 'const' && init.v === undefined) continue;
    states = states.flatMap((at) => {
      const own = { ...at, env: w.noVariables.withAll(env).with('%this', object) };
      return w.to.evaluate(w, inner, init, own).map(({ s: end, v }) => {
        for (const part of alternatives(object)) if (part.t === 'ref') part.o.put(field.name, v);
        return { ...end, env: at.env };
      });
    });
  }
  if (make === undefined) return states.map((at) => ({ s: at, v: object }));
  const value = closureOf(w, { unit, index: cls.make, fn: make }, env, object);
  const e = plainCall(`new ${cls.name}`, line);
  return states.flatMap((at) =>
    callValue(w, f, at, value, object, args, e).map((result) => ({ s: result.s, v: object })),
  );
}

/** `value instanceof C` */
export function isInstance(w: Walk, value: Value, of: Value): Value {
  const [cls] = alternatives(of);
  if (of.t === 'several' || cls?.t !== 'ref') return ANYTHING;
  const answers = alternatives(value).map((part): Value => {
    if (part.t === 'const') return FALSE;
    if (part.t !== 'ref') return ANYTHING;
    const { o } = part;
    if (cls.o.sim?.cls === 'constructor') return o.sim === undefined ? FALSE : isSim(w, o.sim.cls, cls.o.sim.name);
    if (!cls.o.isClass) return ANYTHING;
    if (o.cls === undefined || o.isClass) return FALSE;
    return constant([...lineage(w, o.cls)].some((one) => one.cls === cls.o.cls?.cls));
  });
  return answers.reduce(join);
}

function isSim(w: Walk, cls: string, wanted: string): Value {
  for (let at: string | undefined = cls; at !== undefined; at = classFacts(w.table, at)?.extends)
    if (at === wanted) return TRUE;
  return FALSE;
}
