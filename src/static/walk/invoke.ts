import { leavesLocks } from './callers.js';
import { moved } from './covered.js';
import { knownKey } from './known.js';
import { leaked } from './leaves.js';
import type { Call, LockState } from './lock-state.js';
import { changed } from './noting.js';
import { commonKnown, joinStates, newJumps, unionNeeds } from './paths.js';
import { isPure } from './pure.js';
import { keyOfEnd } from './recursion.js';
import type { Code, Thing } from './thing.js';
import { ANYTHING, join, reference, UNDEFINED, type Value, valueKey, widened } from './value.js';
import {
  type CallEnd,
  type CallEnds,
  type CallResult,
  EFFORTS,
  type Effort,
  type Frame,
  type Result,
  SETTLING,
  type Signal,
  type State,
  type Walk,
} from './walk.js';

/** Calls deeper than this are taken to do nothing: a recursion that makes new objects each time. */
const DEEPEST = 160;

/** @param locks what tells the state's locks and contexts */
function callKey(
  w: Walk,
  fn: Thing,
  self: Value | undefined,
  args: readonly Value[],
  s: State,
  locks: string | number,
  sure: boolean,
  f: Frame,
): string {
  const base = f.root.base;
  let key = `${fn.id}|${self === undefined ? '' : valueKey(self)}|${locks}|${sure ? 1 : 0}|${base.kind}${base.threaded ? 't' : ''}${base.open ? 'o' : ''}${f.root.id === 'set-up' ? 's' : ''}${w.asksForCpu ? (f.root.cpu ?? '') : ''}|${knownKey(s.known)}`;
  for (const arg of args) key += `|${valueKey(arg)}`;
  return key;
}

function effortOf({ walked, facts }: Walk): Effort {
  return facts.muted ? SETTLING : (EFFORTS.findLast(([from]) => walked >= from)?.[1] ?? SETTLING);
}

/** While nothing is noted it matters only that all code is reached. */
function groupKey(w: Walk, fn: Thing, self: Value | undefined, args: readonly Value[], s: State, f: Frame): string {
  if (w.facts.muted) return `${fn.id}|${self === undefined ? '' : valueKey(self)}`;
  return callKey(w, fn, self, args, s, contextOf(s.locks), true, f);
}

/** What states have in common whose difference no rule asks for, but for their locks. */
function contextOf({ irqsOff, preempt, bh, lockdepOff }: LockState): string {
  return [irqsOff, preempt > 0, bh > 0, lockdepOff > 0].map(Number).join('');
}

function pureKey(fn: Thing, args: readonly Value[]): string {
  let key = `${fn.id}`;
  for (const arg of args) key += `|${valueKey(arg)}`;
  return key;
}

