import type { Severity } from '../../model/finding.js';
import { Gfp } from '../../model/gfp.js';
import type { LockKind, LockOp } from '../ir/ir.js';
import { gfpOf, ZERO } from '../ir/paths.js';
import { ENTRY_PATH, type Held, type Site } from './state.js';
import type { Effect } from './summary.js';

/** A rule that an effect breaks under the held locks. */
export interface Violation {
  readonly rule: string;
  readonly severity: Severity;
  /** The lock or context that forbids it. */
  readonly because: Held;
  /** Holds only for some values of what is unknown. */
  readonly possible: boolean;
}

const SPINNING: readonly LockKind[] = ['raw', 'spin', 'rwlock', 'bit'];
const SLEEPING: readonly LockKind[] = ['mutex', 'rwsem', 'rtmutex'];
/** spinlock_t and its like: they sleep on PREEMPT_RT. */
const CONFIG: readonly LockKind[] = ['spin', 'rwlock', 'local'];

/** What an effect breaks: at most one rule an effect and kind of reason, the innermost lock that forbids it. */
export function judge(held: readonly Held[], effect: Effect): Violation[] {
  switch (effect.kind) {
    case 'alloc':
    case 'free':
      return judgeMemory(held, effect);
    case 'sleep':
      return judgeSleep(held, effect);
    case 'lock':
      return judgeLock(held, effect);
  }
}

function innermost(held: readonly Held[], match: (lock: Held) => boolean): Held | undefined {
  return held.findLast(match);
}

/** Interrupts, bottom halves or preemption switched off by hand rather than with a lock. */
function byHand(lock: Held): boolean {
  return lock.path.startsWith('!') && lock.withLock !== true;
}

/** GFP_RT_NOWAIT, by name or as the mask 0: where its promise does not hold is for the rule's condition to say. */
function judgeRtNowait(held: readonly Held[], effect: Effect): Violation[] {
  const { op } = effect;
  if (op.op !== 'alloc' || !asksRtNowait(effect)) return [];
  const because = held.at(-1) ?? nothingHeld(effect);
  return [{ rule: 'gfp-rt-nowait-preemptible', severity: 'error', because, possible: false }];
}

/** Whether an allocation's mask is GFP_RT_NOWAIT or has it in it. */
export function asksRtNowait({ op, gfp }: Effect): boolean {
  return op.op === 'alloc' && (op.mixed === true || gfp === '#g0' || (gfp === ZERO && op.memory === 'page'));
}

/** Path of what is held where nothing is. */
export const NOTHING_PATH = '!nothing';

/** Stands for all rules of users, whose conditions are asked later. */
export const USER_RULES = '*';

/** An operation for the rules of users to judge. */
export function asUsers(held: readonly Held[], effect: Effect): Violation {
  const because = innermost(held, (lock) => !lock.path.startsWith('!')) ?? held.at(-1) ?? nothingHeld(effect);
  return { rule: USER_RULES, severity: 'error', because, possible: false };
}

function nothingHeld(effect: Effect): Held {
  const [site] = effect.chain;
  return { path: NOTHING_PATH, kind: 'seq', read: false, key: '', name: '', site: site as Site, via: [], api: '' };
}

function judgeMemory(held: readonly Held[], effect: Effect): Violation[] {
  return [...judgeRtNowait(held, effect), ...judgeFreed(held, effect), ...judgeInside(held, effect)];
}

/** Memory is freed with a lock in it that is held. */
function judgeFreed(held: readonly Held[], effect: Effect): Violation[] {
  if (effect.kind !== 'free' || effect.path === '') return [];
  const { op } = effect;
  const because = innermost(
    held,
    (lock) => lock.embedded === true && lock.path.slice(0, lock.path.lastIndexOf('.')) === effect.path,
  );
  const possible = (op.op === 'free' && op.maybe === true) || effect.optional === true;
  return because === undefined ? [] : [{ rule: 'held-lock-freed', severity: 'error', because, possible }];
}

