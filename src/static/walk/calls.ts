import type { TreeCall, TreeClass, TreeUnit } from '../ir/tree.js';
import type { Call } from './lock-state.js';
import { joinStates, newJumps, unionNeeds, withVariable } from './paths.js';
import { type Code, Thing } from './thing.js';
import {
  ANYTHING,
  alternatives,
  isNullish,
  join,
  ofAlternatives,
  reference,
  type Simple,
  UNDEFINED,
  unknown,
  type Value,
  valueKey,
} from './value.js';
import type { CallResult, Env, Frame, Result, Signal, State, Walk } from './walk.js';

/** Calls deeper than this are taken to do nothing: a recursion that makes new objects each time. */
const DEEPEST = 160;
/** States in which one function is walked, each with its own arguments. */
const MOST_CONTEXTS = 300;
/** States after which numbers that are passed are no longer told apart. */
const FEW_CONTEXTS = 12;
/** Rounds after which a recursion's result is taken as it is. */
const MAX_ROUNDS = 4;

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
export function closureOf(w: Walk, code: Code, env: Env, self?: Value): Value {
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

/** The value of something outside functions. */
export function moduleValue(w: Walk, id: string, ty: string): Value {
  const known = w.globals.get(id);
  if (known !== undefined) return known;
  const code = w.program.codes.get(id);
  if (code !== undefined) return closureOf(w, code, new Map());
  const cls = w.program.classes.get(id);
  if (cls !== undefined) return reference(classThing(w, cls.unit, cls.cls));
  const file = id.slice(0, id.lastIndexOf('#'));
  if (!w.booted.has(file)) {
    boot(w, file);
    const value = w.globals.get(id);
    if (value !== undefined) return value;
  }
  return instanceOf(w, ty, id.slice(id.lastIndexOf('#') + 1));
}

function classThing(w: Walk, unit: TreeUnit, cls: TreeClass): Thing {
  return w.heap.named(`class ${cls.id}`, (thing) => {
    thing.isClass = true;
    thing.cls = { unit, cls };
    for (const method of cls.methods) {
      const fn = unit.functions[method.f];
      if (method.isStatic && method.kind === 'method' && fn !== undefined) {
        thing.put(method.name, closureOf(w, { unit, index: method.f, fn }, new Map(), reference(thing)));
      }
    }
    const frame = moduleFrame(w, unit);
    for (const field of cls.fields) {
      if (!field.isStatic || field.init === null) continue;
      for (const { v } of w.to.evaluate(w, frame, field.init, startState(w, new Map()))) thing.put(field.name, v);
    }
  });
}

/** Runs what stands outside functions in a file, once. */
export function boot(w: Walk, file: string): void {
  if (w.booted.has(file)) return;
  w.booted.add(file);
  const unit = w.program.units.get(file);
  if (unit === undefined) return;
  const was = w.heap.concrete;
  w.heap.concrete = true;
  w.to.execute(w, moduleFrame(w, unit), unit.body, [startState(w, new Map())]);
  w.heap.concrete = was;
}

function moduleFrame(w: Walk, unit: TreeUnit): Frame {
  const call: Call = { parent: undefined, file: unit.file, function: '', line: 0 };
  return {
    code: undefined,
    unit,
    call,
    root: setupRoot(w),
    self: undefined,
    sure: true,
    split: false,
    jumps: newJumps(),
    signals: new Map(),
    waits: new Set(),
    maybe: 0,
  };
}

/** The root of set-up code: what it does by itself is not judged. */
export function setupRoot(w: Walk): Frame['root'] {
  return {
    id: 'set-up',
    name: 'set-up',
    base: { kind: 'task', threaded: false, open: true },
    body: UNDEFINED,
    state: emptyLocks(w),
    around: undefined,
    signals: undefined,
    args: [],
    self: undefined,
  };
}

export function emptyLocks(w: Walk): State['locks'] {
  return w.states.of({ held: [], irqsOff: false, preempt: 0, bh: 0, lockdepOff: 0 });
}

export function startState(w: Walk, env: Env): State {
  return { locks: emptyLocks(w), env, needs: [], doubtful: false };
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
      w.heap.version++;
      fill(w, cls, thing);
    }),
  );
}

