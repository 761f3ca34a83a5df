import type { TreeCall, TreeExpr, TreePart, TreeTarget } from '../ir/tree.js';
import { getApi, setApi } from './api.js';
import { callValue, construct, instanceOf, moduleValue } from './calls.js';
import { makeClosure, withEarly } from './closures.js';
import {
  knownField,
  compared as narrowed,
  settledField,
  withFieldSource,
  withKnown,
  withSource,
  withSourceTold,
} from './known.js';
import { getMember } from './members.js';
import { callMethod, callSuper } from './methods.js';
import { textValue, unary } from './operators.js';
import { joinStates, mergedResults, withVariable } from './paths.js';
import { operated, plainValue, variable } from './plain.js';
import { simMember } from './sim-objects.js';
import { ownerKey, type Thing } from './thing.js';
import {
  ANYTHING,
  alike,
  alternatives,
  assumed,
  CanBe,
  constant,
  isNullish,
  join,
  numberOf,
  RUNNING_CPU,
  reference,
  truthOf,
  UNDEFINED,
  unknown,
  type Value,
  without,
} from './value.js';
import type { Frame, Result, State, Walk } from './walk.js';

/** Evaluates an expression: several results where paths part, none where it never comes to an end. */
export function evaluate(w: Walk, f: Frame, e: TreeExpr, s: State): readonly Result[] {
  switch (e.k) {
    case 'const':
      return [{ s, v: constant(e.v) }];
    case 'var':
      return [{ s, v: variable(e, s) }];
    case 'global':
      return [{ s, v: moduleValue(w, e.id, e.ty) }];
    case 'sim':
      return [{ s, v: simMember(w, e.n) }];
    case 'this':
      return [{ s, v: s.env.get('%this') ?? f.self ?? unknown(e.ty) }];
    case 'get':
      return evaluateGet(w, f, e, s);
    case 'index':
      return evaluateIndex(w, f, e, s);
    case 'call':
      return evaluateCall(w, f, e, s);
    case 'new':
      return both(w, f, e.c, e.a, s, (at, callee, args) => construct(w, f, at, callee, args, e.ty, e.line));
    case 'fn': {
      const at = withEarly(w, f, e.f, s);
      return [{ s: at, v: makeClosure(w, f, e.f, at) }];
    }
    case 'object':
      return evaluateObject(w, f, e, s);
    case 'array':
      return evaluateList(w, f, e.items, s).map(({ s: at, vs }) => {
        const thing = w.heap.make(`${f.call.file}:${f.call.function}:[${e.line}${ownerKey(f.self)}`);
        fillArray(thing, e.items, vs);
        return { s: at, v: reference(thing) };
      });
    case 'spread':
      return evaluate(w, f, e.e, s);
    case 'unary':
      return evaluate(w, f, e.e, s).map(({ s: at, v }) => ({ s: at, v: unary(e.op, v) }));
    case 'binary':
      return evaluateBinary(w, f, e, s);
    case 'logic':
      return evaluateLogic(w, f, e, s);
    case 'cond':
      return settled(
        w,
        branch(w, f, e.c, s).flatMap(({ s: at, truth }) => evaluate(w, f, truth ? e.a : e.b, at)),
      );
    case 'set':
      return evaluateSet(w, f, e, s);
    case 'text':
      return evaluateList(w, f, e.parts, s).map(({ s: at, vs }) => ({ s: at, v: textValue(vs) }));
    case 'seq':
      return evaluateList(w, f, e.es, s).map(({ s: at, vs }) => ({ s: at, v: vs[vs.length - 1] ?? UNDEFINED }));
  }
}

/** Arguments of a call, spread ones laid out. */
export function evaluateList(
  w: Walk,
  f: Frame,
  es: readonly TreeExpr[],
  s: State,
): readonly { readonly s: State; readonly vs: readonly Value[] }[] {
  let paths: { s: State; vs: Value[] }[] = [{ s, vs: [] }];
  for (const e of es) {
    const only = paths.length === 1 ? paths[0] : undefined;
    const plain = only && plainValue(e, only.s);
    if (only !== undefined && plain !== undefined) {
      only.vs.push(plain);
      continue;
    }
    const results = only && evaluate(w, f, e, only.s);
    const result = results?.length === 1 ? results[0] : undefined;
    if (only !== undefined && result !== undefined) {
      // By far the most common, and lists may be long.
      only.s = result.s;
      only.vs.push(result.v);
      continue;
    }
    paths = paths.flatMap((path) =>
      (results ?? evaluate(w, f, e, path.s)).map(({ s: at, v }) => ({ s: at, vs: [...path.vs, v] })),
    );
  }
  return paths;
}

