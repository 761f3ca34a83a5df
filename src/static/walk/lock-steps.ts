/** Taking and releasing a lock of the simulated kernel: what a state holds afterwards. */
import { LockType } from '../../model/wait-type.js';
import { type Doing, inInterrupt } from './conditions.js';
import type { HeldLock } from './lock-state.js';
import { bits, changed, note } from './noting.js';
import { withNeed } from './paths.js';
import type { Thing } from './thing.js';
import { numberOf, type Value } from './value.js';
import type { State } from './walk.js';

/**
 * The same instance is not held more often than this, so that loops come to an end. Readers may be, a little, and so may a lock that is
 * preempt_disable() only, whose depth tells it apart from preemption that something else turns off.
 */
const MOST_HELD = 3;
/** More locks than this at a time are no longer told apart: lockdep's own limit. */
const MAX_DEPTH = 48;

/** The state with a lock taken; undefined where that never comes to an end. */
export function acquire(d: Doing, s: State, object: Thing, words: readonly string[]): State | undefined {
  const { w, f, moment } = d;
  const facts = object.sim?.lock;
  if (facts === undefined || f.root.id === 'set-up') return s;
  const argument = (word: string): Value | undefined => {
    const at = words.indexOf(word);
    return at < 0 ? undefined : d.args[Number(words[at + 1])];
  };
  const nest = argument('nest');
  w.touched.note(f.code?.fn, object);
  if (moment.call !== f.call) w.facts.callers.note(moment.call, f.call);
  if (nest?.t === 'ref') w.touched.note(f.code?.fn, nest.o);
  const subclass = numberOf(argument('subclass')) ?? facts.subclass;
  const given = words.includes('given') ? (numberOf(argument('given')) ?? 0) : undefined;
  if (subclass > 0) w.annotated = true;
  const same = s.locks.held.filter((other) => other.lock === object);
  const held: HeldLock = {
    lock: object,
    read: readKind(d, words, given),
    subclass,
    trylock: words.includes('try'),
    nest: nest?.t === 'ref' ? nest.o : undefined,
    moment,
    bits: bits(d, s),
    unwatched: s.locks.lockdepOff > 0,
    guessed: f.several > 0 || object.isSome || same.some((other) => other.guessed),
  };
  // Whoever has it alone cannot have it twice: a trylock fails, anything else waits for itself.
  const isTwin =
    !object.many && !held.guessed && facts.check && same.some((other) => other.read === 0 || held.read === 0);
  if (isTwin && held.trylock) return undefined;
  note(d, s, { do: 'acquire', lock: held });
  // Without PREEMPT_RT a local_lock_t is preempt_disable(): nobody waits.
  const waits = !words.includes('unwaited') && (facts.lockType !== LockType.PerCpu || w.config.preemptRt);
  if (isTwin && waits && nest === undefined) return undefined;
  // From here on it is not known how often it is held.
  if (same.length >= MOST_HELD || s.locks.held.length >= MAX_DEPTH) return { ...s, doubtful: true };
  const before = held.nest === undefined ? s.locks.held : s.locks.held.map((one) => settled(one, held.nest));
  return withNeed(changed(w, s, { held: [...before, held] }), held);
}

/** An acquire context that has taken a mutex after it backed off. */
function settled(one: HeldLock, context: Thing | undefined): HeldLock {
  if (one.lock !== context || one.contended === undefined) return one;
  const { contended: _, ...rest } = one;
  return rest;
}

/** The state after ww_mutex_lock() of an acquire context said -EDEADLK. */
export function backedOff(d: Doing, s: State, words: readonly string[]): State {
  const context = d.args[Number(words[0])];
  if (context?.t !== 'ref' || d.f.root.id === 'set-up') return s;
  d.w.touched.note(d.f.code?.fn, context.o);
  const { preempt } = s.locks;
  // The attempt is made with preemption off, and given up there.
  const inside = changed(d.w, s, { preempt: d.w.config.preemptCount ? preempt + 1 : preempt });
  const contended: HeldLock = {
    lock: d.object,
    read: 0,
    subclass: 0,
    trylock: false,
    nest: context.o,
    moment: d.moment,
    bits: bits(d, inside),
    unwatched: s.locks.lockdepOff > 0,
    guessed: false,
  };
  return changed(d.w, s, {
    held: s.locks.held.map((one) => (one.lock === context.o ? { ...one, contended } : one)),
  });
}

function readKind(d: Doing, words: readonly string[], given: number | undefined): number {
  if (given !== undefined) return given;
  if (words.includes('shared')) return 1;
  if (words.includes('recursive')) return 2;
  if (words.includes('reader')) return inInterrupt(d) ? 2 : 1;
  return 0;
}

export function release(d: Doing, s: State, object: Thing): State {
  if (object.sim?.lock === undefined || d.f.root.id === 'set-up') return s;
  d.w.touched.note(d.f.code?.fn, object);
  d.f.released.add(object);
  const at = s.locks.held.findLastIndex((held) => held.lock === object);
  if (at < 0) {
    const sameClass = object.many
      ? s.locks.held.findLastIndex((held) => held.lock.sim?.lock?.key === object.sim?.lock?.key)
      : -1;
    if (sameClass >= 0) return changed(d.w, s, { held: s.locks.held.filter((_, i) => i !== sameClass) });
    if (!d.f.root.base.open) note(d, s, { do: 'release', lock: object });
    return s;
  }
  return changed(d.w, s, { held: withoutOne(s.locks.held, at) });
}

/** Locks without one of them, which those that were taken inside it remember. */
function withoutOne(held: readonly HeldLock[], at: number): readonly HeldLock[] {
  return held.flatMap((one, i) => {
    const gone = held[at];
    if (i === at) return [];
    return i < at || gone === undefined ? [one] : [{ ...one, under: inOrder(one.under ?? [], gone) }];
  });
}

/** Locks in the order in which they were taken, with one more: what it was itself taken under comes before it. */
function inOrder(under: readonly HeldLock[], gone: HeldLock): readonly HeldLock[] {
  const isBefore = ({ lock, moment }: HeldLock): boolean =>
    gone.under?.some((one) => one.lock === lock && one.moment === moment) ?? false;
  return [...under.filter(isBefore), gone, ...under.filter((one) => !isBefore(one))];
}