/** Constructs an object of a class that nobody makes, of arguments that are not known. */
function fill(w: Walk, cls: { readonly unit: TreeUnit; readonly cls: TreeClass }, thing: Thing): void {
  const make = cls.unit.functions[cls.cls.make];
  const args = (make?.params ?? []).map((param) =>
    param.init === null ? instanceOf(w, param.ty, param.name) : UNDEFINED,
  );
  const frame = { ...moduleFrame(w, cls.unit) };
  const s = startState(w, new Map());
  construct(w, frame, s, reference(classThing(w, cls.unit, cls.cls)), args, cls.cls.id, cls.cls.line, reference(thing));
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
      const text =
        args.map((arg) => (arg.t === 'const' && typeof arg.v === 'string' ? arg.v : '')).find((t) => t !== '') ?? '';
      out.push({ s, v: w.to.makeSim(w, part.o.sim.name, text, `${f.call.file}:${f.call.function}:new${line}`) });
    } else if (part.t === 'ref' && part.o.isClass && part.o.cls !== undefined) {
      out.push(...constructClass(w, f, s, part.o.cls, args, line, self));
    } else {
      const thing = w.heap.make(`${f.call.file}:${f.call.function}:new${line}`);
      const [first] = args;
      const from = first?.t === 'ref' && ty.startsWith('[]') ? first.o : undefined;
      if (!thing.many && (from === undefined || from.items !== undefined)) thing.items = [...(from?.items ?? [])];
      else if (from?.element !== undefined) thing.add(from.element);
      out.push({ s, v: reference(thing) });
    }
  }
  return out;
}

function constructClass(
  w: Walk,
  f: Frame,
  s: State,
  found: { readonly unit: TreeUnit; readonly cls: TreeClass },
  args: readonly Value[],
  line: number,
  self: Value | undefined,
): readonly Result[] {
  const { unit, cls } = found;
  let object = self;
  if (object === undefined) {
    const owner = f.self === undefined || w.heap.concrete ? '' : valueKey(f.self);
    const thing = w.heap.make(`${f.call.file}:${f.call.function}:new${line}:${owner}`);
    thing.cls = found;
    const made = w.instances.get(cls.id) ?? new Set<Thing>();
    w.instances.set(cls.id, made);
    made.add(thing);
    object = reference(thing);
  }
  const inner: Frame = { ...f, unit, code: undefined, self: object, call: { ...f.call, file: unit.file } };
  let states: readonly State[] = [s];
  const base = w.program.classes.get(cls.baseId);
  const make = unit.functions[cls.make];
  if (base !== undefined && make === undefined) {
    states = constructClass(w, f, s, base, args, line, object).map((result) => result.s);
  }
  for (const field of cls.fields) {
    if (field.isStatic || field.init === null) continue;
    const { init } = field;
    states = states.flatMap((at) => {
      const own = { ...at, env: new Map([['%this', object]]) };
      return w.to.evaluate(w, inner, init, own).map(({ s: end, v }) => {
        for (const part of alternatives(object)) if (part.t === 'ref') part.o.put(field.name, v);
        return { ...end, env: at.env };
      });
    });
  }
  if (make === undefined) return states.map((at) => ({ s: at, v: object }));
  const value = closureOf(w, { unit, index: cls.make, fn: make }, new Map(), object);
  const e = plainCall(`new ${cls.name}`, line);
  return states.flatMap((at) =>
    callValue(w, f, at, value, object, args, e).map((result) => ({ s: result.s, v: object })),
  );
}

export function plainCall(text: string, line: number): TreeCall {
  return { k: 'call', f: { k: 'const', v: undefined }, p: '', a: [], line, api: '', target: '', text, ty: '' };
}

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
  if (thing.cls !== undefined || thing.many)
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

/** A function of the sources by its name, with a `this`. */
export function bindMethod(w: Walk, target: string, self: Value): Value | undefined {
  const code = w.program.codes.get(target);
  return code === undefined ? undefined : closureOf(w, code, new Map(), code.fn.ownThis ? self : undefined);
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
      out.push(...callCode(w, f, s, part.o, part.o.self ?? self, all, e.line));
    } else if (part.t === 'ref' && part.o.sim?.cls === 'function') {
      out.push(...w.to.simFunction(w, f, s, part.o.sim.name, args, e));
    } else if (part.t === 'ref' && part.o.sim?.cls === 'method' && part.o.self?.t === 'ref') {
      out.push(...w.to.callApi(w, f, s, part.o.self.o, part.o.sim.name, args, e));
    } else out.push(...unknownCall(w, f, s, args, e));
  }
  if (out.length === 0 && alternatives(callee).every(isNullish) && e.optional === true) return [{ s, v: UNDEFINED }];
  return out.length === 0 && alternatives(callee).every(isNullish) ? unknownCall(w, f, s, args, e) : out;
}

