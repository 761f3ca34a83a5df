import type { TreeCall, TreeExpr } from '../ir/tree.js';
import { callValue, plainCall } from './calls.js';
import { defer } from './pending.js';
import { configured, makeSim } from './sim-objects.js';
import { runSteps } from './steps.js';
import { classFacts, getOf, methodOf } from './table.js';
import type { Thing } from './thing.js';
import { ANYTHING, alternatives, constant, join, reference, textOfValue, type Value } from './value.js';
import type { Frame, Result, State, Walk } from './walk.js';

/** A property of an object of the simulated kernel; undefined where the table has nothing to say. */
export function getApi(
  w: Walk,
  f: Frame,
  s: State,
  object: Thing,
  name: string,
  e: (TreeExpr & { k: 'get' }) | undefined,
): Value | undefined {
  const sim = object.sim;
  if (sim === undefined) return undefined;
  const fixed = configured(object, name);
  if (fixed !== undefined) return fixed;
  const set = object.fields.get(name);
  // What the simulated kernel itself changes besides is not known.
  if (set !== undefined) return alternatives(set).some((part) => part.t === 'const') ? join(set, ANYTHING) : set;
  if (name === 'label' || name === 'name' || name === 'comm') return constant(sim.lock?.name ?? sim.name);
  const part = sim.parts.get(name);
  const facts = getOf(w.table, sim.cls, name);
  if (facts === undefined) {
    if (methodOf(w.table, sim.cls, name) !== undefined) return methodValue(w, object, name);
    if (part !== undefined) return reference(part);
    return e === undefined || e.ty === '' ? ANYTHING : undefined;
  }
  const call: TreeCall = {
    k: 'call',
    f: { k: 'const', v: undefined },
    p: name,
    a: [],
    line: e?.line ?? 0,
    api: '',
    target: '',
    text: e?.text ?? name,
    ty: '',
  };
  const [result] = runSteps(w, f, s, object, facts.steps, [], call, name);
  return result?.v;
}

function methodValue(w: Walk, object: Thing, name: string): Value {
  return reference(
    w.heap.named(`method ${object.id}.${name}`, (thing) => {
      thing.sim = { cls: 'method', name, lock: undefined, parts: new Map(), memory: undefined };
      thing.self = reference(object);
    }),
  );
}

/** Calls a method of an object of the simulated kernel, as the table says. */
export function callApi(
  w: Walk,
  f: Frame,
  s: State,
  object: Thing,
  name: string,
  args: readonly Value[],
  e: TreeCall,
): readonly Result[] {
  const cls = object.sim?.cls ?? '';
  const own = object.fields.get(name);
  if (own !== undefined) return callValue(w, f, s, own, reference(object), args, e);
  const facts = methodOf(w.table, cls, name);
  if (e.lazy === true && facts?.steps.some((step) => step.verb === 'body') === true)
    return [{ s, v: defer(w, f, object, undefined, args, e, true) }];
  if (facts === undefined) {
    w.unresolvedCall(f, e.line, `${cls}.${name}`);
    return [{ s, v: ANYTHING }];
  }
  return runSteps(w, f, s, object, facts.steps, args, e, name);
}

/** `new C(...)` of a class of the simulated kernel: its name is the first text among the arguments. */
export function constructApi(
  w: Walk,
  f: Frame,
  s: State,
  cls: string,
  args: readonly Value[],
  line: number,
): readonly Result[] {
  const name = args.map(textOfValue).find((text) => text !== undefined && text !== '') ?? '';
  const made = makeSim(w, cls, name, `${f.call.file}:${f.call.function}:new${line}`);
  const steps = classFacts(w.table, cls)?.made?.steps;
  if (made.t !== 'ref' || steps === undefined) return [{ s, v: made }];
  const e = plainCall(`new ${cls}`, line);
  return runSteps(w, f, s, made.o, steps, args, e, cls).map((result) => ({ s: result.s, v: made }));
}

/** Gives a property of an object of the simulated kernel a value. */
export function setApi(w: Walk, f: Frame, s: State, object: Thing, name: string, v: Value): readonly State[] {
  object.put(name, v);
  const steps = classFacts(w.table, object.sim?.cls ?? '')?.sets.get(name)?.steps;
  if (steps === undefined) return [s];
  return runSteps(w, f, s, object, steps, [v], plainCall(name, 0), name).map((result) => result.s);
}

/** Whether `Class.method` releases a lock. */
export function releases(w: Walk, api: string): boolean {
  const [cls = '', method = ''] = api.split('.');
  return methodOf(w.table, cls, method)?.steps.some((step) => step.verb === 'release') === true;
}

/** Calls a function that the simulated kernel exports. */
export function simFunction(
  w: Walk,
  f: Frame,
  s: State,
  name: string,
  args: readonly Value[],
  e: TreeCall,
): readonly Result[] {
  const facts = w.table.functions.get(name);
  if (facts === undefined) {
    w.unresolvedCall(f, e.line, name);
    return [{ s, v: ANYTHING }];
  }
  const none = w.heap.named('sim functions', () => {});
  return runSteps(w, f, s, none, facts.steps, args, e, name);
}
