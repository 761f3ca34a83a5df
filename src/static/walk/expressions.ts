import type { TreeCall, TreeExpr, TreePart, TreeTarget } from '../ir/tree.js';
import { answered, conditionOf, withAnswer, withoutAnswers } from './answers.js';
import { getApi, setApi } from './api.js';
import { isIterable, newArray } from './builtins.js';
import { callValue, construct, instanceOf, moduleValue, plainCall } from './calls.js';
import { isInstance, makeClass } from './classes.js';
import { makeClosure, withEarly } from './closures.js';
import { yielded } from './iterate.js';
import { knownField, withFieldSource, withSource } from './known.js';
import { changeOwnList } from './lists.js';
import { getMember, setMember } from './members.js';
import { callMethod, callSuper } from './methods.js';
import { textValue, unary } from './operators.js';
import { joinStates, mergedResults, withVariable } from './paths.js';
import { noteYield, runPending } from './pending.js';
import { operated, ownName, plainValue, variable } from './plain.js';
import { refined } from './refine.js';
import { simMember } from './sim-objects.js';
import { ownerKey, type Thing } from './thing.js';
import {
  ANYTHING,
  alike,
  alternatives,
  assumed,
  CanBe,
  type Constant,
  constant,
  isNullish,
  join,
  joinCounted,
  numberOf,
  RUNNING_CPU,
  reference,
  sameValue,
  textOfValue,
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
      return both(w, f, e.c, e.a, s, (at, callee, args) =>
        e.list === true
          ? [{ s: at, v: newArray(w, f, plainCall('Array', e.line), args, 'Array') }]
          : construct(w, f, at, callee, args, e.ty, e.line),
      );
    case 'fn': {
      const at = withEarly(w, f, e.f, s);
      return [{ s: at, v: makeClosure(w, f, e.f, at) }];
    }
    case 'class':
      return [makeClass(w, f, e, s)];
    case 'object':
      return evaluateObject(w, f, e, s);
    case 'array':
      return evaluateList(w, f, e.items, s).map(({ s: at, vs }) => {
        const place = `${f.call.file}:${f.call.function}:[${e.line}${ownerKey(f.self)}`;
        return { s: at, v: reference(filledArray(w, place, e.items, vs)) };
      });
    case 'spread':
      return evaluate(w, f, e.e, s).flatMap((one) => yielded(w, f, one.s, one.v, 0) ?? [one]);
    case 'run': {
      const { e: what, line } = e;
      const root = rootOf(what);
      const starts = root === undefined ? [s] : apart(s, root);
      return starts.flatMap((at) => runPending(w, f, evaluate(w, f, what, at), line));
    }
    case 'yield':
      return evaluate(w, f, e.e, s).map(({ s: at, v }) => {
        noteYield(w, f, v);
        return { s: at, v: ANYTHING };
      });
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
    // Into a list of which no element is known nothing was put so far: there is nothing to lay out.
    const elements = alternatives(v).flatMap((part): readonly Value[] => {
      if (part.t !== 'ref') return [ANYTHING];
      const { element } = part.o;
      return element === undefined ? (isIterable(part.o) ? [] : [ANYTHING]) : [element];
    });
    return elements.length === 0 ? [] : [elements.reduce(join)];
  });
}

function filledArray(w: Walk, place: string, es: readonly TreeExpr[], vs: readonly Value[]): Thing {
  const exact = vs.every((v, i) => es[i]?.k !== 'spread' || (v.t === 'ref' && v.o.items !== undefined));
  const items = spreadArguments(es, vs);
  if (exact) return w.heap.makeList(place, items);
  const thing = w.heap.make(place);
  for (const item of items) thing.add(item);
  return thing;
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
    const both = branch(w, f, e.l, s).flatMap((left) =>
      left.truth === (e.op === '&&') ? branch(w, f, e.r, left.s) : [left],
    );
    return remembered(e, s, both);
  }
  const plain = plainValue(e, s);
  if (plain !== undefined) return outcomes(w, f, e, s, plain);
  return evaluate(w, f, e, s).flatMap(({ s: at, v }) => outcomes(w, f, e, at, v));
}

/** Outcomes of a condition that is made of several: those that agree with how it came out before on the path. */
function remembered(
  e: TreeExpr,
  s: State,
  both: readonly { readonly s: State; readonly truth: boolean }[],
): readonly { readonly s: State; readonly truth: boolean }[] {
  if (!both.some(({ truth }) => truth) || both.every(({ truth }) => truth)) return both;
  const asked = conditionOf(e);
  if (asked === undefined) return both;
  const before = answered(s, asked);
  if (before !== undefined) return both.filter(({ truth }) => truth === before);
  return both.map(({ s: at, truth }) => ({ s: withAnswer(at, asked, truth), truth }));
}

