import { withVariable } from './paths.js';
import { type Code, Thing } from './thing.js';
import { ANYTHING, reference, type Value, valueKey } from './value.js';
import type { Frame, State, Walk } from './walk.js';

/** The state with a place for what function `index` captures before it has a value: its declaration puts it there. */
export function withEarly(w: Walk, f: Frame, index: number, s: State): State {
  let at = s;
  for (const name of f.unit.functions[index]?.early ?? []) {
    const known = at.env.get(name);
    // A value is there from an earlier turn of a loop, whose variable was another.
    if (known?.t === 'ref' && !known.o.fields.has('value')) continue;
    at = withVariable(at, name, reference(w.heap.make(`${f.call.file}:${f.call.function}:${name}`)));
  }
  return at;
}

/** A closure of function `index` of the running unit. */
export function makeClosure(w: Walk, f: Frame, index: number, s: State): Value {
  const fn = f.unit.functions[index];
  if (fn === undefined) return ANYTHING;
  const env = new Map<string, Value>();
  for (const name of fn.captures) {
    const value = name === '%this' ? (s.env.get('%this') ?? f.self) : s.env.get(name);
    if (value !== undefined) env.set(name, value);
  }
  return closureOf(w, { unit: f.unit, index, fn }, env);
}

/** One closure for one function and equal captured values. */
export function closureOf(w: Walk, code: Code, env: ReadonlyMap<string, Value>, self?: Value): Value {
  let key = `${code.unit.file}#${code.index}`;
  for (const [name, value] of env) key += `;${name}=${valueKey(value)}`;
  if (self !== undefined) key += `;self=${valueKey(self)}`;
  let known = w.shared.get(key);
  if (known === undefined) {
    known = new Thing(w.heap, -1 - w.shared.size, true);
    known.code = code;
    known.env = env;
    known.self = self;
    w.shared.set(key, known);
  }
  return reference(known);
}

/** What bind() makes of a function. */
export function boundFunction(w: Walk, fn: Thing, self: Value, bound: readonly Value[]): Value {
  if (fn.code === undefined) return reference(fn);
  const made = closureOf(w, fn.code, fn.env ?? new Map(), fn.code.fn.ownThis ? self : fn.self);
  if (bound.length === 0 || made.t !== 'ref') return made;
  const key = `bound ${made.o.id} ${bound.map(valueKey).join()}`;
  let known = w.shared.get(key);
  if (known === undefined) {
    known = new Thing(w.heap, -1 - w.shared.size, true);
    known.code = made.o.code;
    known.env = made.o.env;
    known.self = made.o.self;
    known.bound = bound;
    w.shared.set(key, known);
  }
  return reference(known);
}

/** A function of the sources by its name, with a `this`. */
export function bindMethod(w: Walk, target: string, self: Value): Value | undefined {
  const code = w.program.codes.get(target);
  return code === undefined ? undefined : closureOf(w, code, new Map(), code.fn.ownThis ? self : undefined);
}
