import type { EventHeader } from '../model/events.js';
import { heldClass } from './describe.js';
import type { LockdepState } from './lockdep-state.js';
import { suspect } from './lost-release.js';
import { reportHeldAtExit, sleepRecord, unlockNotHeldRecord } from './misuse.js';
import { HELD_STRIDE, Held, HeldFlag, type TaskState } from './task-state.js';

/** Faults that a recording with missing events can feign: each is believed only when nothing else explains it. */

/**
 * A spinning lock is not held across a voluntary switch. Where the preemption depth agrees with the locks it is a fault for the
 * rules to judge; where it does not, either releases are missing, or the scheduler has seen the fault itself and set the
 * depth right (schedule_debug()): the release that follows or not tells.
 */
export function doubtBeforeSleep(state: LockdepState, h: EventHeader, prev: TaskState): void {
  const top = prev.depth - 1;
  // schedule() itself disables preemption once, and holds the lock of its run queue.
  if (h.preemptDepth >= 1 + prev.preemptOffHeld) return;
  if (state.isWhole) return; // for the rules, too
  const doubtful: number[] = [];
  for (let index = 0; index < top; index++) {
    const flags = prev.held[index * HELD_STRIDE + Held.Flags];
    if (flags & HeldFlag.Suspect || !state.classes.isSpinning(heldClass(prev, index))) continue;
    if (h.preemptDepth < 0 || flags & HeldFlag.PreemptOff) doubtful.push(index);
  }
  if (doubtful.length === 0) return;
  state.claims.claimFinding(sleepRecord(state, h, prev, doubtful), prev, doubtful, {
    needsRelease: true,
  });
  for (const index of doubtful) suspect(state, prev, index);
}

/** What a task still holds where it must hold nothing; at its end the scheduler's own lock is on top. */
export function judgeHeldAtExit(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  how: 'ended' | 'returned to user space',
): void {
  const kept: number[] = [];
  for (let index = 0; index < task.depth; index++) {
    const flags = task.held[index * HELD_STRIDE + Held.Flags];
    const isScheduler = how === 'ended' && index === task.depth - 1 && state.classes.isSpinning(heldClass(task, index));
    if (how === 'ended' && !state.classes.isKindKnown(heldClass(task, index))) continue; // it may be the scheduler's, too
    if (flags & HeldFlag.Check && !(flags & HeldFlag.Suspect) && !isScheduler) kept.push(index);
  }
  if (kept.length > 0) reportHeldAtExit(state, h, task, kept, how);
}

/** A release of what the task is not known to hold: the beginning of the recording, or a fault. */
export function releaseOfUnheld(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  hi: number,
  lo: number,
  name: number,
): void {
  if (task.dead) return; // the scheduler's own lock, after the switch
  if (state.isWhole) {
    unlockNotHeldRecord(state, h, task, name || task.nameOfReleased(hi, lo)).confirmed++;
    return;
  }
  if (task.doubtfulUnlock === undefined && (task.baseKnown || task.releasedRecently(hi, lo))) {
    task.doubtfulUnlock = unlockNotHeldRecord(state, h, task, name || task.nameOfReleased(hi, lo));
    return;
  }
  // One release after another of what was not taken: acquisitions are missing, and the task's history proves nothing.
  state.unknownReleases += task.doubtfulUnlock === undefined ? 1 : 2;
  task.doubtfulUnlock = undefined;
  task.baseKnown = false;
  task.forgetReleases();
}

/** The release of a lock that was not held stands: nothing explained it. */
export function confirmUnlock(task: TaskState): void {
  if (task.doubtfulUnlock !== undefined) task.doubtfulUnlock.confirmed++;
  task.doubtfulUnlock = undefined;
}