/** Lays spread arguments out where their elements are known. */
export function spreadArguments(es: readonly TreeExpr[], vs: readonly Value[]): Value[] {
  return vs.flatMap((v, i) => {
    if (es[i]?.k !== 'spread') return [v];
    if (v.t === 'ref' && v.o.items !== undefined) return v.o.items;
    return v.t === 'ref' ? [v.o.element ?? ANYTHING] : [ANYTHING];
  });
}

function fillArray(thing: ReturnType<Walk['heap']['make']>, es: readonly TreeExpr[], vs: readonly Value[]): void {
  const exact = vs.every((v, i) => es[i]?.k !== 'spread' || (v.t === 'ref' && v.o.items !== undefined));
  const items = spreadArguments(es, vs);
  if (exact && !thing.many) {
    thing.items = items;
    return;
  }
  for (const item of items) thing.add(item);
}

function both(
  w: Walk,
  f: Frame,
  first: TreeExpr,
  rest: readonly TreeExpr[],
  s: State,
  then: (s: State, v: Value, args: readonly Value[]) => readonly Result[],
): readonly Result[] {
  return evaluate(w, f, first, s).flatMap(({ s: at, v }) =>
    evaluateList(w, f, rest, at).flatMap(({ s: end, vs }) => then(end, v, spreadArguments(rest, vs))),
  );
}

/** A condition's outcomes, with what is known of the values that it looked at. */
export function branch(
  w: Walk,
  f: Frame,
  e: TreeExpr,
  s: State,
): readonly { readonly s: State; readonly truth: boolean }[] {
  if (e.k === 'unary' && e.op === '!')
    return branch(w, f, e.e, s).map(({ s: at, truth }) => ({ s: at, truth: !truth }));
  if (e.k === 'logic' && e.op !== '??') {
    return branch(w, f, e.l, s).flatMap((left) =>
      left.truth === (e.op === '&&') ? branch(w, f, e.r, left.s) : [left],
    );
  }
  const plain = plainValue(e, s);
  if (plain !== undefined) return outcomes(w, f, e, s, plain);
  return evaluate(w, f, e, s).flatMap(({ s: at, v }) => outcomes(w, f, e, at, v));
}

function outcomes(w: Walk, f: Frame, e: TreeExpr, s: State, v: Value): { s: State; truth: boolean }[] {
  const truth = truthOf(v);
  const out: { s: State; truth: boolean }[] = [];
  if (truth & CanBe.True) out.push({ s: refined(w, f, s, e, true, truth), truth: true });
  if (truth & CanBe.False) out.push({ s: refined(w, f, s, e, false, truth), truth: false });
  return out;
}

/** What a condition looks at and may tell of: a variable, or a field that does not change. */
interface Subject {
  readonly old: Value;
  readonly told: (value: Value) => State;
}

function subjectOf(w: Walk, f: Frame, s: State, e: TreeExpr): Subject | undefined {
  if (e.k === 'set') return e.t.k === 'var' ? subjectOf(w, f, s, { k: 'var', n: e.t.n }) : undefined;
  if (e.k === 'var') {
    const old = e.cell ? undefined : s.env.get(e.n);
    if (old === undefined) return undefined;
    return { old, told: (value) => withSourceTold(w, withVariable(s, e.n, value), e.n, old, value) };
  }
  const field = settledField(f, s, e);
  return field === undefined ? undefined : { old: field.v, told: (value) => withKnown(s, field, value) };
}

/** What a condition's outcome says of what it looks at. */
function refined(w: Walk, f: Frame, s: State, e: TreeExpr, outcome: boolean, truth: number): State {
  const own = subjectOf(w, f, s, e);
  if (own !== undefined) {
    const value = assumed(own.old, outcome ? CanBe.True : CanBe.False);
    return value === undefined ? s : told(own, value, truth);
  }
  if (e.k !== 'binary' || e.r.k !== 'const' || !/^[!=]==?$/.test(e.op)) return s;
  const subject = subjectOf(w, f, s, e.l);
  if (subject === undefined) return s;
  const value = narrowed(subject.old, e.op, e.r.v, outcome);
  return value === undefined ? s : told(subject, value, truth);
}