function outcomes(w: Walk, f: Frame, e: TreeExpr, s: State, v: Value): { s: State; truth: boolean }[] {
  const all = truthOf(v);
  const asked = all === CanBe.Either ? conditionOf(e) : undefined;
  const before = asked === undefined ? undefined : answered(s, asked);
  if (asked !== undefined && before === undefined)
    return [true, false].map((truth) => ({ s: withAnswer(refined(w, f, s, e, truth, all), asked, truth), truth }));
  const truth = before === undefined ? all : before ? CanBe.True : CanBe.False;
  const out: { s: State; truth: boolean }[] = [];
  if (truth & CanBe.True) out.push({ s: refined(w, f, s, e, true, truth), truth: true });
  if (truth & CanBe.False) out.push({ s: refined(w, f, s, e, false, truth), truth: false });
  return out;
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
    evaluate(w, f, e.i, at).flatMap(({ s: end, v: index }) => {
      const p = textOfValue(index);
      // A method, an accessor, or what an object of the simulated kernel has: as by its name.
      if (p !== undefined && alternatives(v).some((part) => part.t === 'ref' && !part.o.fields.has(p)))
        return member(w, f, end, v, { k: 'get', o: e.o, p, ty: e.ty, api: '', text: e.text, line: 0 });
      return [{ s: end, v: elementOf(w, v, index, e.ty, e.text) }];
    }),
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
    const place = `${f.call.file}:${f.call.function}:{${e.line}${ownerKey(f.self)}`;
    const fields = new Map<string, Value>();
    const accessors: NonNullable<Thing['accessors']> = new Map();
    let isOpen = false;
    e.props.forEach((prop, i) => {
      const value = vs[i] ?? UNDEFINED;
      if (prop.accessor !== undefined) accessors.set(prop.key, { ...accessors.get(prop.key), [prop.accessor]: value });
      else if (prop.key !== '...') fields.set(prop.key, value);
      else {
        spreadFields(fields, value);
        isOpen ||= alternatives(value).some((part) => part.t === 'unknown' || (part.t === 'ref' && part.o.isOpen));
      }
    });
    const thing = w.heap.makeRecord(isOpen ? `${place}...` : place, fields);
    thing.isOpen ||= isOpen;
    if (accessors.size > 0) thing.accessors = accessors;
    return { s: at, v: reference(thing) };
  });
}

/** `...value` in an object: each field as any of the objects has it. */
function spreadFields(fields: Map<string, Value>, value: Value): void {
  const from = alternatives(value).flatMap((part) => (part.t === 'ref' ? [part.o] : []));
  const mayLack = alternatives(value).some(isNullish);
  for (const name of new Set(from.flatMap((object) => [...object.fields.keys()]))) {
    const old = fields.get(name);
    const values = from.map((object) => object.fields.get(name) ?? old ?? UNDEFINED);
    fields.set(name, (mayLack && old !== undefined ? [...values, old] : values).reduce(join));
  }
}

