import type { Env } from './env.js';
import type { Need } from './facts.js';
import { commonWay } from './leaves.js';
import { join, sameValue, type Value } from './value.js';
import type { Jumps, Known, Result, State } from './walk.js';

/** Paths that are one again: states with equal locks, their variables joined. The order of the first of each stays. */
export function mergeStates(states: readonly State[]): State[] {
  if (states.length < 2) return [...states];
  const out = new Map<number, State>();
  for (const state of states) {
    const known = out.get(state.locks.id);
    out.set(state.locks.id, known === undefined ? state : joinStates(known, state));
  }
  return [...out.values()];
}

/** Of several results one state each where the locks agree: what matters to a caller that ignores the value. */
export function statesOf(results: readonly Result[]): State[] {
  return mergeStates(results.map(({ s }) => s));
}

export function joinStates(a: State, b: State): State {
  if (a === b) return a;
  return {
    locks: a.locks,
    env: a.env.joined(b.env),
    known: commonKnown(a.known, b.known),
    needs: unionNeeds(a.needs, b.needs),
    doubtful: a.doubtful && b.doubtful,
    way: commonWay(a.way, b.way),
  };
}

/** Distinct needs that are remembered. */
const MOST_NEEDS = 16;

export function unionNeeds(a: readonly Need[], b: readonly Need[]): readonly Need[] {
  if (a === b || b.length === 0) return a;
  if (a.length === 0) return b;
  let out: Need[] | undefined;
  for (const need of b) {
    if (a.some((other) => sameNeed(other, need))) continue;
    out ??= [...a];
    out.push(need);
  }
  return out === undefined ? a : out.slice(-MOST_NEEDS);
}

function sameNeed(a: Need, b: Need): boolean {
  if ('lock' in a) return 'lock' in b && a.lock === b.lock && a.read === b.read;
  return 'object' in b && a.object === b.object;
}

export function withNeed(state: State, need: Need): State {
  return { ...state, needs: unionNeeds(state.needs, [need]) };
}

export function withVariable(state: State, name: string, value: Value): State {
  return withEnv(state, state.env.with(name, value));
}

/** The state with other variables. Written out, as it is made millions of times: a spread takes several times as long. */
export function withEnv(state: State, env: Env): State {
  if (env === state.env) return state;
  const { locks, known, needs, doubtful, way } = state;
  return { locks, env, known, needs, doubtful, way };
}

export function newJumps(): Jumps {
  return { breaks: [], continues: [], returns: [], throws: [] };
}

/** What two paths that meet both know. */
export function commonKnown(a: Known, b: Known): Known {
  if (a === b || a.size === 0) return a;
  if (b.size === 0) return b;
  const out = new Map<string, Value>();
  for (const [key, value] of a) {
    const other = b.get(key);
    if (other !== undefined && sameValue(other, value)) out.set(key, value);
  }
  if (out.size === a.size) return a;
  return out;
}

/** Results whose states are one are one, with either value. */
export function mergedResults(results: readonly Result[]): readonly Result[] {
  if (results.length < 2) return results;
  const out: { s: State; v: Value }[] = [];
  for (const result of results) {
    const same = out.find((other) => other.s === result.s);
    if (same === undefined) out.push({ ...result });
    else same.v = join(same.v, result.v);
  }
  return out;
}
