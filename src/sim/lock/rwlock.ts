import { WaitType } from '../../model/wait-type.js';
import { LockdepMap, type LockOptions } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { Op } from '../op.js';
import { type IrqFlags, IrqMode } from './irq-mode.js';
import { RwCore, type RwStyle, rwOperations } from './rw-core.js';
import { lockArgument } from './spin-core.js';

const SPINNING: RwStyle = { name: 'rwlock', spins: true, mightSleep: false, irqReadersPass: true };
const SLEEPING: RwStyle = { name: 'rt_rwlock', spins: false, mightSleep: false, irqReadersPass: true };
const SPIN = rwOperations(SPINNING);
const RT = rwOperations(SLEEPING);

/**
 * rwlock_t: spins with preemption off, sleeps on PREEMPT_RT. A reader in an interrupt passes waiting writers; one in a
 * task waits behind them, so that reading twice in one task can deadlock.
 */
export class Rwlock extends RwCore {
  constructor(machine: Machine, name: string, options?: LockOptions) {
    const map = new LockdepMap(machine, name, WaitType.Config, options);
    super(machine, map, machine.config.preemptRt ? SLEEPING : SPINNING);
  }

  /** read_lock() */
  readLock(): Op<void> {
    return this.#lock(true, IrqMode.Plain) as Op<void>;
  }

  /** read_lock_irq() */
  readLockIrq(): Op<void> {
    return this.#lock(true, IrqMode.Irq) as Op<void>;
  }

  /** read_lock_irqsave() */
  readLockIrqsave(): Op<IrqFlags> {
    return this.#lock(true, IrqMode.Irqsave) as Op<IrqFlags>;
  }

  /** read_lock_bh() */
  readLockBh(): Op<void> {
    return this.#bh(() => this.readLock(), IrqMode.Bh, true);
  }

  /** write_lock() */
  writeLock(): Op<void> {
    return this.#lock(false, IrqMode.Plain) as Op<void>;
  }

  /** write_lock_nested() */
  writeLockNested(subclass: number): Op<void> {
    return this.#lock(false, IrqMode.Plain, subclass) as Op<void>;
  }

  /** write_lock_irq() */
  writeLockIrq(): Op<void> {
    return this.#lock(false, IrqMode.Irq) as Op<void>;
  }

  /** write_lock_irqsave() */
  writeLockIrqsave(): Op<IrqFlags> {
    return this.#lock(false, IrqMode.Irqsave) as Op<IrqFlags>;
  }

  /** write_lock_bh() */
  writeLockBh(): Op<void> {
    return this.#bh(() => this.writeLock(), IrqMode.Bh, false);
  }

  /** read_trylock() */
  readTrylock(): Op<boolean> {
    return this.machine.arm(this.style.spins ? SPIN.readTrylock : RT.readTrylock, this);
  }

  /** write_trylock() */
  writeTrylock(): Op<boolean> {
    return this.machine.arm(this.style.spins ? SPIN.writeTrylock : RT.writeTrylock, this);
  }

  /** read_unlock() */
  readUnlock(): Op<void> {
    return this.#unlock(true, IrqMode.Plain);
  }

  /** read_unlock_irq() */
  readUnlockIrq(): Op<void> {
    return this.#unlock(true, IrqMode.Irq);
  }

  /** read_unlock_irqrestore() */
  readUnlockIrqrestore(flags: IrqFlags): Op<void> {
    return this.#unlock(true, IrqMode.Irqsave, flags);
  }

  /** read_unlock_bh() */
  readUnlockBh(): Op<void> {
    return this.#unlockBh(true);
  }

  /** write_unlock() */
  writeUnlock(): Op<void> {
    return this.#unlock(false, IrqMode.Plain);
  }

  /** write_unlock_irq() */
  writeUnlockIrq(): Op<void> {
    return this.#unlock(false, IrqMode.Irq);
  }

  /** write_unlock_irqrestore() */
  writeUnlockIrqrestore(flags: IrqFlags): Op<void> {
    return this.#unlock(false, IrqMode.Irqsave, flags);
  }

  /** write_unlock_bh() */
  writeUnlockBh(): Op<void> {
    return this.#unlockBh(false);
  }

  /** guard(read_lock) */
  readGuard<T>(body: () => Op<T>): Op<T> {
    return this.scoped(
      () => this.readLock(),
      () => this.readUnlock(),
      body,
    );
  }

  /** guard(write_lock) */
  writeGuard<T>(body: () => Op<T>): Op<T> {
    return this.scoped(
      () => this.writeLock(),
      () => this.writeUnlock(),
      body,
    );
  }

  #lock(reads: boolean, mode: IrqMode, subclass = 0): Op<unknown> {
    const kinds = this.style.spins ? SPIN : RT;
    const taking = this.machine.arm(
      reads ? kinds.readLock : kinds.writeLock,
      this,
      lockArgument(this.style.spins ? mode : IrqMode.Plain, subclass),
    );
    return this.style.spins || mode !== IrqMode.Irqsave ? taking : withoutFlags(taking);
  }

  *#bh(plain: () => Op<void>, mode: IrqMode, reads: boolean): Op<void> {
    if (this.style.spins) {
      yield* this.#lock(reads, mode);
      return;
    }
    yield* this.machine.softirqs.bottomHalves.disable();
    yield* plain();
  }

  #unlock(reads: boolean, mode: IrqMode, flags?: IrqFlags): Op<void> {
    const kinds = this.style.spins ? SPIN : RT;
    return this.style.spins
      ? this.machine.arm(reads ? kinds.readUnlock : kinds.writeUnlock, this, mode, flags)
      : this.#unpin(this.machine.arm(reads ? kinds.readUnlock : kinds.writeUnlock, this));
  }

  *#unpin(release: Op<void>): Op<void> {
    yield* release;
    const task = this.machine.cpu.current;
    if (task.migrateDisabled > 0) task.migrateDisabled--;
  }

  *#unlockBh(reads: boolean): Op<void> {
    yield* this.#unlock(reads, IrqMode.Bh);
    if (!this.style.spins) yield* this.machine.softirqs.bottomHalves.enable();
  }
}

/** PREEMPT_RT leaves interrupts alone: nothing to restore. */
function* withoutFlags(taking: Op<unknown>): Op<IrqFlags> {
  yield* taking;
  return 0;
}