/** A function that is called. */
interface Invocation {
  readonly fn: Thing;
  readonly code: Code;
  readonly self: Value | undefined;
  readonly args: readonly Value[];
  /** Of the caller. */
  readonly s: State;
  readonly call: Call;
  readonly sure: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Runs a function of the sources, or takes what is known of it in this state. */
export function callCode(
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
    const result = run(w, f, { fn, code, self, args: given, s, call, sure });
    return finish(w, f, s, result, line);
  }
  w.touched.call(f.code?.fn, code.fn);
  if (code.fn.contract !== undefined) w.touched.deed(code.fn);
  const effort = effortOf(w);
  const before = w.contexts.get(code.fn) ?? 0;
  const args = before < effort.few ? given : given.map(widened);
  const invocation: Invocation = { fn, code, self, args, s, call, sure };
  const pure = isPure(w, code);
  const key = pure ? pureKey(fn, args) : callKey(w, fn, self, args, s, s.locks.id, sure, f);
  const known = w.calls.get(key);
  // What it asks for it asks of each caller.
  const asks = (): void => {
    if (code.fn.contract !== undefined) enter(w, f, invocation);
  };
  if (known !== undefined) {
    asks();
    w.recursions.use(known);
    return knownCall(w, f, s, known, pure ? inState(known, s) : known, call);
  }
  const group = pure ? '' : groupKey(w, fn, self, args, s, f);
  const isLast = before >= effort.most;
  const touched = w.touched.of(code.fn);
  if ((before >= effort.few || touched.size === 0) && !pure) {
    const how = { anyway: isLast, roughly: isLast && w.facts.muted };
    const covered = w.covered.find(group, s.locks, sure, touched, how);
    if (covered !== undefined) {
      asks();
      w.recursions.rely(code.fn, covered.result);
      return knownCall(w, f, s, covered.result, moved(covered, s.locks, w.states), call);
    }
  }
  if (isLast) {
    asks();
    if (!w.facts.muted) w.partial.add(`${code.unit.file}:${code.fn.line}: ${code.fn.name}`);
    return [];
  }
  w.contexts.set(code.fn, before + 1);
  w.walked++;
  const result: CallResult = { call, returns: [], throws: [], signals: [], waits: [], unfinished: undefined };
  w.calls.set(key, result);
  if (!pure) w.covered.begin(group, s.locks, result);
  const { split } = f;
  const isAll = w.recursions.walk(result, () => {
    // Walked again, it is called as it was the first time.
    const caller = f.split === split ? f : { ...f, split };
    return run(w, caller, invocation);
  });
  if (!isAll && !w.facts.muted) w.partial.add(`${code.unit.file}:${code.fn.line}: ${code.fn.name}`);
  if (!pure) w.covered.end(group, s.locks, sure);
  w.recursions.use(result);
  return finish(w, f, s, result, line);
}

/** A call whose outcome is known from an earlier one. */
function knownCall(w: Walk, f: Frame, s: State, known: CallResult, ends: CallEnds, call: Call): readonly Result[] {
  if (leavesLocks(s.locks, ends.returns) || leavesLocks(s.locks, ends.throws)) w.facts.callers.note(known.call, call);
  return finish(w, f, s, ends, call.line);
}

/** What a function that only computes came to, wherever else it is called. */
function inState({ returns, throws, signals, waits }: CallEnds, s: State): CallEnds {
  const here = { locks: s.locks, known: s.known };
  return {
    signals,
    waits,
    returns: returns.map((end) => ({ ...end, ...here })),
    throws: throws.map((end) => ({ ...end, ...here })),
  };
}