function judgeInside(held: readonly Held[], effect: Effect): Violation[] {
  const { op } = effect;
  if ((op.op === 'alloc' || op.op === 'free') && op.memory === 'lockless') return [];
  const maybe = (op.op === 'alloc' || op.op === 'free') && op.maybe === true;
  const raw = innermost(held, (lock) => lock.kind === 'raw');
  if (raw !== undefined) {
    const rule = effect.kind === 'alloc' ? 'alloc-under-raw-spinlock' : 'free-under-raw-spinlock';
    return [{ rule, severity: 'error', because: raw, possible: maybe }];
  }
  if (effect.kind === 'alloc') {
    const gfp = gfpOf(effect.gfp);
    if ((gfp.mask & Gfp.DIRECT_RECLAIM) !== 0) {
      const sleep = sleeping(held);
      if (sleep !== undefined) return [{ ...sleep, possible: sleep.possible || maybe }];
    }
  }
  const context = innermost(held, (lock) => byHand(lock) && lock.kind !== 'bh-off');
  const inLock = held.some((lock) => CONFIG.includes(lock.kind));
  if (context !== undefined && !inLock) {
    return [{ rule: 'alloc-in-atomic', severity: 'warning', because: context, possible: maybe }];
  }
  return [];
}

function sleeping(held: readonly Held[]): Violation | undefined {
  const because = innermost(held, (lock) => SPINNING.includes(lock.kind) || byHand(lock));
  if (because !== undefined) return { rule: 'sleep-in-atomic', severity: 'error', because, possible: false };
  const rcu = innermost(held, (lock) => lock.kind === 'rcu');
  return rcu === undefined
    ? undefined
    : { rule: 'rcu-sleep-in-reader', severity: 'error', because: rcu, possible: false };
}

function judgeSleep(held: readonly Held[], effect: Effect): Violation[] {
  const { op } = effect;
  if (op.op !== 'sleep') return [];
  const maybe = op.maybe === true;
  if (op.on === 'grace-period') {
    const rcu = innermost(held, (lock) => lock.kind === 'rcu');
    if (rcu !== undefined) return [{ rule: 'rcu-wait-in-reader', severity: 'error', because: rcu, possible: maybe }];
  }
  const found = sleeping(held);
  return found === undefined ? [] : [{ ...found, possible: found.possible || maybe }];
}

function judgeLock(held: readonly Held[], effect: Effect): Violation[] {
  const op = effect.op as LockOp;
  if (op.result !== undefined && !SLEEPING.includes(op.kind)) return [];
  const out: Violation[] = [];
  if (CONFIG.includes(op.kind)) {
    const raw = innermost(held, (lock) => lock.kind === 'raw' || (lock.path === ENTRY_PATH && lock.kind === 'irq-off'));
    if (raw !== undefined) {
      out.push({ rule: 'invalid-wait-context', severity: 'error', because: raw, possible: false });
    }
  } else if (SLEEPING.includes(op.kind) && op.result === undefined) {
    const spin = innermost(held, (lock) => SPINNING.includes(lock.kind) || lock.kind === 'rcu');
    if (spin !== undefined) {
      out.push({ rule: 'invalid-wait-context', severity: 'error', because: spin, possible: false });
    } else {
      const found = sleeping(held);
      if (found !== undefined) out.push(found);
    }
  }
  if (op.result === undefined && op.momentary !== true && !effect.path.startsWith('!')) {
    const recursive = recursion(held, effect, op);
    if (recursive !== undefined) out.push(recursive);
  }
  return out;
}

/** Kinds that may be taken again while they are held. */
const REENTRANT: readonly LockKind[] = ['rcu', 'srcu', 'irq-off', 'bh-off', 'preempt-off', 'bit', 'seq'];

function recursion(held: readonly Held[], effect: Effect, op: LockOp): Violation | undefined {
  if (REENTRANT.includes(op.kind) || op.nested !== undefined) return undefined;
  for (let i = held.length - 1; i >= 0; i--) {
    const lock = held[i] as Held;
    if (lock.kind !== op.kind || (lock.read && op.read === true)) continue;
    // A path that ends in a variable that changes names another lock each time.
    if (lock.path === effect.path && !/^[%?@]|\[/.test(lock.path)) {
      // A lock that is a variable is one lock in every function; of any other a callee may mean another one.
      const isSame =
        lock.single === true && lock.key === effect.key && effect.optional !== true && effect.skipped !== true;
      const possible = effect.chain.length > 1 && !isSame;
      return { rule: 'recursive-lock', severity: 'error', because: lock, possible };
    }
    if (effect.key !== '' && lock.key === effect.key && lock.nested === undefined && lock.path !== effect.path) {
      return { rule: 'recursive-lock', severity: 'error', because: lock, possible: true };
    }
  }
  return undefined;
}
