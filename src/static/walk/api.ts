import type { TreeCall, TreeExpr } from '../ir/tree.js';
import { callValue } from './calls.js';
import { runSteps } from './steps.js';
import { getOf, methodOf } from './table.js';
import type { Thing } from './thing.js';
import { ANYTHING, constant, reference, type Value } from './value.js';
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
  const set = object.fields.get(name);
  if (set !== undefined) return set;
  if (name === 'label' || name === 'name' || name === 'comm') return constant(sim.lock?.name ?? sim.name);
  const part = sim.parts.get(name);
  const facts = getOf(w.table, sim.cls, name);
  if (facts === undefined) {
    if (methodOf(w.table, sim.cls, name) !== undefined) return methodValue(w, object, name);
    if (part !== undefined) return reference(part);
    if (sim.cls === 'Kernel' && name === 'cpus') return object.fields.get('%cpus') ?? ANYTHING;
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
  if (facts === undefined) {
    w.unresolvedCall(`${cls}.${name}`);
    return [{ s, v: ANYTHING }];
  }
  return runSteps(w, f, s, object, facts.steps, args, e, name);
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
    w.unresolvedCall(name);
    return [{ s, v: ANYTHING }];
  }
  const none = w.heap.named('sim functions', () => {});
  return runSteps(w, f, s, none, facts.steps, args, e, name);
}
