/**
 * Grace-period sequence numbers (kernel/rcu/rcu.h, rcu_seq_*()): the low two bits are the phase (0 idle, 1 in progress), the rest
 * counts grace periods. A snapshot is the value at which a full grace period has passed since it was taken. Numbers here
 * do not wrap.
 */
const PHASE_MASK = 3;

/** Phase of the running grace period: 0 when none runs. rcu_seq_state() */
export function seqState(seq: number): number {
  return seq & PHASE_MASK;
}

/** Value while the next grace period runs. rcu_seq_start() */
export function seqStart(seq: number): number {
  return seq + 1;
}

/** Value once the running grace period is over. rcu_seq_endval() */
export function seqEnd(seq: number): number {
  return (seq | PHASE_MASK) + 1;
}

/** Value from which on a full grace period has passed: one more than the running one, which began too early. rcu_seq_snap() */
export function seqSnap(seq: number): number {
  return (seq + 2 * PHASE_MASK + 1) & ~PHASE_MASK;
}

/** Whether the grace period of a snapshot is over. rcu_seq_done() */
export function seqDone(seq: number, snap: number): boolean {
  return seq >= snap;
}

/** Whether a grace period ended between two values. rcu_seq_completed_gp() */
export function seqCompleted(old: number, now: number): boolean {
  return old < (now & ~PHASE_MASK);
}

/** Whether a grace period began between two values. rcu_seq_new_gp() */
export function seqBegan(old: number, now: number): boolean {
  return ((old + PHASE_MASK) & ~PHASE_MASK) < now;
}

/** The same grace period in another phase. rcu_seq_set_state() */
export function seqWithState(seq: number, state: number): number {
  return (seq & ~PHASE_MASK) | state;
}

/** How many grace periods the number stands for. rcu_seq_ctr() */
export function seqCounter(seq: number): number {
  return seq >> 2;
}