function evaluateBinary(w: Walk, f: Frame, e: TreeExpr & { k: 'binary' }, s: State): readonly Result[] {
  const plain = plainValue(e, s);
  if (plain !== undefined) return [{ s, v: plain }];
  return evaluate(w, f, e.l, s).flatMap(({ s: at, v: left }) =>
    evaluate(w, f, e.r, at).map(({ s: end, v: right }) => ({
      s: end,
      v: e.op === 'instanceof' ? isInstance(w, left, right) : operated(e, left, right),
    })),
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
      if (!t.cell) return [withVariable(withoutAnswers(s, t.n), t.n, v)];
      const known = s.env.get(t.n);
      const after = t.own === true ? withVariable(withoutAnswers(s, t.n), ownName(t.n), v) : s;
      if (known?.t === 'ref' && (!t.declare || !known.o.fields.has('value'))) {
        known.o.put('value', v);
        return [after];
      }
      const cell = w.heap.make(`${f.call.file}:${f.call.function}:${t.n}`);
      cell.put('value', v);
      return [withVariable(after, t.n, reference(cell))];
    }
    case 'field':
      return evaluate(w, f, t.o, s).flatMap(({ s: at, v: object }) => {
        let states: readonly State[] = [at];
        for (const part of alternatives(object)) {
          if (part.t !== 'ref') continue;
          if (part.o.sim !== undefined) states = states.flatMap((s) => setApi(w, f, s, part.o, t.p, v));
          else {
            const set = states.map((s) => setMember(w, f, s, part.o, t.p, v));
            if (set.every((ends) => ends === undefined)) part.o.put(t.p, v);
            else states = set.flatMap((ends) => ends ?? []);
          }
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
        (states, part) => states.flatMap((at) => assignPart(w, f, part, t.parts, v, at)),
        [s],
      );
  }
}

function setGlobal(w: Walk, id: string, v: Value): void {
  const old = w.globals.get(id);
  const isExact = w.heap.concrete && w.heap.uncertain === 0;
  const next = old === undefined || isExact ? v : joinCounted(old, w.heap.news(old, v));
  if (old !== undefined && sameValue(old, next)) return;
  w.globals.set(id, next);
  w.heap.changed(id, old, next);
}

function setElement(object: Value, index: Value, v: Value): void {
  for (const part of alternatives(object)) {
    if (part.t !== 'ref') continue;
    const at = numberOf(index);
    const { items } = part.o;
    if (items !== undefined && at !== undefined && part.o.heap.concrete && at <= items.length)
      items[at] = part.o.isExact || items[at] === undefined ? v : join(items[at], v);
    else if (index.t === 'const' && (typeof index.v === 'string' || isRecord(part.o, index)))
      part.o.put(String(index.v), v);
    else {
      part.o.blur();
      part.o.add(v);
    }
  }
}

/** An object whose properties are numbers, to one of which a value is given. */
function isRecord({ items, rest, heap, fields }: Thing, index: Constant): boolean {
  return items === undefined && rest === undefined && (heap.concrete || fields.has(String(index.v)));
}

/** What is left of a list or an object: without the elements before, or without the properties that have a name of their own. */
function restOf(w: Walk, f: Frame, part: TreePart, parts: readonly TreePart[], v: Value): Value {
  if (v.t !== 'ref') return v;
  const { o } = v;
  const place = `${f.call.file}:${f.call.function}:...${part.t.k === 'var' ? part.t.n : ''}${ownerKey(f.self)}`;
  if (typeof part.key === 'number')
    return o.items === undefined ? v : reference(w.heap.makeList(place, o.items.slice(part.key)));
  if (o.sim !== undefined || o.cls !== undefined || o.rest !== undefined || o.items !== undefined) return v;
  const taken = new Set(parts.map(({ key }) => String(key)));
  return reference(w.heap.makeRecord(place, new Map([...o.fields].filter(([name]) => !taken.has(name)))));
}

function assignPart(
  w: Walk,
  f: Frame,
  part: TreePart,
  parts: readonly TreePart[],
  v: Value,
  s: State,
): readonly State[] {
  let value: Value;
  if (part.rest === true) value = restOf(w, f, part, parts, v);
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
  const results = states.flatMap((at) => evaluateOneCall(w, f, e, at));
  return e.op === true ? runPending(w, f, results, e.line) : results;
}

/** Alternatives of a variable that are followed one by one. */
const MOST_APART = 4;

function apart(s: State, name: string): readonly State[] {
  const value = s.env.get(name);
  if (value?.t !== 'several' || value.vs.length > MOST_APART) return [s];
  const objects = value.vs.filter((part) => part.t !== 'const');
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
  if (e.p === '' && e.f.k === 'index') return callElement(w, f, e, e.f, s);
  if (e.p === '') {
    return both(w, f, e.f, e.a, s, (at, callee, args) => callValue(w, f, at, callee, undefined, args, e));
  }
  const { f: owner } = e;
  if (owner.k === 'var' && owner.list === true && !w.heap.concrete) {
    return both(w, f, owner, e.a, s, (at, object, args) =>
      alternatives(object).flatMap(
        (part) => changeOwnList(w, f, at, owner.n, part, args, e) ?? callMethod(w, f, at, part, args, e),
      ),
    );
  }
  return both(w, f, e.f, e.a, s, (at, object, args) => callMethod(w, f, at, object, args, e));
}

/** `table[name](...)`: a method whose name is computed, so that `this` is the table. */
function callElement(w: Walk, f: Frame, e: TreeCall, of: TreeExpr & { k: 'index' }, s: State): readonly Result[] {
  return both(w, f, of.o, [of.i, ...e.a], s, (at, object, [index = ANYTHING, ...args]) =>
    alternatives(object)
      .filter((part) => !isNullish(part))
      .flatMap((part) => {
        const names = alternatives(index).map(textOfValue);
        if (names.every((name) => name !== undefined))
          return names.flatMap((p = '') => callMethod(w, f, at, part, args, { ...e, p }));
        return callValue(w, f, at, elementOf(w, part, index, of.ty, of.text), part, args, e);
      }),
  );
}