function told({ old, told: next }: Subject, value: Value, truth: number): State {
  const s = next(value);
  return failed(old, value, truth) ? { ...s, doubtful: true } : s;
}

/** An allocation that failed: it may never. */
function failed(old: Value, value: Value, truth: number): boolean {
  if (truth !== CanBe.Either || old.t !== 'several') return false;
  const isMemory = old.vs.some((part) => part.t === 'ref' && part.o.sim?.memory !== undefined);
  return isMemory && alternatives(value).every(isNullish);
}

function evaluateGet(w: Walk, f: Frame, e: TreeExpr & { k: 'get' }, s: State): readonly Result[] {
  return evaluate(w, f, e.o, s).flatMap(({ s: at, v }) => member(w, f, at, v, e));
}

function member(w: Walk, f: Frame, s: State, object: Value, e: TreeExpr & { k: 'get' }): readonly Result[] {
  const out: Result[] = [];
  const values: Value[] = [];
  for (const part of alternatives(object)) {
    if (isNullish(part)) {
      values.push(UNDEFINED);
      continue;
    }
    if (part.t === 'ref' && part.o.sim !== undefined) {
      const found = getApi(w, f, s, part.o, e.p, e);
      if (found !== undefined) {
        values.push(found);
        continue;
      }
    }
    const known = part.t === 'ref' ? knownField(s, part.o, e.p) : undefined;
    if (known !== undefined) {
      values.push(known);
      continue;
    }
    const got = getMember(w, f, s, part, e.p, e.ty, e.text, e.api);
    if (got.length === 1 && got[0]?.s === s) values.push(got[0].v);
    else out.push(...got);
  }
  if (values.length > 0) out.push({ s, v: values.reduce((a, b) => join(a, b)) });
  return out;
}

function evaluateIndex(w: Walk, f: Frame, e: TreeExpr & { k: 'index' }, s: State): readonly Result[] {
  return evaluate(w, f, e.o, s).flatMap(({ s: at, v }) =>
    evaluate(w, f, e.i, at).map(({ s: end, v: index }) => ({ s: end, v: elementOf(w, v, index, e.ty, e.text) })),
  );
}

function elementOf(w: Walk, object: Value, index: Value, ty: string, text: string): Value {
  let value: Value | undefined;
  for (const part of alternatives(object)) {
    let found: Value;
    if (part.t === 'ref' && index.t === 'const' && part.o.items !== undefined) {
      found = part.o.items[Number(index.v)] ?? part.o.fields.get(String(index.v)) ?? UNDEFINED;
    } else if (part.t === 'ref' && index.t === 'const' && part.o.fields.has(String(index.v))) {
      found = part.o.fields.get(String(index.v)) ?? UNDEFINED;
    } else if (part.t === 'ref' && index === RUNNING_CPU && alike(part.o.items ?? [])) {
      found = part.o.items?.[0] ?? UNDEFINED;
    } else if (part.t === 'ref') {
      found =
        [...part.o.fields.values()].reduce<Value | undefined>(
          (a, b) => (a === undefined ? b : join(a, b)),
          part.o.element,
        ) ?? unknown(ty, text);
    } else if (part.t === 'const' && isNullish(part)) found = UNDEFINED;
    else found = instanceOf(w, ty, text);
    value = value === undefined ? found : join(value, found);
  }
  return value ?? ANYTHING;
}

function evaluateObject(w: Walk, f: Frame, e: TreeExpr & { k: 'object' }, s: State): readonly Result[] {
  const es = e.props.map((prop) => prop.v);
  return evaluateList(w, f, es, s).map(({ s: at, vs }) => {
    const thing = w.heap.make(`${f.call.file}:${f.call.function}:{${e.line}${ownerKey(f.self)}`);
    e.props.forEach((prop, i) => {
      const value = vs[i] ?? UNDEFINED;
      if (prop.key !== '...') {
        thing.put(prop.key, value);
        if (value.t === 'ref' && value.o.code !== undefined && value.o.self === undefined)
          value.o.self = reference(thing);
      } else spreadFields(thing, value);
    });
    return { s: at, v: reference(thing) };
  });
}

