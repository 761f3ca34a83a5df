import type { Machine } from '../machine.js';
import { setPriority } from '../scheduler.js';
import type { PriorityDonor, Task } from '../task.js';

/**
 * A task begins to wait for a lock (`waiter` undefined: others already do, the owner is new): its owner inherits the best
 * waiter's priority, and so on along the chain of locks that owners wait for themselves (rt_mutex_adjust_prio_chain()).
 */
export function inherit(machine: Machine, lock: PriorityDonor, waiter: Task | undefined): void {
  if (waiter !== undefined) waiter.blockedOn = lock;
  const seen = new Set<PriorityDonor>();
  for (let at: PriorityDonor | undefined = lock; at !== undefined && !seen.has(at); ) {
    seen.add(at);
    const owner: Task | undefined = at.owner();
    if (owner === undefined) return;
    if (!owner.boosters.includes(at)) owner.boosters.push(at);
    settle(machine, owner);
    at = owner.blockedOn;
    at?.reorder();
  }
}

/** The owner gives the lock away: it loses what it inherited through it. */
export function disinherit(machine: Machine, lock: PriorityDonor, owner: Task): void {
  const at = owner.boosters.indexOf(lock);
  if (at < 0) return;
  owner.boosters.splice(at, 1);
  settle(machine, owner);
}

/** The effective priority of a task: its own or the best that the waiters of its locks bring. */
export function settle(machine: Machine, task: Task): void {
  let prio = task.normalPrio;
  for (const lock of task.boosters) prio = Math.min(prio, lock.topPriority());
  setPriority(machine, task, prio);
}