function unknownCall(w: Walk, f: Frame, s: State, args: readonly Value[], e: TreeCall): readonly Result[] {
  if (e.target !== '') {
    const target = bindMethod(w, e.target, ANYTHING);
    if (target?.t === 'ref') return callCode(w, f, s, target.o, undefined, args, e.line);
  }
  if (e.api !== '' && !e.api.includes('.')) return w.to.simFunction(w, f, s, e.api, args, e);
  const known = w.to.callGlobalFunction(w, f, s, args, e);
  if (known !== undefined) return known;
  w.unresolvedCall(e.text.split('(')[0] ?? e.text);
  return [{ s, v: e.ty === '' ? ANYTHING : instanceOf(w, e.ty, e.text.split('(')[0] ?? '') }];
}

function callKey(
  fn: Thing,
  self: Value | undefined,
  args: readonly Value[],
  s: State,
  sure: boolean,
  f: Frame,
): string {
  const base = f.root.base;
  let key = `${fn.id}|${self === undefined ? '' : valueKey(self)}|${s.locks.id}|${sure ? 1 : 0}|${base.kind}${base.threaded ? 't' : ''}${base.open ? 'o' : ''}${f.root.id === 'set-up' ? 's' : ''}`;
  for (const arg of args) key += `|${valueKey(arg)}`;
  return key;
}

/** Runs a function of the sources, or takes what is known of it in this state. */
function callCode(
  w: Walk,
  f: Frame,
  s: State,
  fn: Thing,
  self: Value | undefined,
  given: readonly Value[],
  line: number,
): readonly Result[] {
  const { code } = fn;
  if (code === undefined) return [{ s, v: ANYTHING }];
  if (w.depth >= DEEPEST) {
    w.partial.add(`${code.unit.file}:${code.fn.line}: ${code.fn.name}`);
    return [{ s, v: ANYTHING }];
  }
  const sure = f.sure && !f.split && !s.doubtful && f.maybe === 0;
  const call: Call = { parent: f.call, file: code.unit.file, function: code.fn.name, line };
  if (w.heap.concrete) {
    // Set-up makes new objects each time: nothing can be taken from an earlier call.
    const result = run(w, f, fn, code, self, given, s, call, sure);
    return finish(w, f, s, result);
  }
  const before = w.contexts.get(code.fn) ?? 0;
  const args = before < FEW_CONTEXTS ? given : given.map(widened);
  const key = callKey(fn, self, args, s, sure, f);
  let known = w.calls.get(key);
  if (known !== undefined) {
    if (known.open) known.asked = true;
    return finish(w, f, s, known);
  }
  w.contexts.set(code.fn, before + 1);
  if (before >= MOST_CONTEXTS) {
    w.partial.add(`${code.unit.file}:${code.fn.line}: ${code.fn.name}`);
    return [];
  }
  for (let round = 0; ; round++) {
    const open: CallResult = {
      returns: known?.returns ?? [],
      throws: known?.throws ?? [],
      signals: known?.signals ?? [],
      waits: known?.waits ?? [],
      open: true,
      asked: false,
    };
    w.calls.set(key, open);
    const result = run(w, f, fn, code, self, args, s, call, sure);
    const isSame =
      known !== undefined &&
      known.returns.length === result.returns.length &&
      known.throws.length === result.throws.length;
    known = result;
    w.calls.set(key, result);
    if (!open.asked || isSame || round >= MAX_ROUNDS) break;
  }
  return finish(w, f, s, known);
}

/** A value without what only tells one call from another. */
function widened(value: Value): Value {
  const isNumber = (part: Simple): boolean => part.t === 'const' && typeof part.v === 'number';
  if (!alternatives(value).some(isNumber)) return value;
  const rest = alternatives(value).filter((part) => !isNumber(part) && part !== ANYTHING);
  return rest.length === 0 ? ANYTHING : ofAlternatives([...rest, ANYTHING]);
}

