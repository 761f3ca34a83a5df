import { Access } from '../../explore/strategy.js';
import type { WaitKind } from '../../model/events.js';
import type { Frame, Waitable } from '../frame.js';
import { noteMightSleep } from '../lock/primitive.js';
import type { Machine } from '../machine.js';
import type { Op, OpKind, PendingOp } from '../op.js';

/** Why a sleep ended: {@link Frame.wakeReason}. */
export const WakeReason = { Woken: 0, TimedOut: 1 } as const;

/** Something that tasks wait for and others signal: an event of the dependency graph. */
export class WaitObject implements Waitable {
  readonly id: number;
  readonly label: string;
  readonly isEvent = true;
  readonly kind: WaitKind;
  readonly hi: number;
  readonly lo: number;
  readonly name: number;
  readonly machine: Machine;

  constructor(machine: Machine, name: string, kind: WaitKind) {
    this.machine = machine;
    this.id = machine.newId();
    this.label = name;
    this.kind = kind;
    this.name = machine.names.intern(name);
    const at = machine.addresses.lock();
    this.hi = at.hi;
    this.lo = at.lo;
  }

  /** Whoever signals an event is not known before it does. */
  owners(): readonly Frame[] {
    return [];
  }

  /** Sleeps if the task has said so (`willSleep`) and nothing has woken it since; true when it was woken. */
  sleep(): Op<boolean> {
    return this.machine.arm(SLEEP, this);
  }

  /** Says that a wait was possible here although the event had come already: the dependency is there all the same. */
  noteNoWait(op: PendingOp): void {
    this.noteBegin(op);
    this.noteEnd();
  }

  noteBegin(op: PendingOp): void {
    const { machine } = this;
    const header = machine.emit.stamp(machine.cpu, machine.now);
    machine.emit.sink.waitBegin(header, this.hi, this.lo, this.name, this.kind, op.ip);
  }

  noteEnd(): void {
    const { machine } = this;
    machine.emit.sink.waitEnd(machine.emit.stamp(machine.cpu, machine.now), this.hi, this.lo, this.name, this.kind);
  }

  /** Says that the event is being signalled. */
  noteWake(ip: number): void {
    const { machine } = this;
    const header = machine.emit.stamp(machine.cpu, machine.now);
    machine.emit.sink.wakeUp(header, this.hi, this.lo, this.name, this.kind, ip);
  }
}

/** schedule() of a task that waits for an event. */
const SLEEP: OpKind<WaitObject, boolean> = {
  label: 'schedule',
  access: Access.Write,
  cost: 20,
  attempt(machine, object, op) {
    const { frame } = op;
    if (op.stage === 0) {
      // schedule_debug() and rcu_note_context_switch() complain where might_sleep() does, also where the task was woken already. The
      // switch itself does not tell whether interrupts were off, nor on PREEMPT_RT what the task holds: it may be waiting for that lock.
      noteMightSleep(machine, op);
      op.value = true;
      if (!frame.task.willSleep) {
        object.noteNoWait(op);
        return true;
      }
      object.noteBegin(op);
      op.stage = 1;
      machine.block(object, true);
      return false;
    }
    frame.task.willSleep = false;
    op.value = frame.wakeReason !== WakeReason.TimedOut;
    object.noteEnd();
    return true;
  },
};

/** might_sleep() and the look at the condition before a wait. `b`: the condition. */
const CHECK: OpKind<WaitObject, boolean> = {
  label: 'wait_event',
  access: Access.Read,
  cost: 5,
  attempt(machine, object, op) {
    noteMightSleep(machine, op);
    op.value = (op.b as () => boolean)();
    if (op.value === true) object.noteNoWait(op);
    return true;
  },
};

/** The fast path of wait_event(): true when there is nothing to wait for. */
export function checkCondition(object: WaitObject, condition: () => boolean): Op<boolean> {
  return object.machine.arm(CHECK, object, 0, condition);
}

/** wake_up_process() on a waiter: also when it has only said that it will sleep. */
export function wakeWaiter(machine: Machine, frame: Frame, reason: number = WakeReason.Woken): void {
  frame.task.willSleep = false;
  if (machine.tracksOrder) {
    machine.ordering.release(frame, machine.frame);
    machine.ordering.acquire(frame, frame);
  }
  if (frame.waitingFor?.isEvent === true) machine.resume(frame, reason);
}
