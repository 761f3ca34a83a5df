import type { TreeExpr, TreeStmt } from '../ir/tree.js';
import { withoutAnswers } from './answers.js';
import { pairs } from './builtins.js';
import { instanceOf, plainCall } from './calls.js';
import { computedLoop } from './computed.js';
import { assign, branch, evaluate } from './expressions.js';
import { yielded } from './iterate.js';
import { nextWay } from './leaves.js';
import { joinStates, mergeStates, newJumps, withVariable } from './paths.js';

import { ANYTHING, alternatives, constant, join, type Value } from './value.js';
import type { Frame, Jumps, State, Walk } from './walk.js';

/** Turns of a loop whose end is known that are followed one by one. */
const MOST_TURNS = 64;
/** The same outside set-up, where variables are joined sooner. */
const FEW_TURNS = 3;
/** Turns after which a loop's states are taken as they are. */
const LAST_TURN = 40;

/** States that differ in their locks that are followed at one point of a function. */
const MOST_STATES = 32;

/** Runs statements from several states; the states at their end. What leaves otherwise is in the frame's jumps. */
export function execute(w: Walk, f: Frame, stmts: readonly TreeStmt[], states: readonly State[]): readonly State[] {
  let current: readonly State[] = states;
  for (const stmt of stmts) {
    if (current.length === 0) return current;
    current = step(w, f, stmt, current);
    if (!w.heap.concrete || current.length > 1) current = mergeStates(current);
    if (current.length > MOST_STATES) {
      w.partial.add(`${f.call.file}: ${f.call.function}`);
      current = current.slice(0, MOST_STATES);
    }
  }
  return current;
}

function step(w: Walk, f: Frame, stmt: TreeStmt, states: readonly State[]): readonly State[] {
  f.split = states.length > 1;
  switch (stmt.k) {
    case 'expr':
      return states.flatMap((s) => evaluate(w, f, stmt.e, s).map((result) => result.s));
    case 'block': {
      const ends = execute(w, f, stmt.s, states);
      return stmt.label === undefined ? ends : [...ends, ...takeLabelled(f.jumps, stmt.label)];
    }
    case 'if': {
      const outcomes = states.flatMap((s) => branch(w, f, stmt.c, s));
      const yes = mergeStates(outcomes.filter((o) => o.truth).map((o) => o.s));
      const no = mergeStates(outcomes.filter((o) => !o.truth).map((o) => o.s));
      if (w.heap.concrete || stmt.c.k === 'const') return either(w, f, yes, no, stmt.a, stmt.b);
      const taken = (truth: boolean, s: State): State => ({ ...s, way: nextWay(s.way, stmt.line, stmt.text, truth) });
      return either(
        w,
        f,
        yes.map((s) => taken(true, s)),
        no.map((s) => taken(false, s)),
        stmt.a,
        stmt.b,
      );
    }
    case 'loop':
      return computedLoop(w, f, stmt, states, () => runLoop(w, f, stmt, states));
    case 'each':
      return states.flatMap((s) => runEach(w, f, stmt, s));
    case 'return': {
      const { e, line } = stmt;
      for (const s of states) {
        if (e === null) f.jumps.returns.push({ s, v: constant(undefined), line });
        else f.jumps.returns.push(...evaluate(w, f, e, s).map((result) => ({ ...result, line })));
      }
      return [];
    }
    case 'break':
      for (const s of states) f.jumps.breaks.push({ label: stmt.label, s });
      return [];
    case 'continue':
      for (const s of states) f.jumps.continues.push({ label: stmt.label, s });
      return [];
    case 'throw':
      for (const s of states) {
        f.jumps.throws.push(...evaluate(w, f, stmt.e, s).map((result) => ({ ...result, line: stmt.line })));
      }
      return [];
    case 'try':
      return runTry(w, f, stmt, states);
    case 'switch':
      return runSwitch(w, f, stmt, states);
  }
}

/**
 * Both sides of a condition. During set-up what one of them does to an object may not happen; nor may what comes after a side that
 * leaves, until the loop or the function that it leaves is over.
 */
function either(
  w: Walk,
  f: Frame,
  yes: readonly State[],
  no: readonly State[],
  a: readonly TreeStmt[],
  b: readonly TreeStmt[],
): readonly State[] {
  const { heap } = w;
  if (!heap.concrete || yes.length === 0 || no.length === 0) return [...execute(w, f, a, yes), ...execute(w, f, b, no)];
  const was = heap.uncertain;
  const before = leavers(f.jumps);
  heap.uncertain = was + 1;
  const yesEnds = execute(w, f, a, yes);
  heap.uncertain = was + 1;
  const ends = [...yesEnds, ...execute(w, f, b, no)];
  heap.uncertain = leavers(f.jumps) > before ? was + 1 : was;
  return ends;
}

function leavers({ breaks, continues, returns }: Jumps): number {
  return breaks.length + continues.length + returns.length;
}

