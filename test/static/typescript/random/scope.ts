/** What a place in a random program can name and may do. */
import type { Contract } from './contract-text.js';
import type { FunctionGene, ProgramLockKind } from './random-program.js';

export interface LockUse {
  readonly kind: ProgramLockKind;
  /** The expression that names it. */
  readonly path: string;
}

/** What a body can name. */
export interface Scope {
  readonly locks: readonly LockUse[];
  /** Functions that may be called: only those behind the one that is being written. */
  readonly callees: readonly Callee[];
  /** Functions that the one that is being written calls again, itself or the one before it, as long as its parameter `depth` lasts. */
  readonly again: readonly Callee[];
  readonly hasGfp: boolean;
  readonly hasFlag: boolean;
  /** What a `return` on the way returns. */
  readonly giveUp: string;
  /** What may be done here without breaking a rule, as far as the text tells. */
  readonly level: Level;
  /** Locks at and before this one come earlier in the order that well-behaved code keeps. */
  readonly after: number;
  /** Handlers can be named. */
  readonly hasHandlers: boolean;
}

/** What a context bears: sleeping, spinlock_t, or raw_spinlock_t alone. */
export const Level = { Raw: 0, Spin: 1, Sleep: 2 } as const;
export type Level = (typeof Level)[keyof typeof Level];

/** One choice in eight does not ask whether it is allowed. */
export function isWild(choice: number): boolean {
  return choice % 8 === 7;
}

/** Whether something that needs `level` may be done here, or is done all the same. */
export function bears(scope: Scope, level: Level, choice: number): boolean {
  return scope.level >= level || isWild(choice);
}

/** What holds inside something that bears `level` at most. */
export function within(scope: Scope, level: Level): Scope {
  return level < scope.level ? { ...scope, level } : scope;
}

export interface Callee {
  readonly gene: FunctionGene;
  readonly kind: ProgramLockKind;
  readonly path: string;
  readonly takesLock: boolean;
  readonly takesGfp: boolean;
  readonly takesFlag: boolean;
  /** It is told how often it may still call itself. */
  readonly recurses: boolean;
  /** What its doc comment asks of its callers. */
  readonly contract: Contract | undefined;
  /** What it leaves to its caller: nothing, the lock, or the lock if it says so. */
  readonly leaves: 'nothing' | 'lock' | 'maybe';
}

/** What a context must bear for a lock to be taken in it; inside, it bears no more. */
export const NEEDS: Readonly<Record<ProgramLockKind, Level>> = {
  raw: Level.Raw,
  spin: Level.Spin,
  rwlock: Level.Spin,
  local: Level.Spin,
  mutex: Level.Sleep,
  rtmutex: Level.Sleep,
  rwsem: Level.Sleep,
  sema: Level.Sleep,
  percpu: Level.Sleep,
};
