/**
 * Wait types of locks, as `enum lockdep_wait_type` numbers them (include/linux/lockdep_types.h, PROVE_RAW_LOCK_NESTING).
 *
 * A context or a held lock allows only locks whose outer wait type is not greater than its own inner one.
 */
export const WaitType = {
  /** Not given: the lock is not checked. */
  Unchecked: 0,
  /** Wait-free: nothing may wait inside (lockless, NMI). */
  Free: 1,
  /** Spins always: raw_spinlock_t. */
  Spin: 2,
  /** Spins, or sleeps on PREEMPT_RT: spinlock_t, rwlock_t, local_lock_t. */
  Config: 3,
  /** Sleeps: mutex, rwsem, semaphore. */
  Sleep: 4,
  /** No limit: what task context allows. */
  Max: 5,
} as const;
export type WaitType = (typeof WaitType)[keyof typeof WaitType];

const WAIT_TYPE_NAMES = ['unchecked', 'free', 'spin', 'config', 'sleep', 'max'] as const;

/** The word for a wait type: `free`, `spin`, `config`, `sleep`, `unchecked` or `max`. */
export function waitTypeName(wait: number): string {
  return WAIT_TYPE_NAMES[wait] ?? `wait-${wait}`;
}

/** lockdep's lock types (`enum lockdep_lock_type`): per-CPU locks (local_lock_t) are left out of interrupt searches. */
export const LockType = { Normal: 0, PerCpu: 1, WaitOverride: 2 } as const;
export type LockType = (typeof LockType)[keyof typeof LockType];