/** `...value` in an object: each field as any of the objects has it. */
function spreadFields(thing: Thing, value: Value): void {
  const from = alternatives(value).flatMap((part) => (part.t === 'ref' ? [part.o] : []));
  for (const name of new Set(from.flatMap((object) => [...object.fields.keys()]))) {
    const values = from.map((object) => object.fields.get(name) ?? thing.fields.get(name) ?? UNDEFINED);
    thing.put(name, values.reduce(join));
  }
}

function evaluateBinary(w: Walk, f: Frame, e: TreeExpr & { k: 'binary' }, s: State): readonly Result[] {
  const plain = plainValue(e, s);
  if (plain !== undefined) return [{ s, v: plain }];
  return evaluate(w, f, e.l, s).flatMap(({ s: at, v: left }) =>
    evaluate(w, f, e.r, at).map(({ s: end, v: right }) => ({ s: end, v: operated(e, left, right) })),
  );
}

function evaluateLogic(w: Walk, f: Frame, e: TreeExpr & { k: 'logic' }, s: State): readonly Result[] {
  return evaluate(w, f, e.l, s).flatMap(({ s: at, v }) => {
    if (e.op === '??') {
      const kept = without(v, isNullish);
      const mayLack = alternatives(v).some((part) => isNullish(part) || part === ANYTHING);
      const out: Result[] = kept === undefined ? [] : [{ s: at, v: kept }];
      if (mayLack) out.push(...evaluate(w, f, e.r, at));
      return mergedResults(out);
    }
    const goesOn = e.op === '&&' ? CanBe.True : CanBe.False;
    const truth = truthOf(v);
    const out: Result[] = [];
    if (truth & ~goesOn) {
      const kept = assumed(v, CanBe.Either & ~goesOn);
      if (kept !== undefined) out.push({ s: refined(w, f, at, e.l, goesOn === CanBe.False, truth), v: kept });
    }
    if (truth & goesOn) out.push(...evaluate(w, f, e.r, refined(w, f, at, e.l, goesOn === CanBe.True, truth)));
    return mergedResults(out);
  });
}

/** During set-up each object is made once: results that differ in what a condition told of variables are one. */
function settled(w: Walk, results: readonly Result[]): readonly Result[] {
  const merged = mergedResults(results);
  const [first] = merged;
  if (!w.heap.concrete || first === undefined || merged.some(({ s }) => s.locks !== first.s.locks)) return merged;
  return [merged.reduce((a, b) => ({ s: joinStates(a.s, b.s), v: join(a.v, b.v) }))];
}

function evaluateSet(w: Walk, f: Frame, e: TreeExpr & { k: 'set' }, s: State): readonly Result[] {
  const old = e.post === true && e.t.k === 'var' ? s.env.get(e.t.n) : undefined;
  const { t } = e;
  return evaluate(w, f, e.v, s).flatMap(({ s: at, v }) =>
    assign(w, f, t, v, at).map((end) => ({
      s: t.k === 'var' && !t.cell ? withSource(f, end, t.n, e.v) : end,
      v: e.post === true ? (old ?? ANYTHING) : v,
    })),
  );
}

/** Gives a value to a target. */
export function assign(w: Walk, f: Frame, t: TreeTarget, v: Value, s: State): readonly State[] {
  switch (t.k) {
    case 'nothing':
      return [s];
    case 'global':
      setGlobal(w, t.id, v);
      return [s];
    case 'var': {
      if (!t.cell) return [withVariable(s, t.n, v)];
      const known = s.env.get(t.n);
      if (known?.t === 'ref' && (!t.declare || !known.o.fields.has('value'))) {
        known.o.put('value', v);
        return [s];
      }
      const cell = w.heap.make(`${f.call.file}:${f.call.function}:${t.n}`);
      cell.put('value', v);
      return [withVariable(s, t.n, reference(cell))];
    }
    case 'field':
      return evaluate(w, f, t.o, s).flatMap(({ s: at, v: object }) => {
        let states: readonly State[] = [at];
        for (const part of alternatives(object)) {
          if (part.t !== 'ref') continue;
          if (part.o.sim !== undefined) states = states.flatMap((s) => setApi(w, f, s, part.o, t.p, v));
          else part.o.put(t.p, v);
        }
        return states;
      });
    case 'element':
      return evaluateList(w, f, [t.o, t.i], s).map(({ s: at, vs }) => {
        setElement(vs[0] ?? ANYTHING, vs[1] ?? ANYTHING, v);
        return at;
      });
    case 'pattern':
      return t.parts.reduce<readonly State[]>(
        (states, part) => states.flatMap((at) => assignPart(w, f, part, v, at)),
        [s],
      );
  }
}