/** A function begins: its frame, and the states in which its body does, with its parameters. */
function enter(
  w: Walk,
  f: Frame,
  { fn, code, self, args, s, call, sure }: Invocation,
): { readonly frame: Frame; readonly states: readonly State[] } {
  w.entered.add(`${code.unit.file}#${code.index}`);
  const own = code.fn.ownThis ? self : fn.env?.get('%this');
  const captured = w.noVariables.withAll(fn.env ?? []);
  const env = own === undefined ? captured : captured.with('%this', own);
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
    released: new Set(),
    broken: new Set(),
    maybe: 0,
    several: 0,
  };
  let states: readonly State[] = [{ locks: s.locks, env, known: s.known, needs: [], doubtful: false, way: undefined }];
  w.depth++;
  code.fn.params.forEach((param, i) => {
    let value: Value = args[i] ?? UNDEFINED;
    if (param.rest) {
      value = reference(w.heap.makeList(`${code.unit.file}:${code.index}:...`, args.slice(i)));
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
  w.depth--;
  return { frame, states };
}

function run(w: Walk, f: Frame, invocation: Invocation): CallEnds {
  const { code, s } = invocation;
  const { uncertain } = w.heap;
  const { frame, states } = enter(w, f, invocation);
  w.depth++;
  const ends = w.to.execute(w, frame, code.fn.body, states);
  w.depth--;
  w.heap.uncertain = uncertain;
  const returns = new Map<string, Mutable<CallEnd>>();
  const over = leaving(w, code, s.locks, frame, ends);
  for (const { s: end, v } of over.returns) {
    const key = keyOfEnd({ locks: end.locks, v });
    const known = returns.get(key);
    if (known === undefined)
      returns.set(key, { locks: end.locks, v, known: end.known, needs: end.needs, doubtful: end.doubtful });
    else {
      known.v = join(known.v, v);
      known.known = commonKnown(known.known, end.known);
      known.needs = unionNeeds(known.needs, end.needs);
      known.doubtful &&= end.doubtful;
    }
  }
  return {
    returns: [...returns.values()],
    throws: thrown(over.throws).map(({ s: { locks, known, needs, doubtful }, v }) => ({
      locks,
      known,
      needs,
      doubtful,
      v,
    })),
    signals: [...frame.signals.values()],
    waits: [...frame.waits],
  };
}

/** All ends of an invocation, locks that got out of it marked. */
function leaving(
  w: Walk,
  code: Code,
  start: LockState,
  frame: Frame,
  ends: readonly State[],
): { readonly returns: readonly Result[]; readonly throws: readonly Result[] } {
  const all = [
    ...ends.map((s) => ({ s, v: UNDEFINED as Value, line: code.fn.end, isThrow: false })),
    ...frame.jumps.returns.map((end) => ({ ...end, isThrow: false })),
    ...frame.jumps.throws.map((end) => ({ ...end, line: end.line ?? 0, isThrow: true })),
  ];
  if (w.heap.concrete) return apart(all);
  const exits = all.map(({ s: { locks, way }, line, isThrow }) => ({ locks, way, line, isThrow }));
  // A state of locks is one object for equal ones: where they were taken is what the first call came by.
  for (const { locks } of exits)
    for (const { moment } of locks === start ? [] : locks.held)
      if (moment.call !== frame.call && moment.function === code.fn.name && moment.file === code.unit.file)
        w.facts.callers.note(moment.call, frame.call);
  const leaves = w.leaves.note(code, start, exits, frame.released);
  return apart(
    all.map((end, i) => {
      const out = leaves[i] ?? [];
      return out.length === 0 ? end : { ...end, s: changed(w, end.s, leaked(start, end.s.locks, out)) };
    }),
  );
}

function apart<T extends { readonly isThrow: boolean }>(all: readonly T[]): { returns: T[]; throws: T[] } {
  return { returns: all.filter(({ isThrow }) => !isThrow), throws: all.filter(({ isThrow }) => isThrow) };
}

/** Of what is thrown one for each state of the locks. */
function thrown(throws: readonly Result[]): readonly Result[] {
  const out = new Map<number, Result>();
  for (const one of throws) {
    const known = out.get(one.s.locks.id);
    out.set(one.s.locks.id, known === undefined ? one : { s: joinStates(known.s, one.s), v: join(known.v, one.v) });
  }
  return [...out.values()];
}

/** What the caller goes on with after a call. */
function finish(w: Walk, f: Frame, s: State, result: CallEnds, line: number): readonly Result[] {
  for (const object of result.waits) {
    f.waits.add(object);
    w.facts.waitsToo(object, f.root.id);
  }
  for (const signal of result.signals) sendSignal(f, s, signal);
  for (const { locks } of result.returns) noteReleased(f, s.locks, locks);
  for (const end of result.throws) {
    f.jumps.throws.push({ s: after(s, end, end.doubtful), v: end.v, line });
  }
  return result.returns.map((end) => ({
    s: after(s, end, end.doubtful && result.returns.length > 1),
    v: end.v,
  }));
}

/** The caller's state when a call has ended. */
function after(s: State, { locks, known, needs }: CallEnd, isDoubtful: boolean): State {
  const { env, way } = s;
  return { locks, env, known, needs: unionNeeds(s.needs, needs), doubtful: s.doubtful || isDoubtful, way };
}

/** Notes what a call has released of what its caller held. */
function noteReleased({ released }: Frame, before: LockState, after: LockState): void {
  if (before === after || before.held === after.held) return;
  for (const { lock } of before.held)
    if (!released.has(lock) && !after.held.some((held) => held.lock === lock)) released.add(lock);
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
