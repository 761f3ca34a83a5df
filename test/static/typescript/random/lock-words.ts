/** How each kind of lock is made, taken and released in scenarios. */
import { LOCK_KINDS, type ProgramLockKind } from './random-program.js';

/** One way to take and release a lock. */
export interface TakeWords {
  readonly take: string;
  readonly give: string;
  /** What `take` returns must be given to `give`. */
  readonly flags: boolean;
  /** A guard method that does both. */
  readonly guard?: string;
  /** Its trylock. */
  readonly attempt?: string;
}

export interface LockWords {
  /** Class that the simulator exports. */
  readonly type: string;
  /** Method of the kernel that makes one. */
  readonly make: string;
  readonly modes: readonly [TakeWords, ...TakeWords[]];
}

function plain(take: string, give: string, more: Partial<TakeWords> = {}): TakeWords {
  return { take, give, flags: false, ...more };
}

/** Levels of nesting make a run twice as long to judge: with and without them. */
const SPINNING: LockWords['modes'] = [
  plain('lock()', 'unlock()', { guard: 'guard', attempt: 'trylock()' }),
  plain('lockIrq()', 'unlockIrq()'),
  plain('lockIrqsave()', 'unlockIrqrestore', { flags: true, guard: 'guardIrqsave' }),
  plain('lockBh()', 'unlockBh()'),
  plain('lock()', 'unlock()', { guard: 'guard', attempt: 'trylock()' }),
  plain('lockNested(1)', 'unlock()'),
  plain('lock()', 'unlock()', { guard: 'guard', attempt: 'trylock()' }),
  plain('lockIrq()', 'unlockIrq()'),
  plain('lockIrqsave()', 'unlockIrqrestore', { flags: true, guard: 'guardIrqsave' }),
  plain('lockBh()', 'unlockBh()'),
  plain('lock()', 'unlock()', { guard: 'guard', attempt: 'trylock()' }),
  plain('lockIrqsaveNested(1)', 'unlockIrqrestore', { flags: true }),
];

const READ_WRITE: LockWords['modes'] = [
  plain('readLock()', 'readUnlock()', { guard: 'readGuard', attempt: 'readTrylock()' }),
  plain('writeLock()', 'writeUnlock()', { guard: 'writeGuard', attempt: 'writeTrylock()' }),
  plain('readLockIrqsave()', 'readUnlockIrqrestore', { flags: true }),
  plain('writeLockIrq()', 'writeUnlockIrq()'),
  plain('writeLockBh()', 'writeUnlockBh()'),
  plain('readLockIrq()', 'readUnlockIrq()'),
  plain('readLockBh()', 'readUnlockBh()'),
  plain('writeLockIrqsave()', 'writeUnlockIrqrestore', { flags: true }),
  plain('writeLockNested(1)', 'writeUnlock()'),
];

const MUTEX: LockWords['modes'] = [
  plain('lock()', 'unlock()', { guard: 'guard', attempt: 'trylock()' }),
  plain('lock()', 'unlock()', { guard: 'guard', attempt: 'trylock()' }),
  plain('lockNested(1)', 'unlock()'),
];

export const WORDS: Readonly<Record<ProgramLockKind, LockWords>> = {
  raw: { type: 'RawSpinlock', make: 'rawSpinlock', modes: SPINNING },
  spin: {
    type: 'Spinlock',
    make: 'spinlock',
    modes: [...SPINNING, plain('lockBh()', 'unlockBh()', { guard: 'guardBh' })],
  },
  rwlock: { type: 'Rwlock', make: 'rwlock', modes: READ_WRITE },
  mutex: { type: 'Mutex', make: 'mutex', modes: MUTEX },
  rtmutex: { type: 'RtMutex', make: 'rtMutex', modes: MUTEX },
  rwsem: {
    type: 'Rwsem',
    make: 'rwsem',
    modes: [
      plain('downRead()', 'upRead()', { guard: 'readGuard', attempt: 'downReadTrylock()' }),
      plain('downWrite()', 'upWrite()', { guard: 'writeGuard', attempt: 'downWriteTrylock()' }),
      plain('downRead()', 'upRead()', { guard: 'readGuard', attempt: 'downReadTrylock()' }),
      plain('downWrite()', 'upWrite()', { guard: 'writeGuard', attempt: 'downWriteTrylock()' }),
      plain('downRead()', 'upRead()', { guard: 'readGuard', attempt: 'downReadTrylock()' }),
      plain('downWrite()', 'upWrite()', { guard: 'writeGuard', attempt: 'downWriteTrylock()' }),
      plain('downReadNested(1)', 'upRead()'),
      plain('downWriteNested(1)', 'upWrite()'),
    ],
  },
  local: {
    type: 'LocalLock',
    make: 'localLock',
    modes: [
      plain('lock()', 'unlock()', { guard: 'guard' }),
      plain('lockIrqsave()', 'unlockIrqrestore', { flags: true }),
    ],
  },
  percpu: {
    type: 'PercpuRwsem',
    make: 'percpuRwsem',
    modes: [
      plain('downRead()', 'upRead()', { guard: 'readGuard', attempt: 'downReadTrylock()' }),
      plain('downWrite()', 'upWrite()', { guard: 'writeGuard', attempt: 'downWriteTrylock()' }),
    ],
  },
  sema: { type: 'Semaphore', make: 'semaphore', modes: [plain('down()', 'up()', { attempt: 'downTrylock()' })] },
};

/** Spinning kinds are what most rules are about. */
const OFTEN: readonly ProgramLockKind[] = ['raw', 'raw', 'raw', 'spin', 'spin', 'mutex', ...LOCK_KINDS];

export function kindOf(choice: number): ProgramLockKind {
  return OFTEN[choice % OFTEN.length] ?? 'raw';
}

export function modeOf(kind: ProgramLockKind, choice: number): TakeWords {
  const { modes } = WORDS[kind];
  return modes[choice % modes.length] ?? modes[0];
}
