import type { LockKind } from '../ir/ir.js';
import { lastPart } from '../ir/paths.js';

/**
 * A place in the sources, told by its function, so that what is known of a function stays true when it moves: `places.ts` tells
 * the line in the file.
 */
export interface Site {
  readonly file: string;
  /** Counted from the function's line. */
  readonly line: number;
  readonly function: string;
  /** Which one of several functions of one name in the file, from 1 for the second. */
  readonly nth?: number;
}

/** A lock, or a context that forbids things as a lock does, that is held at a point of a function. */
export interface Held {
  readonly path: string;
  readonly kind: LockKind;
  readonly read: boolean;
  /** Class key, '' when not known. */
  readonly key: string;
  /** As lockdep shows it. */
  readonly name: string;
  readonly site: Site;
  /** Calls from the function that holds it down to the acquisition, outermost first. */
  readonly via: readonly Site[];
  readonly api: string;
  /** Not taken by this function: an annotation, assertion or comment says that it is held. */
  readonly assumed?: 'annotation' | 'assertion' | 'comment' | 'table' | 'entry';
  /** It is said, too, that the function releases it. */
  readonly leaves?: boolean;
  /** A nesting level was given, as the source spells it. */
  readonly nested?: string;
  /** Taken by a trylock: nothing depends on its being held, since it did not wait. */
  readonly trylock?: boolean;
  /** An interrupt, bottom-half or preemption state that a lock function switched with its lock. */
  readonly withLock?: boolean;
  /** It is one object, whichever function names it. */
  readonly single?: boolean;
  /** It lies in the object that the path names before its last member. */
  readonly embedded?: boolean;
  /** Which lock it is, or whether it is taken, depends on what the sources do not tell. */
  readonly unsure?: boolean;
}

/** A lock of the caller that was released. */
export interface Dropped {
  readonly path: string;
  readonly kind: LockKind;
  readonly key: string;
  /** Calls between the function and the release. */
  readonly hops: number;
}

/** What is known at a point of a function. Never changed: operations make new states. */
export interface State {
  readonly held: readonly Held[];
  readonly dropped: readonly Dropped[];
  /** Known values by key: sets of {@link Truth} bits. */
  readonly facts: ReadonlyMap<string, number>;
}

export const NO_FACTS: ReadonlyMap<string, number> = new Map();
export const START: State = { held: [], dropped: [], facts: NO_FACTS };

/** Equal for equal states. */
export function stateKey(state: State): string {
  let key = '';
  for (const lock of state.held) key += `${lock.path}:${lock.kind}${lock.read ? 'r' : ''}${lock.assumed ? 'a' : ''};`;
  key += '|';
  for (const lock of state.dropped) key += `${lock.path}:${lock.kind};`;
  if (state.facts.size === 0) return key;
  const facts = [...state.facts].map(([name, value]) => `${name}=${value}`).sort();
  return `${key}|${facts.join(';')}`;
}

const isContext = (kind: LockKind): boolean => kind === 'irq-off' || kind === 'bh-off' || kind === 'preempt-off';

/** Contexts nest; deeper than this they are counted no further, so that loops come to an end. */
const MAX_NESTING = 3;

/** The state with `lock` taken. A lock that is held already is not held twice. */
export function acquire(state: State, lock: Held): State {
  const same = state.held.filter((other) => other.path === lock.path && other.kind === lock.kind).length;
  if (same > 0 && (!isContext(lock.kind) || same >= MAX_NESTING)) {
    if (!lock.read || same >= MAX_NESTING) return state;
  }
  return { ...state, held: [...state.held, lock] };
}

/** What a release names. */
export interface Released {
  readonly path: string;
  readonly kind: LockKind;
  readonly key: string;
  readonly hops?: number;
}

/**
 * Finds which held lock a release means: the same path, else the same class, else the same member name where the types
 * do not contradict. Being generous here is right: a lock thought held too long makes false findings.
 * @returns its index, or -1
 */
export function matchHeld(held: readonly Held[], what: Released): number {
  for (let i = held.length - 1; i >= 0; i--) {
    const lock = held[i] as Held;
    if (lock.kind === what.kind && lock.path === what.path) return i;
  }
  if (isContext(what.kind)) return -1;
  for (let i = held.length - 1; i >= 0; i--) {
    const lock = held[i] as Held;
    if (lock.kind !== what.kind) continue;
    if (what.key !== '' && lock.key === what.key) return i;
    // An annotation names a seqlock_t; what is released is the spinlock_t in it.
    if (lock.assumed !== undefined && what.path.startsWith(`${lock.path}.`)) return i;
  }
  const part = lastPart(what.path);
  for (let i = held.length - 1; i >= 0; i--) {
    const lock = held[i] as Held;
    if (lock.kind !== what.kind) continue;
    // What callers through a pointer hold may have another name here.
    if (lock.assumed === 'table') return i;
    if (lock.key !== '' && what.key !== '') continue;
    if (lastPart(lock.path) === part || lock.path.startsWith('?') || what.path.startsWith('?')) return i;
    // `lock = &p->lock; ... unlock(lock)`, and locks returned by calls.
    if (/^[%@$]/.test(part) || /^[%@$]/.test(lastPart(lock.path))) return i;
  }
  return -1;
}

/** Path of the interrupt that a function is entered in: a context that it cannot switch off. */
export const ENTRY_PATH = '!entry';

/** Whatever is held: what is released by a function that says no more than that it releases. */
export const EVERYTHING: Released = { path: '*', kind: 'spin', key: '' };

/** The state with a lock released; a lock that is not held here must be the caller's. */
export function release(state: State, what: Released): State {
  if (what.path === EVERYTHING.path) {
    const held = state.held.filter((lock) => lock.path === ENTRY_PATH);
    return { ...state, held, dropped: addDropped(state.dropped, what) };
  }
  const at = matchHeld(state.held, what);
  if (at < 0) return { ...state, dropped: addDropped(state.dropped, what) };
  const lock = state.held[at] as Held;
  const held = state.held.filter((_, i) => i !== at);
  if (lock.assumed === undefined) return { ...state, held };
  return { ...state, held, dropped: addDropped(state.dropped, what) };
}

function addDropped(dropped: readonly Dropped[], what: Released): readonly Dropped[] {
  const same = dropped.filter((other) => other.path === what.path && other.kind === what.kind).length;
  if (same > 0 && (!isContext(what.kind) || same >= MAX_NESTING)) return dropped;
  return [...dropped, { path: what.path, kind: what.kind, key: what.key, hops: what.hops ?? 0 }];
}

/** The state with one fact changed; `value` 7 forgets it. */
export function withFact(state: State, key: string, value: number): State {
  const known = state.facts.get(key);
  if ((known ?? 7) === value) return state;
  const facts = new Map(state.facts);
  if (value === 7) facts.delete(key);
  else facts.set(key, value);
  return { ...state, facts };
}
