import type { Task } from '../../sim/index.js';
import type { RcuNode } from './node.js';

/** What RCU keeps in a task (the rcu_* fields of task_struct). */
export interface ReaderState {
  readonly task: Task;
  /** rcu_read_lock() depth; interrupts count in the task that they interrupted. */
  nesting: number;
  /** It was switched out inside its section: an entry on {@link node}'s list (special.b.blocked). */
  blocked: boolean;
  /** A grace period has waited long for it: report at the end of the section (special.b.need_qs). */
  needQs: boolean;
  /** An expedited grace period waits for the end of its section (special.b.exp_hint). */
  expHint: boolean;
  /** Leaf on whose list it is (rcu_blocked_node). */
  node: RcuNode | undefined;
}

/** Whether the end of the section has something to do. rcu_preempt_need_deferred_qs() */
export function needsDeferredQs(reader: ReaderState): boolean {
  return reader.nesting === 0 && (reader.blocked || reader.needQs || reader.expHint);
}
