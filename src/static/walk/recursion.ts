import type { TreeFunction } from '../ir/tree.js';
import type { TouchedLocks } from './covered.js';
import type { LockState } from './lock-state.js';
import { commonKnown, unionNeeds } from './paths.js';
import { join, joinCounted, sameValue, type Value } from './value.js';
import type { CallEnd, CallEnds, CallResult } from './walk.js';

/** Walks of one call after which what it returns is not counted on. */
const FEW_WALKS = 8;
/** Walks of one call after which what it comes to is taken as it is. */
const MOST_WALKS = 64;

/** What is known of a call while something that it leads back to is being walked: what it comes to may be more than was found so far. */
export interface Unfinished {
  /** Place, among the calls that are being walked, of the outermost one that it depends on. */
  level: number;
  /** It is being walked right now. */
  open: boolean;
  /** How often what it comes to has grown. */
  version: number;
  walks: number;
  /** Results that it was made of and that may grow, each as it was then. */
  used: Map<CallResult, number> | undefined;
  /** Functions of which a state was taken as one that tells nothing new, with how much was known of their locks then. */
  relied: Map<TreeFunction, number> | undefined;
  /** Walks its body. */
  readonly run: () => CallEnds;
}

/**
 * Calls that lead back to themselves. While a call is being walked it comes, where it is met again, to what is known of it: nothing at
 * first. Everything that depends on that is unfinished until the outermost call of the recursion is done, which walks again each of them
 * that used a result that has grown since, and nothing else. What a call comes to only grows, so this ends: a least fixpoint, found for
 * each strongly connected part of the calls by itself (Bourdoncle, Efficient chaotic iteration strategies with widenings, 1993).
 */
export class Recursions {
  readonly #touched: TouchedLocks;
  /** Calls that are being walked, outermost first. */
  readonly #walking: Unfinished[] = [];
  readonly #unfinished: CallResult[] = [];
  /** How often a result was used that is not finished. */
  unfinishedUses = 0;

  constructor(touched: TouchedLocks) {
    this.#touched = touched;
  }

  /** The call that is being walked goes on with a result. */
  use(result: CallResult): void {
    const { unfinished } = result;
    const user = this.#walking.at(-1);
    if (unfinished === undefined || user === undefined) return;
    this.unfinishedUses++;
    user.used ??= new Map();
    if (!user.used.has(result)) user.used.set(result, unfinished.version);
    if (unfinished.level < user.level) user.level = unfinished.level;
  }

