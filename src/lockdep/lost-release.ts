import { type EventHeader, type LockAcquire, ReadKind } from '../model/events.js';
import { WaitType } from '../model/wait-type.js';
import { recursionRecord } from './chain-validation.js';
import { keepSilently } from './held-stack.js';
import type { LockdepState } from './lockdep-state.js';
import { HELD_STRIDE, Held, HeldFlag, type TaskState } from './task-state.js';

/**
 * Recordings lose releases: events are switched on one after another, buffers overflow. What follows tells a lock
 * that is still held from one whose release is missing; these functions draw the conclusions.
 */

/** Takes a holding off the stack whose release was lost, with all that rests on it. */
export function dropLost(state: LockdepState, task: TaskState, index: number): void {
  const at = index * HELD_STRIDE;
  const flags = task.held[at + Held.Flags];
  if (flags & HeldFlag.HasProvisional) state.claims.settle(task, task.held[at + Held.Serial], false);
  if (flags & HeldFlag.PreemptOff) task.preemptOffHeld--;
  task.held.copyWithin(at, at + HELD_STRIDE, (task.depth + 1) * HELD_STRIDE);
  task.times.copyWithin(index, index + 1, task.depth + 1);
  task.depth--;
  for (let above = index; above < task.depth; above++) keepSilently(state, task, above);
  state.lostReleases++;
}

/** Drops every holding that `isLost` says; keeps the order of the others. */
export function dropAll(state: LockdepState, task: TaskState, isLost: (index: number) => boolean): void {
  for (let index = task.depth - 1; index >= 0; index--) if (isLost(index)) dropLost(state, task, index);
}

/** Holdings that keep preemption off are gone where the preemption depth is 0. */
export function dropPreemptOff(state: LockdepState, task: TaskState): void {
  if (state.isWhole) return; // preemption was switched on by hand
  dropAll(state, task, (index) => (task.held[index * HELD_STRIDE + Held.Flags] & HeldFlag.PreemptOff) !== 0);
}

/** Makes a holding doubtful: no dependency and no finding comes of it unless its release is seen. */
export function suspect(state: LockdepState, task: TaskState, index: number): void {
  task.held[index * HELD_STRIDE + Held.Flags] |= HeldFlag.Suspect;
  for (let above = index; above < task.depth; above++) keepSilently(state, task, above);
}

/**
 * The task takes an instance that it holds already, at `twin`; the acquisition is prepared at the top of the stack.
 *
 * Where one of the two is exclusive it cannot succeed: either the release in between was lost and the task goes on, or this
 * is the deadlock and nothing follows. Where both are shared, or the lock is a mere annotation, both can be: if the outer
 * one is released in the end, the recursion was real. Where nothing is lost it is real at once, and both are held.
 */
export function judgeTwin(state: LockdepState, h: EventHeader, task: TaskState, twin: number, a: LockAcquire): void {
  const top = task.depth;
  const at = top * HELD_STRIDE;
  const old = twin * HELD_STRIDE;
  const flags = task.held[at + Held.Flags];
  const oldFlags = task.held[old + Held.Flags];
  if (a.nestLo !== 0 || a.nestHi !== 0 || task.held[old + Held.References] > 0) return;
  if (!(flags & oldFlags & HeldFlag.Check)) return;
  const read = flags & HeldFlag.ReadMask;
  const oldRead = oldFlags & HeldFlag.ReadMask;
  const cls = task.held[at + Held.Class];
  const exclusive = read === ReadKind.Write || oldRead === ReadKind.Write;
  if (!exclusive && read === ReadKind.SharedRecursive) return;
  const isRecursion = !(flags & HeldFlag.Trylock) && task.contextOf(top) === task.contextOf(twin);
  if (state.isWhole) {
    if (isRecursion) recursionRecord(state, h, task, top, twin).confirmed++;
    return;
  }
  if (oldFlags & HeldFlag.Suspect && !(exclusive && state.classes.isReal(cls))) return; // in doubt already
  if (exclusive && state.classes.isReal(cls)) {
    if (isRecursion) {
      const record = recursionRecord(state, h, task, top, twin);
      task.selfDeadlock = {
        instanceHi: a.hi,
        instanceLo: a.lo,
        sleeping: state.classes.waitInner(cls) === WaitType.Sleep,
        report: () => {
          record.confirmed++;
          state.lostReleases--;
        },
      };
    }
    dropLost(state, task, twin);
    return;
  }
  if (!isRecursion) return;
  state.claims.claimFinding(recursionRecord(state, h, task, top, twin), task, [twin]);
  suspect(state, task, twin);
  keepSilently(state, task, top);
}

/** The task did something that it could not do while it waits for itself: its older holding had lost its release. */
export function wentOn(task: TaskState): void {
  task.selfDeadlock = undefined;
}
