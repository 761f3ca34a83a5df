import { Access } from '../../explore/strategy.js';
import type { Frame, Waitable } from '../frame.js';
import type { LockdepMap } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { OpKind } from '../op.js';
import { enterMode, type IrqFlags, IrqMode, leaveMode } from './irq-mode.js';
import { Lock, noteAcquire, noteAcquired, noteContended, noteRelease } from './primitive.js';

/** A lock that spins: one owner, waiters served in the order of their arrival (as queued spinlocks do). */
export class SpinCore extends Lock implements Waitable {
  owner: Frame | undefined = undefined;
  readonly waiters: Frame[] = [];

  owners(): readonly Frame[] {
    return this.owner === undefined ? [] : [this.owner];
  }
}

/** Arguments of a lock operation in one number: mode in the low bits, subclass above. */
export function lockArgument(mode: IrqMode, subclass = 0): number {
  return mode | (subclass << 4);
}

/** The operations of a spinning lock under its kernel name (`raw_spin` or `spin`). */
export function spinOperations(name: string) {
  const lockIrqsave: OpKind<SpinCore, IrqFlags> = {
    label: `${name}_lock`,
    access: Access.Write,
    cost: 20,
    attempt(machine, core, op) {
      if (op.stage !== 0) {
        // The releasing context has made us the owner.
        noteAcquired(machine, core.map);
        return true;
      }
      enterMode(machine, op, op.a & 15);
      noteAcquire(machine, op, core.map, op.a >> 4, 0, false, op.b as LockdepMap | undefined);
      if (core.owner === undefined) {
        core.owner = op.frame;
        return true;
      }
      noteContended(machine, core.map);
      op.stage = 1;
      core.waiters.push(op.frame);
      machine.block(core, false);
      return false;
    },
  };
  // The same operation; only with `_irqsave` does it have a value.
  const lock: OpKind<SpinCore, void> = lockIrqsave as OpKind<SpinCore, unknown> as OpKind<SpinCore, void>;
  const trylockIrqsave: OpKind<SpinCore, IrqFlags | undefined> = {
    label: `${name}_trylock`,
    access: Access.Write,
    cost: 20,
    attempt(machine, core, op) {
      if (op.stage !== 0) return true;
      const mode = op.a & 15;
      enterMode(machine, op, mode);
      if (core.owner === undefined) {
        noteAcquire(machine, op, core.map, op.a >> 4, 0, true);
        core.owner = op.frame;
        if (mode !== IrqMode.Irqsave) op.value = true;
        return true;
      }
      op.b = op.value;
      op.value = mode === IrqMode.Irqsave ? undefined : false;
      op.stage = 1;
      return leaveMode(machine, op, mode);
    },
  };
  const trylock: OpKind<SpinCore, boolean> = trylockIrqsave as OpKind<SpinCore, unknown> as OpKind<SpinCore, boolean>;
  const unlock: OpKind<SpinCore, void> = {
    label: `${name}_unlock`,
    access: Access.Write,
    cost: 10,
    attempt(machine, core, op) {
      if (op.stage !== 0) return true;
      op.stage = 1;
      noteRelease(machine, core.map);
      handOver(machine, core);
      return leaveMode(machine, op, op.a);
    },
  };
  return { lock, lockIrqsave, trylock, trylockIrqsave, unlock };
}

function handOver(machine: Machine, core: SpinCore): void {
  if (core.waiters.length === 0) {
    core.owner = undefined;
    return;
  }
  const next = core.waiters.shift();
  core.owner = next;
  if (next !== undefined) machine.resume(next);
}