function takeLabelled(jumps: Jumps, label: string): State[] {
  const out: State[] = [];
  for (let i = jumps.breaks.length - 1; i >= 0; i--) {
    if (jumps.breaks[i]?.label === label) out.push(...jumps.breaks.splice(i, 1).map((jump) => jump.s));
  }
  return out.reverse();
}

/** Runs a loop's body once; where it goes on and where it leaves. */
function turn(
  w: Walk,
  f: Frame,
  body: readonly TreeStmt[],
  label: string,
  states: readonly State[],
  leaving: State[],
): readonly State[] {
  const outer = f.jumps;
  const jumps: Jumps = { ...newJumps(), returns: outer.returns, throws: outer.throws };
  f.jumps = jumps;
  const was = w.heap.uncertain;
  const ends = [...execute(w, f, body, states)];
  w.heap.uncertain = was;
  f.jumps = outer;
  for (const { label: to, s } of jumps.continues) {
    if (to === '' || to === label) ends.push(s);
    else outer.continues.push({ label: to, s });
  }
  for (const { label: to, s } of jumps.breaks) {
    if (to === '' || to === label) leaving.push(s);
    else outer.breaks.push({ label: to, s });
  }
  return mergeStates(ends);
}

function runLoop(w: Walk, f: Frame, stmt: TreeStmt & { k: 'loop' }, states: readonly State[]): readonly State[] {
  const leaving: State[] = [];
  const seen = new Map<number, State>();
  let current: readonly State[] = states;
  let first = stmt.post;
  for (let i = 0; i < (w.heap.concrete ? 4 * MOST_TURNS : LAST_TURN) && current.length > 0; i++) {
    f.split = current.length > 1;
    let inside: readonly State[] = current;
    let isOpen = false;
    if (!first && stmt.c !== null) {
      const { c } = stmt;
      const outcomes = current.flatMap((s) => branch(w, f, c, s));
      inside = mergeStates(outcomes.filter((o) => o.truth).map((o) => o.s));
      const out = outcomes.filter((o) => !o.truth).map((o) => o.s);
      leaving.push(...out);
      isOpen = out.length > 0 && inside.length > 0;
    }
    first = false;
    let next = turn(w, f, stmt.body, stmt.label, inside, leaving);
    const { step: after } = stmt;
    if (after !== null) next = mergeStates(next.flatMap((s) => evaluate(w, f, after, s).map((result) => result.s)));
    const joins = i >= (w.heap.concrete && !isOpen ? MOST_TURNS : FEW_TURNS) || isOpen || stmt.c === null;
    current = joins ? freshStates(next, seen) : next;
  }
  return mergeStates(leaving);
}

/** States that a loop has not been in yet, their variables widened to all values so far. */
function freshStates(states: readonly State[], seen: Map<number, State>): State[] {
  const out: State[] = [];
  for (const s of states) {
    const known = seen.get(s.locks.id);
    const joined = known === undefined ? s : joinStates(known, s);
    if (known !== undefined && known.known.size === joined.known.size && known.env.isIn(joined.env)) continue;
    seen.set(s.locks.id, joined);
    out.push(joined);
  }
  return out;
}

function runEach(w: Walk, f: Frame, stmt: TreeStmt & { k: 'each' }, s: State): readonly State[] {
  const made = evaluate(w, f, stmt.e, s).flatMap((one) => yielded(w, f, one.s, one.v, stmt.line) ?? [one]);
  return made.flatMap(({ s: at, v: over }) => {
    const v = entriesOf(w, f, stmt, over);
    const exact = stmt.keys ? undefined : exactItems(v);
    const leaving: State[] = [];
    if (exact !== undefined && exact.length <= MOST_TURNS) {
      let current: readonly State[] = [at];
      for (const item of exact) {
        current = turn(
          w,
          f,
          stmt.body,
          stmt.label,
          current.flatMap((c) => assign(w, f, stmt.t, item, c)),
          leaving,
        );
      }
      return mergeStates([...current, ...leaving]);
    }
    const item = stmt.keys ? ANYTHING : anyItem(w, v, stmt.ty, stmt.e);
    if (item === undefined) return [at];
    const seen = new Map<number, State>();
    let current: readonly State[] = [at];
    // Whether there is anything in it is not known: what follows from there being nothing is not sure, nor from one of several things.
    leaving.push(doubted(at));
    for (let i = 0; i < LAST_TURN && current.length > 0; i++) {
      const next = turn(
        w,
        f,
        stmt.body,
        stmt.label,
        current.flatMap((c) => assign(w, f, stmt.t, item, c)),
        leaving,
      );
      const ends = alternatives(item).length > 1 && next.length > 1 ? next.map(doubted) : next;
      leaving.push(...ends);
      // Nor is it whether there is a second one, for what the first has released.
      const { length } = at.locks.held;
      current = freshStates(ends, seen).map((s) => (s.locks.held.length < length ? doubted(s) : s));
    }
    return mergeStates(leaving);
  });
}

