import { Access } from '../../explore/strategy.js';
import type { Frame, Waitable } from '../frame.js';
import { disablePreempt, enablePreempt } from '../irq/masking.js';
import type { LockdepMap } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { OpKind } from '../op.js';
import type { PriorityDonor, Task } from '../task.js';
import { Lock, noteAcquire, noteAcquired, noteContended, noteMightSleep, noteRelease } from './primitive.js';
import { disinherit, inherit } from './priority-inheritance.js';

/** How a sleeping lock serves its waiters, and what taking it tells lockdep. */
export interface SleepStyle {
  /** Kernel name of its operations: `mutex`, `rt_mutex`, `rt_spin`. */
  readonly name: string;
  /** Waiters by priority, the owner inherits the best one's; false: in order of arrival. */
  readonly inheritance: boolean;
  /** Taking it is might_sleep(). PREEMPT_RT's spinlock_t checks only that it is not in atomic context. */
  readonly mightSleep: 'always' | 'in atomic context';
  /** The holder cannot migrate (PREEMPT_RT's spinlock_t). */
  readonly pins: boolean;
}

/** A lock whose waiters sleep: one owner. */
export class SleepCore extends Lock implements Waitable, PriorityDonor {
  readonly style: SleepStyle;
  holder: Frame | undefined = undefined;
  /** Next one first. */
  readonly waiters: Frame[] = [];

  constructor(machine: Machine, map: LockdepMap, style: SleepStyle) {
    super(machine, map);
    this.style = style;
  }

  owners(): readonly Frame[] {
    return this.holder === undefined ? [] : [this.holder];
  }

  owner(): Task | undefined {
    return this.holder?.task;
  }

  topPriority(): number {
    return this.waiters[0]?.task.prio ?? Number.POSITIVE_INFINITY;
  }

  reorder(): void {
    this.waiters.sort((a, b) => a.task.prio - b.task.prio);
  }
}

/** Puts the running context among the waiters and lets it sleep. */
export function waitFor(machine: Machine, core: SleepCore): void {
  const frame = machine.frame;
  core.waiters.push(frame);
  if (core.style.inheritance) {
    core.reorder();
    inherit(machine, core, frame.task);
  }
  if (core.style.mightSleep === 'in atomic context') frame.task.lockSleep = true;
  machine.block(core, true);
}

/** Gives the lock to the next waiter, or to nobody. */
export function passOn(machine: Machine, core: SleepCore): void {
  const previous = core.holder;
  if (core.style.inheritance && previous !== undefined) disinherit(machine, core, previous.task);
  const next = core.waiters.shift();
  core.holder = next;
  if (next === undefined) return;
  if (core.style.inheritance) {
    next.task.blockedOn = undefined;
    if (core.waiters.length > 0) inherit(machine, core, undefined);
  }
  machine.resume(next);
}

/** The operations of a sleeping lock. `op.a`: subclass; `op.b`: map of the nest lock. */
export function sleepOperations(style: SleepStyle) {
  const lock: OpKind<SleepCore, void> = {
    label: `${style.name}_lock`,
    access: Access.Write,
    cost: 25,
    attempt(machine, core, op) {
      if (op.stage !== 0) {
        noteAcquired(machine, core.map);
        return true;
      }
      noteEntry(machine, core, op);
      if (core.holder === undefined) {
        core.holder = op.frame;
        return true;
      }
      noteContended(machine, core.map);
      op.stage = 1;
      waitFor(machine, core);
      return false;
    },
  };
  const trylock: OpKind<SleepCore, boolean> = {
    label: `${style.name}_trylock`,
    access: Access.Write,
    cost: 20,
    attempt(machine, core, op) {
      op.value = core.holder === undefined;
      if (core.holder !== undefined) return true;
      if (style.pins) machine.cpu.current.migrateDisabled++;
      core.holder = op.frame;
      noteAcquire(machine, op, core.map, op.a, 0, true);
      return true;
    },
  };
  const unlock: OpKind<SleepCore, void> = {
    label: `${style.name}_unlock`,
    access: Access.Write,
    cost: 15,
    attempt(machine, core) {
      noteRelease(machine, core.map);
      if (style.pins && machine.cpu.current.migrateDisabled > 0) machine.cpu.current.migrateDisabled--;
      passOn(machine, core);
      return true;
    },
  };
  return { lock, trylock, unlock };
}

function noteEntry(machine: Machine, core: SleepCore, op: Parameters<typeof noteAcquire>[1]): void {
  const { style } = core;
  const cpu = machine.cpu;
  const nest = op.b as LockdepMap | undefined;
  if (style.mightSleep === 'always') {
    noteMightSleep(machine, op);
    // mutex_lock() and rt_mutex_lock() are inside a preempt-off section when they tell lockdep.
    disablePreempt(machine, cpu);
    noteAcquire(machine, op, core.map, op.a, 0, false, nest);
    enablePreempt(machine, cpu);
    return;
  }
  if (cpu.preemptCount > 0 || cpu.irqsOff || cpu.inInterrupt) noteMightSleep(machine, op);
  noteAcquire(machine, op, core.map, op.a, 0, false, nest);
  if (style.pins) cpu.current.migrateDisabled++;
}
