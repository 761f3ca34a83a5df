import { Access } from '../../explore/strategy.js';
import type { AllocKind } from '../../model/events.js';
import { noteMightSleep } from '../lock/primitive.js';
import type { Machine } from '../machine.js';
import type { OpKind, PendingOp } from '../op.js';

/** A short step inside the allocator, as one operation. */
export function step<Target extends object, Value>(
  label: string,
  cost: number,
  act: (machine: Machine, target: Target, op: PendingOp) => void,
): OpKind<Target, Value> {
  return {
    label,
    access: Access.Write,
    cost,
    attempt(machine, target, op) {
      act(machine, target, op);
      return true;
    },
  };
}

/** What an allocation event tells. */
export interface AllocNote {
  readonly kind: AllocKind;
  /** Name id of the event. */
  readonly event: number;
  readonly gfp: number;
  /** Bytes, -1 when it is pages. */
  readonly size: number;
  /** -1 when it is not pages. */
  readonly order: number;
  readonly at: { hi: number; lo: number } | undefined;
}

export function noteAlloc(machine: Machine, op: PendingOp, note: AllocNote): void {
  const { kind, event, gfp, size, order, at } = note;
  machine.emit.alloc(machine.cpu, machine.now, kind, event, gfp, size, order, at, op.ip);
}

export function noteFree(machine: Machine, op: PendingOp, note: Omit<AllocNote, 'gfp'>): void {
  const { kind, event, size, order, at } = note;
  machine.emit.free(machine.cpu, machine.now, kind, event, size, order, at, op.ip);
}

/** debug_check_no_locks_freed(): no lock in that memory may be held. */
export function noteFreed(machine: Machine, range: { hi: number; lo: number; size: number }): void {
  machine.emit.sink.lockFreeCheck(machine.emit.stamp(machine.cpu, machine.now), range.hi, range.lo, range.size);
}

/** might_alloc(): an allocation that may reclaim may sleep. */
export const MIGHT_SLEEP = step<Machine, void>('might_sleep', 2, (machine, _target, op) => noteMightSleep(machine, op));