function doubted(s: State): State {
  return s.doubtful ? s : { ...s, doubtful: true };
}

/** What a loop over a value goes through: of a map its pairs. */
function entriesOf(w: Walk, f: Frame, stmt: TreeStmt & { k: 'each' }, v: Value): Value {
  if (stmt.keys || !alternatives(v).some((part) => part.t === 'ref' && part.o.isMap)) return v;
  return alternatives(v)
    .map((part) => (part.t === 'ref' && part.o.isMap ? pairs(w, f, part.o, plainCall('entries', stmt.line)) : part))
    .reduce(join);
}

/** The elements of an array in order, where they are known. */
function exactItems(v: Value): readonly Value[] | undefined {
  return v.t === 'ref' ? v.o.items : undefined;
}

/** Any element; undefined when there is none. */
function anyItem(w: Walk, v: Value, ty: string, e: TreeExpr): Value | undefined {
  let value: Value | undefined;
  for (const part of alternatives(v)) {
    if (part.t === 'const') continue;
    if (part.t === 'ref' && part.o.element === undefined && part.o.cls === undefined) continue;
    const item = part.t === 'ref' ? (part.o.element ?? instanceOf(w, ty, textOf(e))) : instanceOf(w, ty, textOf(e));
    value = value === undefined ? item : { t: 'several', vs: [...alternatives(value), ...alternatives(item)] };
  }
  return value;
}

function textOf(e: TreeExpr): string {
  return e.k === 'get' || e.k === 'index' ? `${e.text}[]` : e.k === 'var' ? `${e.n}[]` : '';
}

function runTry(w: Walk, f: Frame, stmt: TreeStmt & { k: 'try' }, states: readonly State[]): readonly State[] {
  const outer = f.jumps;
  const inner = newJumps();
  f.jumps = inner;
  let ends: readonly State[] = execute(w, f, stmt.s, states);
  if (stmt.handler !== null && inner.throws.length > 0) {
    const { param, handler } = stmt;
    const caught = inner.throws.splice(0).flatMap(({ s, v }) => (param === null ? [s] : assign(w, f, param, v, s)));
    ends = [...ends, ...execute(w, f, handler, mergeStates(caught))];
  }
  const run = (s: State): readonly State[] => (stmt.end.length === 0 ? [s] : execute(w, f, stmt.end, [s]));
  f.jumps = outer;
  for (const jump of inner.breaks) for (const s of run(jump.s)) outer.breaks.push({ ...jump, s });
  for (const jump of inner.continues) for (const s of run(jump.s)) outer.continues.push({ ...jump, s });
  for (const jump of inner.returns) for (const s of run(jump.s)) outer.returns.push({ ...jump, s });
  for (const jump of inner.throws) for (const s of run(jump.s)) outer.throws.push({ ...jump, s });
  return stmt.end.length === 0 ? ends : execute(w, f, stmt.end, mergeStates(ends));
}

function runSwitch(w: Walk, f: Frame, stmt: TreeStmt & { k: 'switch' }, states: readonly State[]): readonly State[] {
  const entering: State[][] = stmt.cases.map(() => []);
  const fallback = stmt.cases.findIndex((entry) => entry.test === null);
  const none: State[] = [];
  // The value is looked at once, however many cases ask for it.
  const subject: TreeExpr = stmt.e.k === 'var' ? stmt.e : { k: 'var', n: '%switch' };
  for (const start of states) {
    for (const { s, v } of evaluate(w, f, stmt.e, start)) {
      let rest: readonly State[] = [withVariable(withoutAnswers(s, '%switch'), '%switch', v)];
      stmt.cases.forEach((entry, i) => {
        if (entry.test === null) return;
        const test: TreeExpr = { k: 'binary', op: '===', l: subject, r: entry.test, text: '' };
        const outcomes = rest.flatMap((at) => branch(w, f, test, at));
        entering[i]?.push(...outcomes.filter((o) => o.truth).map((o) => o.s));
        rest = outcomes.filter((o) => !o.truth).map((o) => o.s);
      });
      if (fallback >= 0) entering[fallback]?.push(...rest);
      else none.push(...rest);
    }
  }
  const leaving: State[] = [...none];
  let falling: readonly State[] = [];
  stmt.cases.forEach((entry, i) => {
    const outer = f.jumps;
    const jumps: Jumps = { ...newJumps(), continues: outer.continues, returns: outer.returns, throws: outer.throws };
    f.jumps = jumps;
    falling = execute(w, f, entry.s, mergeStates([...falling, ...(entering[i] ?? [])]));
    f.jumps = outer;
    for (const jump of jumps.breaks) {
      if (jump.label === '' || jump.label === stmt.label) leaving.push(jump.s);
      else outer.breaks.push(jump);
    }
  });
  return mergeStates([...leaving, ...falling]);
}