function run(
  w: Walk,
  f: Frame,
  fn: Thing,
  code: Code,
  self: Value | undefined,
  args: readonly Value[],
  s: State,
  call: Call,
  sure: boolean,
): CallResult {
  w.entered.add(`${code.unit.file}#${code.index}`);
  const env = new Map(fn.env ?? []);
  const own = code.fn.ownThis ? self : fn.env?.get('%this');
  if (own !== undefined) env.set('%this', own);
  const frame: Frame = {
    code,
    unit: code.unit,
    call,
    root: f.root,
    self: own,
    sure,
    split: false,
    jumps: newJumps(),
    signals: new Map(),
    waits: new Set(),
    maybe: 0,
  };
  let states: readonly State[] = [{ locks: s.locks, env, needs: [], doubtful: false }];
  w.depth++;
  code.fn.params.forEach((param, i) => {
    let value: Value = args[i] ?? UNDEFINED;
    if (param.rest) {
      const rest = w.heap.make(`${code.unit.file}:${code.fn.name}:...`);
      if (rest.many) for (const arg of args.slice(i)) rest.add(arg);
      else rest.items = args.slice(i);
      value = reference(rest);
    }
    const { init } = param;
    const isMissing = value.t === 'const' && value.v === undefined;
    states = states.flatMap((at) => {
      if (init !== null && isMissing)
        return w.to.evaluate(w, frame, init, at).flatMap((r) => w.to.assign(w, frame, param.t, r.v, r.s));
      return w.to.assign(w, frame, param.t, value, at);
    });
  });
  states = w.to.enterContract(w, f, frame, states, call.line);
  const ends = w.to.execute(w, frame, code.fn.body, states);
  w.depth--;
  const returns = new Map<string, { locks: State['locks']; v: Value; needs: State['needs']; doubtful: boolean }>();
  for (const { s: end, v } of [...ends.map((end) => ({ s: end, v: UNDEFINED as Value })), ...frame.jumps.returns]) {
    const truth = v.t === 'const' && typeof v.v === 'boolean' ? String(v.v) : '';
    const key = `${end.locks.id}${truth}`;
    const known = returns.get(key);
    if (known === undefined) returns.set(key, { locks: end.locks, v, needs: end.needs, doubtful: end.doubtful });
    else {
      known.v = join(known.v, v);
      known.needs = unionNeeds(known.needs, end.needs);
      known.doubtful &&= end.doubtful;
    }
  }
  return {
    returns: [...returns.values()],
    throws: frame.jumps.throws.map((end) => ({ locks: end.locks, needs: end.needs, doubtful: end.doubtful })),
    signals: [...frame.signals.values()],
    waits: [...frame.waits],
    open: false,
    asked: false,
  };
}

/** What the caller goes on with after a call. */
function finish(w: Walk, f: Frame, s: State, result: CallResult): readonly Result[] {
  for (const object of result.waits) {
    f.waits.add(object);
    w.facts.waitsToo(object, f.root.id);
  }
  for (const signal of result.signals) sendSignal(f, s, signal);
  for (const end of result.throws) {
    f.jumps.throws.push({
      locks: end.locks,
      env: s.env,
      needs: unionNeeds(s.needs, end.needs),
      doubtful: s.doubtful || end.doubtful,
    });
  }
  return result.returns.map((end) => ({
    s: {
      locks: end.locks,
      env: s.env,
      needs: unionNeeds(s.needs, end.needs),
      doubtful: s.doubtful || (end.doubtful && result.returns.length > 1),
    },
    v: end.v,
  }));
}

/** A signal that was sent, here or in a call: its senders' callers needed what they needed before. */
export function sendSignal(f: Frame, s: State, signal: Signal): void {
  const needs = unionNeeds(s.needs, signal.needs);
  const sure = f.sure && !f.split && !s.doubtful;
  signal.note(needs, sure);
  const key = needs.map((need) => ('lock' in need ? need.lock.id : `e${need.object.id}`)).join();
  const known = [...f.signals.values()].find((other) => other.note === signal.note && sameNeeds(other.needs, needs));
  if (known === undefined && f.signals.size < 64)
    f.signals.set(`${f.signals.size}:${key}`, { note: signal.note, needs });
}

function sameNeeds(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((need, i) => need === b[i]);
}

/** Of several results one state each where the locks agree: what matters to a caller that ignores the value. */
export function statesOf(results: readonly Result[]): State[] {
  const out = new Map<number, State>();
  for (const { s } of results) {
    const known = out.get(s.locks.id);
    out.set(s.locks.id, known === undefined ? s : joinStates(known, s));
  }
  return [...out.values()];
}
