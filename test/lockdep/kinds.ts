import { ReadKind } from '../../src/model/events.js';
import { LockType, WaitType } from '../../src/model/wait-type.js';

/** How a lock is taken: writer, reader that waits behind waiting writers, recursive reader. */
export type Mode = 'W' | 'r' | 'R';
export const MODES: readonly Mode[] = ['W', 'r', 'R'];

export const READ_OF: Readonly<Record<Mode, number>> = {
  W: ReadKind.Write,
  r: ReadKind.Shared,
  R: ReadKind.SharedRecursive,
};

/** What the kernel's initialisers put into the lockdep_map of a kind of lock, and how its lock function behaves. */
interface KindTraits {
  readonly outer: number;
  readonly inner: number;
  readonly type: number;
  /** lock_acquire()'s check argument. */
  readonly check: number;
  /** Its holder runs with preemption off. */
  readonly preemptOff: boolean;
  /** Its lock function disables preemption before it tells lockdep. */
  readonly preemptOffInside: boolean;
  readonly modes: readonly Mode[];
}

const BASE: KindTraits = {
  outer: WaitType.Unchecked,
  inner: WaitType.Unchecked,
  type: LockType.Normal,
  check: 1,
  preemptOff: false,
  preemptOffInside: false,
  modes: ['W'],
};
const RCU: KindTraits = { ...BASE, outer: WaitType.Free, check: 0, modes: ['R'] };

export const KINDS = {
  raw_spinlock: { ...BASE, inner: WaitType.Spin, preemptOff: true },
  spinlock: { ...BASE, inner: WaitType.Config, preemptOff: true },
  rwlock: { ...BASE, inner: WaitType.Config, preemptOff: true, modes: ['W', 'r', 'R'] },
  local_lock: { ...BASE, inner: WaitType.Config, type: LockType.PerCpu, preemptOff: true },
  mutex: { ...BASE, inner: WaitType.Sleep, preemptOffInside: true },
  rwsem: { ...BASE, inner: WaitType.Sleep, modes: ['W', 'r'] },
  rt_mutex: { ...BASE, inner: WaitType.Sleep },
  /** seqcount_t, and other maps without wait types. */
  seqcount: { ...BASE, modes: ['W', 'R'] },
  /** The map of a work item or timer: held while its function runs. */
  work: BASE,
  rcu_read_lock: { ...RCU, inner: WaitType.Config },
  rcu_read_lock_bh: { ...RCU, inner: WaitType.Config },
  rcu_read_lock_sched: { ...RCU, inner: WaitType.Spin, preemptOff: true },
} as const satisfies Record<string, KindTraits>;
export type Kind = keyof typeof KINDS;

export const ALL_KINDS = Object.keys(KINDS) as Kind[];
/** Kinds that exclude others. */
export const REAL_KINDS = [
  'raw_spinlock',
  'spinlock',
  'rwlock',
  'local_lock',
  'mutex',
  'rwsem',
  'rt_mutex',
] as const satisfies readonly Kind[];

export function isReal(kind: Kind): boolean {
  return REAL_KINDS.some((real) => real === kind);
}

export function traitsOf(kind: Kind): KindTraits {
  return KINDS[kind];
}

export const CONTEXTS = ['task', 'softirq', 'threaded hardirq', 'hardirq'] as const;
export type Context = (typeof CONTEXTS)[number];
