import { WaitType } from '../../model/wait-type.js';
import { LockdepMap, type LockOptions } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { Op } from '../op.js';
import { type IrqFlags, IrqMode } from './irq-mode.js';
import type { Lock } from './primitive.js';
import { lockArgument, SpinCore, spinOperations } from './spin-core.js';

const RAW = spinOperations('raw_spin');

/**
 * raw_spinlock_t: spins on every kernel, preemption off while it is held. Nothing that may sleep on PREEMPT_RT may
 * happen inside: no spinlock_t, no allocator.
 */
export class RawSpinlock extends SpinCore {
  constructor(machine: Machine, name: string, options?: LockOptions) {
    super(machine, new LockdepMap(machine, name, WaitType.Spin, options));
  }

  /** raw_spin_lock() */
  lock(): Op<void> {
    return this.machine.arm(RAW.lock, this, IrqMode.Plain);
  }

  /** raw_spin_lock_nested(): `subclass` 0..7 tells levels of one class apart. */
  lockNested(subclass: number): Op<void> {
    return this.machine.arm(RAW.lock, this, lockArgument(IrqMode.Plain, subclass));
  }

  /** raw_spin_lock_nest_lock(): `outer`, held, serialises all who take several locks of this class. */
  lockNestLock(outer: Lock): Op<void> {
    return this.machine.arm(RAW.lock, this, IrqMode.Plain, outer.map);
  }

  /** raw_spin_lock_irq() */
  lockIrq(): Op<void> {
    return this.machine.arm(RAW.lock, this, IrqMode.Irq);
  }

  /** raw_spin_lock_irqsave(): returns what {@link unlockIrqrestore} needs. */
  lockIrqsave(): Op<IrqFlags> {
    return this.machine.arm(RAW.lockIrqsave, this, IrqMode.Irqsave);
  }

  /** raw_spin_lock_irqsave_nested() */
  lockIrqsaveNested(subclass: number): Op<IrqFlags> {
    return this.machine.arm(RAW.lockIrqsave, this, lockArgument(IrqMode.Irqsave, subclass));
  }

  /** raw_spin_lock_bh(): its bottom-half section is one as local_bh_disable() begins, with PREEMPT_RT's lock where preemption is on. */
  lockBh(): Op<void> {
    if (this.machine.config.preemptRt) return this.#lockBhInTask();
    return this.machine.arm(RAW.lock, this, IrqMode.Bh);
  }

  /** raw_spin_trylock(): true when it was free and is now held. */
  trylock(): Op<boolean> {
    return this.machine.arm(RAW.trylock, this, IrqMode.Plain);
  }

  /** raw_spin_trylock_irqsave(): the flags, or undefined when it was not free. */
  trylockIrqsave(): Op<IrqFlags | undefined> {
    return this.machine.arm(RAW.trylockIrqsave, this, IrqMode.Irqsave);
  }

  /** raw_spin_unlock() */
  unlock(): Op<void> {
    return this.machine.arm(RAW.unlock, this, IrqMode.Plain);
  }

  /** raw_spin_unlock_irq() */
  unlockIrq(): Op<void> {
    return this.machine.arm(RAW.unlock, this, IrqMode.Irq);
  }

  /** raw_spin_unlock_irqrestore() */
  unlockIrqrestore(flags: IrqFlags): Op<void> {
    return this.machine.arm(RAW.unlock, this, IrqMode.Irqsave, flags);
  }

  /** raw_spin_unlock_bh() */
  unlockBh(): Op<void> {
    if (this.machine.config.preemptRt) return this.#unlockBhInTask();
    return this.machine.arm(RAW.unlock, this, IrqMode.Bh);
  }

  /** guard(raw_spinlock): holds it while `body` runs. */
  guard<T>(body: () => Op<T>): Op<T> {
    return this.scoped(
      () => this.lock(),
      () => this.unlock(),
      body,
    );
  }

  /** guard(raw_spinlock_irqsave) */
  guardIrqsave<T>(body: () => Op<T>): Op<T> {
    return this.scoped(
      () => this.lockIrqsave(),
      (flags) => this.unlockIrqrestore(flags),
      body,
    );
  }

  *#lockBhInTask(): Op<void> {
    yield* this.machine.softirqs.bottomHalves.disable();
    yield* this.lock();
  }

  *#unlockBhInTask(): Op<void> {
    yield* this.unlock();
    yield* this.machine.softirqs.bottomHalves.enable();
  }
}