function setGlobal(w: Walk, id: string, v: Value): void {
  const old = w.globals.get(id);
  w.globals.set(id, old === undefined || (w.heap.concrete && w.heap.uncertain === 0) ? v : join(old, v));
  w.heap.version++;
}

function setElement(object: Value, index: Value, v: Value): void {
  for (const part of alternatives(object)) {
    if (part.t !== 'ref') continue;
    const at = numberOf(index);
    const { items } = part.o;
    if (items !== undefined && at !== undefined && part.o.heap.concrete && at <= items.length)
      items[at] = part.o.isExact || items[at] === undefined ? v : join(items[at], v);
    else if (index.t === 'const' && typeof index.v === 'string') part.o.put(index.v, v);
    else {
      part.o.blur();
      part.o.add(v);
    }
  }
}

function assignPart(w: Walk, f: Frame, part: TreePart, v: Value, s: State): readonly State[] {
  let value: Value;
  if (part.rest === true) value = v;
  else if (typeof part.key === 'number') value = elementOf(w, v, constant(part.key), part.ty, '');
  else {
    const e: TreeExpr = {
      k: 'get',
      o: { k: 'const', v: null },
      p: part.key,
      ty: part.ty,
      api: '',
      text: part.key,
      line: 0,
    };
    value =
      member(w, f, s, v, e as TreeExpr & { k: 'get' }).reduce<Value | undefined>(
        (a, b) => (a === undefined ? b.v : join(a, b.v)),
        undefined,
      ) ?? ANYTHING;
  }
  const { init } = part;
  if (init === undefined || !alternatives(value).some((alt) => alt.t === 'const' && alt.v === undefined)) {
    // What is not known may as well be missing: the default says more than nothing does.
    if (init === undefined || value.t !== 'unknown') {
      const { t } = part;
      const ends = assign(w, f, t, value, s);
      const { key } = part;
      if (t.k !== 'var' || t.cell || typeof key !== 'string' || part.rest === true) return ends;
      return ends.map((end) => withFieldSource(end, t.n, v, key));
    }
  }
  return evaluate(w, f, init, s).flatMap(({ s: at, v: other }) => {
    const kept = without(value, (alt) => alt.t === 'const' && alt.v === undefined);
    return assign(w, f, part.t, kept === undefined || kept.t === 'unknown' ? other : join(kept, other), at);
  });
}

function evaluateCall(w: Walk, f: Frame, e: TreeCall, s: State): readonly Result[] {
  if (e.api === '' && e.op !== true) return evaluateOneCall(w, f, e, s);
  // Which of several objects a variable is stays the same from the lock to the unlock.
  let states: readonly State[] = [s];
  for (const part of e.p === '' ? e.a : [e.f, ...e.a]) {
    const root = rootOf(part);
    if (root !== undefined) states = states.flatMap((at) => apart(at, root));
  }
  return states.flatMap((at) => evaluateOneCall(w, f, e, at));
}

/** Alternatives of a variable that are followed one by one. */
const MOST_APART = 4;

function apart(s: State, name: string): readonly State[] {
  const value = s.env.get(name);
  if (value?.t !== 'several' || value.vs.length > MOST_APART) return [s];
  const objects = value.vs.filter((part) => part.t === 'ref');
  if (objects.length < 2) return [s];
  return value.vs.map((part) => withVariable(s, name, part));
}

/** The variable that a receiver is reached from. */
function rootOf(e: TreeExpr): string | undefined {
  let at = e;
  while (at.k === 'get' || at.k === 'index') at = at.o;
  return at.k === 'var' && !at.cell ? at.n : undefined;
}

function evaluateOneCall(w: Walk, f: Frame, e: TreeCall, s: State): readonly Result[] {
  if (e.p === 'super' || e.p.startsWith('super.')) {
    return evaluateList(w, f, e.a, s).flatMap(({ s: at, vs }) => callSuper(w, f, e, at, spreadArguments(e.a, vs)));
  }
  if (e.p === '') {
    return both(w, f, e.f, e.a, s, (at, callee, args) => callValue(w, f, at, callee, undefined, args, e));
  }
  return both(w, f, e.f, e.a, s, (at, object, args) => callMethod(w, f, at, object, args, e));
}
