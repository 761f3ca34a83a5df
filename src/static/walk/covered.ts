import type { TreeFunction } from '../ir/tree.js';
import type { HeldLock, LockState, LockStates } from './lock-state.js';
import type { Thing } from './thing.js';
import type { CallEnds, CallResult } from './walk.js';

/** Stands for what is told to the judges, beside locks. */
const DEED = '';

/** Classes of the locks that functions, and what they call, take, release or ask for, and whether they do anything else. Only ever grows. */
export class TouchedLocks {
  readonly #classes = new Map<TreeFunction, Set<string>>();
  readonly #callers = new Map<TreeFunction, Set<TreeFunction>>();

  /** A function deals with a lock. */
  note(fn: TreeFunction | undefined, lock: Thing): void {
    if (fn !== undefined) this.#add(fn, classOf(lock));
  }

  /** A function does something that the judges are told of. */
  deed(fn: TreeFunction | undefined): void {
    if (fn !== undefined) this.#add(fn, DEED);
  }

  /** A function calls another. */
  call(caller: TreeFunction | undefined, callee: TreeFunction): void {
    if (caller === undefined) return;
    const callers = this.#callers.get(callee) ?? new Set();
    if (callers.has(caller)) return;
    this.#callers.set(callee, callers.add(caller));
    for (const cls of this.#classes.get(callee) ?? []) this.#add(caller, cls);
  }

  of(fn: TreeFunction): ReadonlySet<string> {
    return this.#classes.get(fn) ?? new Set();
  }

  #add(fn: TreeFunction, cls: string): void {
    const left = [fn];
    for (let at = left.pop(); at !== undefined; at = left.pop()) {
      const classes = this.#classes.get(at) ?? new Set();
      if (classes.has(cls)) continue;
      this.#classes.set(at, classes.add(cls));
      left.push(...(this.#callers.get(at) ?? []));
    }
  }
}

function classOf(lock: Thing): string {
  return lock.sim?.lock?.key ?? `#${lock.id}`;
}

/** A state in which a function was walked, or is being walked, and what came of it. */
export interface Context {
  readonly locks: LockState;
  readonly result: CallResult;
}

/**
 * States in which a function was walked that differ in the locks that are held, in how often preemption and bottom halves are off, and
 * in whether the function is sure to be called in them. Rules ask of each held lock by itself, and
 * an order of locks comes from those that nothing but tried locks are held inside: a state with no lock that is not known from
 * earlier states tells nothing new, unless the function deals with one of these locks itself.
 */
class Alike {
  readonly #contexts: Context[] = [];
  readonly #seen = new Set<string>();

  begin(locks: LockState, result: CallResult): void {
    this.#contexts.push({ locks, result });
  }

  end(locks: LockState, sure: boolean): void {
    for (const part of parts(locks)) {
      this.#seen.add(part);
      if (sure) this.#seen.add(`${part}*`);
    }
  }

  /** What the function would come to in a state that tells nothing new; undefined where it does, or may. */
  find(locks: LockState, sure: boolean, touched: ReadonlySet<string>): Context | undefined {
    // Where nothing is done it does not matter under which locks.
    const isKnown = touched.size === 0 || parts(locks).every((part) => this.#seen.has(sure ? `${part}*` : part));
    return isKnown ? this.nearest(locks, touched, isWalked) : undefined;
  }

  /** A context in which the function left alone what was held; one that it is still walked in where there is no other. */
  any(): Context | undefined {
    const all = this.#contexts.filter(leavesOthers);
    return all.find(isWalked) ?? all[0];
  }

  /** A context in which the function found its own locks as they are here, and left the others alone. */
  nearest(
    locks: LockState,
    touched: ReadonlySet<string>,
    isMeant: (context: Context) => boolean = () => true,
  ): Context | undefined {
    const own = ownLocks(locks, touched);
    return this.#contexts.find(
      (context) => isMeant(context) && ownLocks(context.locks, touched) === own && leavesOthers(context),
    );
  }
}

function isWalked({ result }: Context): boolean {
  return result.unfinished?.open !== true;
}

/** What a state tells of its locks: each by itself, and which of them an order comes from. */
function parts({ held }: LockState): string[] {
  if (held.length === 0) return ['-'];
  let isInnermost = true;
  const out: string[] = [];
  for (let i = held.length - 1; i >= 0; i--) {
    const { lock, read, subclass, trylock, unwatched, nest } = held[i] as HeldLock;
    const key = `${lock.id}:${read}${subclass}${trylock ? 't' : ''}${unwatched ? 'u' : ''}${nest?.id ?? ''}`;
    out.push(key);
    if (isInnermost) out.push(`${key}!`);
    isInnermost &&= trylock;
  }
  return out;
}

function ownLocks({ held }: LockState, touched: ReadonlySet<string>): string {
  let out = '';
  for (const { lock, read } of held) if (touched.has(classOf(lock))) out += `${lock.id}:${read};`;
  return out;
}

/** Whether what was held before is held after, in the same order and below anything else. */
function leavesOthers({ locks, result }: Context): boolean {
  return [...result.returns, ...result.throws].every(
    (end) =>
      end.locks === locks ||
      (end.locks.preempt >= locks.preempt &&
        end.locks.bh >= locks.bh &&
        end.locks.lockdepOff >= locks.lockdepOff &&
        locks.held.every((held, i) => end.locks.held[i] === held)),
  );
}

/** All of {@link Alike}, by what their states have in common. */
export class Covered {
  readonly #groups = new Map<string, Alike>();

  clear(): void {
    this.#groups.clear();
  }

  /** A call is walked in a state. */
  begin(group: string, locks: LockState, result: CallResult): void {
    const alike = this.#groups.get(group) ?? new Alike();
    this.#groups.set(group, alike);
    alike.begin(locks, result);
  }

  /** It was. */
  end(group: string, locks: LockState, sure: boolean): void {
    this.#groups.get(group)?.end(locks, sure);
  }

  /**
   * Another state in which a call comes to what it comes to here, but for what else is held.
   * @param anyway also where the state may tell something new
   * @param roughly also where the function may find its own locks otherwise
   */
  find(
    group: string,
    locks: LockState,
    sure: boolean,
    touched: ReadonlySet<string>,
    { anyway, roughly }: { readonly anyway: boolean; readonly roughly: boolean },
  ): Context | undefined {
    const alike = this.#groups.get(group);
    let context = anyway
      ? (alike?.nearest(locks, touched, isWalked) ?? alike?.nearest(locks, touched))
      : alike?.find(locks, sure, touched);
    if (roughly) context ??= alike?.any();
    return context;
  }
}

/** A result where other locks are held. */
export function moved({ locks: from, result }: Context, to: LockState, states: LockStates): CallEnds {
  const there = (end: LockState): LockState => {
    if (end === from) return to;
    return states.change(to, {
      held: [...to.held, ...end.held.slice(from.held.length)],
      irqsOff: end.irqsOff,
      preempt: to.preempt + end.preempt - from.preempt,
      bh: to.bh + end.bh - from.bh,
      lockdepOff: to.lockdepOff + end.lockdepOff - from.lockdepOff,
    });
  };
  return {
    ...result,
    returns: result.returns.map((end) => ({ ...end, locks: there(end.locks) })),
    throws: result.throws.map((end) => ({ ...end, locks: there(end.locks) })),
  };
}
