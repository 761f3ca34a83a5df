import { AcquireHas, type EventHeader, type LockAcquire, ReadKind } from '../model/events.js';
import { LockType, WaitType } from '../model/wait-type.js';
import { validateChain } from './chain-validation.js';
import { markAcquisition } from './irq-usage.js';
import type { CpuState, LockdepState } from './lockdep-state.js';
import { reportNestLockNotHeld } from './misuse.js';
import { HELD_STRIDE, Held, HeldFlag, type TaskState } from './task-state.js';
import { checkWaitContext } from './wait-context.js';
import { checkNestReleased } from './ww-mutex.js';

/** Bits of a chain step below the class: how the lock was taken, and whether under a nest lock. */
const STEP_SHIFT = 5;
const STEP_HOW = HeldFlag.ReadMask | HeldFlag.Trylock | HeldFlag.Check;
const STEP_NESTED = 1 << 4;

/**
 * Fills the slot above the top of the stack with an acquisition; {@link enterHeld} judges and counts it.
 * `irqContext` is the context that it happens in, `irqs` the HeldFlag bits that tell whether interrupts and bottom halves are off.
 */
export function prepareHeld(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  a: LockAcquire,
  cls: number,
  irqContext: number,
  irqs: number,
): void {
  task.reserve();
  const { classes } = state;
  const index = task.depth;
  const at = index * HELD_STRIDE;
  const held = task.held;
  const checked =
    a.has & AcquireHas.Check ? a.check !== 0 : classes.waitOuter(cls) !== WaitType.Free || classes.isReal(cls);
  let flags = readKind(state, a, cls) | (irqContext << HeldFlag.ContextShift) | irqs;
  if (a.trylock) flags |= HeldFlag.Trylock;
  if (checked && !classes.isNoValidate(cls)) flags |= HeldFlag.Check;
  if (h.preemptDepth > 0 && classes.isSpinning(cls)) flags |= HeldFlag.PreemptOff;
  held[at + Held.InstanceHi] = a.hi;
  held[at + Held.InstanceLo] = a.lo;
  held[at + Held.Class] = cls;
  held[at + Held.Flags] = flags;
  held[at + Held.NestHi] = a.nestHi;
  held[at + Held.NestLo] = a.nestLo;
  held[at + Held.References] = 0;
  held[at + Held.Ip] = a.ip;
  held[at + Held.Line] = h.line;
  held[at + Held.Cpu] = h.cpu;
  held[at + Held.Name] = a.name;
  held[at + Held.Serial] = task.nextSerial++;
  task.times[index] = h.time;
}

/**
 * Stock recordings print "read" for all readers. Readers of rwlocks and pseudo locks recurse, those of sleeping locks do not;
 * of an unknown lock the harmless one is assumed.
 */
function readKind(state: LockdepState, a: LockAcquire, cls: number): number {
  if (a.has & AcquireHas.ReadKind || a.read === ReadKind.Write) return a.read;
  return state.classes.waitInner(cls) === WaitType.Sleep ? ReadKind.Shared : ReadKind.SharedRecursive;
}

/**
 * Judges the prepared acquisition as __lock_acquire() does, in its order, and puts it on the stack. `waits` is false for a
 * re-acquisition: nobody waits then, and what was wrong about the first one is known.
 */
export function enterHeld(state: LockdepState, h: EventHeader, cpu: CpuState, task: TaskState, waits = true): void {
  const { classes, chains } = state;
  const index = task.depth;
  const at = index * HELD_STRIDE;
  const held = task.held;
  const cls = held[at + Held.Class];
  const flags = held[at + Held.Flags];
  const below = at - HELD_STRIDE;
  const sameContext = index > 0 && (held[below + Held.Flags] & HeldFlag.ContextMask) === (flags & HeldFlag.ContextMask);
  const limit = sameContext ? held[below + Held.MinInner] : WaitType.Max;
  if (waits) checkWaitContext(state, h, cpu, task, index, limit);
  held[at + Held.MinInner] = innerLimit(state, cls, limit);
  markAcquisition(state, h, task, index);
  const prevChain = sameContext ? held[below + Held.Chain] : 0;
  const nested = held[at + Held.NestLo] !== 0 || held[at + Held.NestHi] !== 0;
  const chain = chains.extend(prevChain, stepOf(cls, flags, nested));
  held[at + Held.PrevChain] = prevChain;
  held[at + Held.Chain] = chain;
  if (nested && waits && task.find(held[at + Held.NestHi], held[at + Held.NestLo]) < 0) {
    reportNestLockNotHeld(state, h, task, index);
  }
  if ((flags & (HeldFlag.Trylock | HeldFlag.Check)) === HeldFlag.Check && chains.isNew(chain)) {
    if (classes.isNoValidate(cls) || validateChain(state, h, task, index)) chains.setValidated(chain);
  }
  task.depth++;
  if (flags & HeldFlag.PreemptOff) task.preemptOffHeld++;
}

function stepOf(cls: number, flags: number, nested: boolean): number {
  return (cls << STEP_SHIFT) | (flags & STEP_HOW) | (nested ? STEP_NESTED : 0);
}

/** The class of a chain step. */
export function classOfStep(step: number): number {
  return step >> STEP_SHIFT;
}

function innerLimit(state: LockdepState, cls: number, limit: number): number {
  const inner = state.classes.waitInner(cls);
  if (inner === WaitType.Unchecked) return limit;
  return state.classes.lockType(cls) === LockType.WaitOverride ? inner : Math.min(limit, inner);
}