  /** The same of the result of another state of the function, in which it seems to do nothing else. */
  rely(fn: TreeFunction, result: CallResult): void {
    const user = this.#walking.at(-1);
    if (result.unfinished === undefined || user === undefined) return;
    this.use(result);
    user.relied ??= new Map();
    if (!user.relied.has(fn)) user.relied.set(fn, this.#touched.of(fn).size);
  }

  /**
   * Walks a call.
   * @param result what is filled
   * @returns whether it is all that the call comes to: `false` where that grew on and on
   */
  walk(result: CallResult, run: () => CallEnds): boolean {
    const level = this.#walking.length;
    const first = this.#unfinished.length;
    const own: Unfinished = { level, open: true, version: 0, walks: 0, used: undefined, relied: undefined, run };
    result.unfinished = own;
    this.#unfinished.push(result);
    this.#walking.push(own);
    walkOnce(result, own);
    const isSettled = own.used === undefined || this.#settle(own, first);
    this.#walking.pop();
    own.open = false;
    if (own.level < level) {
      // What is around it settles it.
      for (let i = first; i < this.#unfinished.length; i++) {
        const { unfinished } = this.#unfinished[i] as CallResult;
        if (unfinished !== undefined && unfinished.level > own.level) unfinished.level = own.level;
      }
    } else {
      for (let i = first; i < this.#unfinished.length; i++) (this.#unfinished[i] as CallResult).unfinished = undefined;
      this.#unfinished.length = first;
    }
    return isSettled;
  }

  /** Walks again what depends on something that has grown, until there is none; nothing where something further out depends on it, too. */
  #settle(own: Unfinished, first: number): boolean {
    const { level } = own;
    if (level < this.#walking.length - 1) return true;
    let isSettled = true;
    for (let isDone = false; !isDone && own.level === level; ) {
      isDone = true;
      // Innermost first; what turns up meanwhile is looked at in the next turn.
      for (let i = this.#unfinished.length - 1; i >= first && own.level === level; i--) {
        const result = this.#unfinished[i] as CallResult;
        const { unfinished } = result;
        if (unfinished === undefined || !this.#isOutdated(unfinished)) continue;
        if (unfinished.walks >= MOST_WALKS) {
          isSettled = false;
          continue;
        }
        isDone = false;
        if (unfinished === own) walkOnce(result, own);
        else {
          unfinished.open = true;
          this.#walking.push(unfinished);
          walkOnce(result, unfinished);
          this.#walking.pop();
          unfinished.open = false;
          if (unfinished.level < own.level) own.level = unfinished.level;
        }
      }
    }
    return isSettled;
  }

  #isOutdated({ used, relied }: Unfinished): boolean {
    for (const [{ unfinished }, version] of used ?? []) if (unfinished?.version !== version) return true;
    for (const [fn, size] of relied ?? []) if (this.#touched.of(fn).size !== size) return true;
    return false;
  }
}

function walkOnce(result: CallResult, own: Unfinished): void {
  own.used = undefined;
  own.relied = undefined;
  own.walks++;
  if (grow(result, own.run(), own.walks > FEW_WALKS)) own.version++;
}

/** Puts together what two walks of a call came to; whether the later one added something. */
function grow(result: CallResult, { returns, throws, signals, waits }: CallEnds, isOften: boolean): boolean {
  const all = joined(result.returns, returns, isOften);
  const thrown = joined(result.throws, throws, isOften);
  let hasGrown = all !== result.returns || thrown !== result.throws;
  result.returns = all;
  result.throws = thrown;
  if (signals.length > result.signals.length) {
    result.signals = signals;
    hasGrown = true;
  }
  if (waits.some((object) => !result.waits.includes(object))) {
    result.waits = [...new Set([...result.waits, ...waits])];
    hasGrown = true;
  }
  return hasGrown;
}

/** The same of ends; the old ones themselves where nothing was added. */
function joined(old: readonly CallEnd[], more: readonly CallEnd[], isOften: boolean): readonly CallEnd[] {
  if (old.length === 0) return more.length === 0 ? old : more;
  const out = new Map(old.map((end) => [keyOfEnd(end), end]));
  let hasGrown = false;
  for (const end of more) {
    const key = keyOfEnd(end);
    const known = out.get(key);
    const next = known === undefined ? end : joinedEnd(known, end, isOften);
    if (next === known) continue;
    out.set(key, next);
    hasGrown = true;
  }
  return hasGrown ? [...out.values()] : old;
}

function joinedEnd(old: CallEnd, end: CallEnd, isOften: boolean): CallEnd {
  const v = isOften ? joinCounted(old.v, end.v) : join(old.v, end.v);
  const known = commonKnown(old.known, end.known);
  const needs = unionNeeds(old.needs, end.needs);
  const doubtful = old.doubtful && end.doubtful;
  const isSame =
    known.size === old.known.size &&
    needs.length === old.needs.length &&
    doubtful === old.doubtful &&
    sameValue(v, old.v);
  return isSame ? old : { locks: old.locks, v, known, needs, doubtful };
}

/** Tells apart what a call may return: states of the locks, and yes and no. */
export function keyOfEnd({ locks, v }: { readonly locks: LockState; readonly v: Value }): string {
  return v.t === 'const' && typeof v.v === 'boolean' ? `${locks.id}${v.v}` : String(locks.id);
}
