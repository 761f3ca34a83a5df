import type { Where } from './finding.js';

/** A tri-state answer: `true`, `false`, or `undefined` for "the recording does not tell". */
export type Known = boolean | undefined;

/** A held lock of the running context, as rules and reports see it. */
export interface HeldLockView {
  /** Class name as lockdep shows it (`&zone->lock`, `lock#2`, `lock/1`). */
  readonly name: string;
  /** Effective outer wait type ({@link WaitType}); 0 when unknown. */
  readonly waitOuter: number;
  /** Inner wait type; 0 when unknown. */
  readonly waitInner: number;
  /** {@link LockType}. */
  readonly lockType: number;
  /** {@link ReadKind}. */
  readonly read: number;
  readonly trylock: boolean;
  /** False for acquisitions that lockdep does not validate (check=0): RCU read sides and other pseudo locks. */
  readonly checked: boolean;
  /** A real lock, not a pseudo lock such as an RCU reader, a timer's or a work item's map. */
  readonly real: boolean;
  /** Call site where it was taken, `function+0x..`, or ''. */
  readonly takenAt: string;
  readonly where: Where;
}

/**
 * What the code that runs at an event may rely on: read-only, valid until the next event.
 * "Running context" is the innermost one: a hard interrupt does not own the locks of the task that it interrupted.
 */
export interface ContextView {
  /** Identity of the sequence of locks that the running context holds: equal numbers, equal held classes. 0: none. */
  readonly chain: number;
  /** Locks held by the running context, outermost first. */
  heldLocks(): readonly HeldLockView[];
  /** How many locks the running context holds. */
  readonly heldCount: number;
  readonly inHardIrq: Known;
  /** The hard interrupt would run in a thread on PREEMPT_RT. */
  readonly hardIrqThreaded: Known;
  readonly inSoftIrq: Known;
  readonly inNmi: Known;
  readonly hardIrqsOff: Known;
  readonly softIrqsOff: Known;
  /** Preemption depth (PREEMPT bits), -1 when unknown. */
  readonly preemptDepth: number;
  /** Depth of rcu_read_lock() and its _bh and _sched forms in the running context. */
  readonly rcuReaderDepth: number;
  /** Interrupts are off although no held lock of the running context turned them off. */
  readonly hardIrqsOffByHand: Known;
  /** Preemption is off although no held lock of the running context turned it off. */
  readonly preemptOffByHand: Known;
}