/** Folds an acquisition under a nest lock into the one of the same class below it; false when there is none. */
export function foldIntoReferences(task: TaskState, cls: number, a: LockAcquire, context: number): boolean {
  if (task.depth === 0 || (a.nestLo === 0 && a.nestHi === 0)) return false;
  const at = (task.depth - 1) * HELD_STRIDE;
  if (task.held[at + Held.Class] !== cls || task.contextOf(task.depth - 1) !== context) return false;
  task.held[at + Held.References] = Math.max(task.held[at + Held.References], 1) + 1;
  return true;
}

/**
 * The held lock that a release means (find_held_lock()): the innermost holding of the instance, or one that counts references
 * to its class, without looking past the current interrupt context. -1 when there is none.
 */
export function findReleased(task: TaskState, hi: number, lo: number, name: number): number {
  const held = task.held;
  const context = task.depth > 0 ? held[(task.depth - 1) * HELD_STRIDE + Held.Flags] & HeldFlag.ContextMask : 0;
  for (let index = task.depth - 1; index >= 0; index--) {
    const at = index * HELD_STRIDE;
    if ((held[at + Held.Flags] & HeldFlag.ContextMask) !== context) return -1;
    if (held[at + Held.InstanceLo] === lo && held[at + Held.InstanceHi] === hi) return index;
    if (held[at + Held.References] > 0 && held[at + Held.Name] === name) return index;
  }
  return -1;
}

/** Drops a reference; true when the lock stays held by others. */
export function dropReference(task: TaskState, index: number): boolean {
  const at = index * HELD_STRIDE + Held.References;
  if (task.held[at] === 0) return false;
  return --task.held[at] > 0;
}

/** Takes a released lock off the stack and re-acquires those above it, as lockdep does after a release out of order. */
export function leaveHeld(state: LockdepState, h: EventHeader, cpu: CpuState, task: TaskState, index: number): void {
  const flags = task.held[index * HELD_STRIDE + Held.Flags];
  if (flags & HeldFlag.HasProvisional) {
    state.claims.settle(task, task.held[index * HELD_STRIDE + Held.Serial], true);
  }
  if (flags & HeldFlag.PreemptOff) task.preemptOffHeld--;
  if (index === task.depth - 1) {
    task.depth--;
    return;
  }
  checkNestReleased(state, h, task, index);
  reenterFrom(state, h, cpu, task, index, index + 1);
}

/**
 * Re-acquires the holdings from `source` on at position `target` (reacquire_held_locks()); `waits` as for {@link enterHeld}.
 */
export function reenterFrom(
  state: LockdepState,
  h: EventHeader,
  cpu: CpuState,
  task: TaskState,
  target: number,
  source: number,
  waits = false,
): void {
  const above = task.held.slice(source * HELD_STRIDE, task.depth * HELD_STRIDE);
  const times = task.times.slice(source, task.depth);
  task.depth = target;
  for (let entry = 0; entry < times.length; entry++) {
    const from = entry * HELD_STRIDE;
    const at = task.depth * HELD_STRIDE;
    const nested = above[from + Held.NestLo] !== 0 || above[from + Held.NestHi] !== 0;
    if (nested && isSameClass(task.held, at - HELD_STRIDE, above, from)) {
      const references = at - HELD_STRIDE + Held.References;
      task.held[references] = Math.max(task.held[references], 1) + Math.max(above[from + Held.References], 1);
      continue;
    }
    task.held.set(above.subarray(from, from + HELD_STRIDE), at);
    task.times[task.depth] = times[entry];
    const flags = above[from + Held.Flags];
    if (flags & HeldFlag.PreemptOff) task.preemptOffHeld--; // enterHeld counts it again
    if (flags & HeldFlag.Suspect) {
      keepSilently(state, task, task.depth);
      task.depth++;
      if (flags & HeldFlag.PreemptOff) task.preemptOffHeld++;
    } else {
      enterHeld(state, h, cpu, task, waits);
    }
  }
}

/** Two holdings of one class in one interrupt context; `at` below 0 is the bottom of the stack. */
function isSameClass(held: Int32Array, at: number, other: Int32Array, from: number): boolean {
  if (at < 0 || held[at + Held.Class] !== other[from + Held.Class]) return false;
  return ((held[at + Held.Flags] ^ other[from + Held.Flags]) & HeldFlag.ContextMask) === 0;
}

/** Gives the holding at `index` its chain and limit without judging it; a suspect one leaves no trace in either. */
export function keepSilently(state: LockdepState, task: TaskState, index: number): void {
  const held = task.held;
  const at = index * HELD_STRIDE;
  const below = at - HELD_STRIDE;
  const flags = held[at + Held.Flags];
  const sameContext = index > 0 && (held[below + Held.Flags] & HeldFlag.ContextMask) === (flags & HeldFlag.ContextMask);
  const prevChain = sameContext ? held[below + Held.Chain] : 0;
  const limit = sameContext ? held[below + Held.MinInner] : WaitType.Max;
  held[at + Held.PrevChain] = prevChain;
  if (flags & HeldFlag.Suspect) {
    held[at + Held.Chain] = prevChain;
    held[at + Held.MinInner] = limit;
    return;
  }
  const cls = held[at + Held.Class];
  const nested = held[at + Held.NestLo] !== 0 || held[at + Held.NestHi] !== 0;
  held[at + Held.Chain] = state.chains.extend(prevChain, stepOf(cls, flags, nested));
  held[at + Held.MinInner] = innerLimit(state, cls, limit);
}
