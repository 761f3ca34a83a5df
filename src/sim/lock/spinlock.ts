import { WaitType } from '../../model/wait-type.js';
import { LockdepMap, type LockOptions } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { Op } from '../op.js';
import { type IrqFlags, IrqMode } from './irq-mode.js';
import { Lock } from './primitive.js';
import { SleepCore, type SleepStyle, sleepOperations } from './sleep-core.js';
import { lockArgument, SpinCore, spinOperations } from './spin-core.js';

const SPIN = spinOperations('spin');
const RT_STYLE: SleepStyle = { name: 'rt_spin', inheritance: true, mightSleep: 'in atomic context', pins: true };
const RT = sleepOperations(RT_STYLE);

/**
 * spinlock_t: spins with preemption off; on PREEMPT_RT it sleeps, inherits priorities, pins its holder to the CPU and
 * leaves interrupts alone (its `_irq` forms are the plain ones there).
 */
export class Spinlock extends Lock {
  readonly #spin: SpinCore;
  /** PREEMPT_RT's form; undefined elsewhere. */
  readonly #sleep: SleepCore | undefined;

  constructor(machine: Machine, name: string, options?: LockOptions) {
    super(machine, new LockdepMap(machine, name, WaitType.Config, options));
    this.#spin = new SpinCore(machine, this.map);
    this.#sleep = machine.config.preemptRt ? new SleepCore(machine, this.map, RT_STYLE) : undefined;
  }

  /** spin_is_locked(); no operation. */
  get isLocked(): boolean {
    return (this.#sleep ?? this.#spin).owners().length > 0;
  }

  /** spin_lock() */
  lock(): Op<void> {
    return this.#take(IrqMode.Plain, 0, undefined);
  }

  /** spin_lock_nested(): `subclass` 0..7. */
  lockNested(subclass: number): Op<void> {
    return this.#take(IrqMode.Plain, subclass, undefined);
  }

  /** spin_lock_nest_lock() */
  lockNestLock(outer: Lock): Op<void> {
    return this.#take(IrqMode.Plain, 0, outer);
  }

  /** spin_lock_irq() */
  lockIrq(): Op<void> {
    return this.#take(IrqMode.Irq, 0, undefined);
  }

  /** spin_lock_irqsave() */
  lockIrqsave(): Op<IrqFlags> {
    return this.#takeIrqsave(0);
  }

  /** spin_lock_irqsave_nested() */
  lockIrqsaveNested(subclass: number): Op<IrqFlags> {
    return this.#takeIrqsave(subclass);
  }

  /** spin_lock_bh() */
  lockBh(): Op<void> {
    if (this.#sleep === undefined) return this.#take(IrqMode.Bh, 0, undefined);
    return this.#sequence(this.machine.softirqs.bottomHalves.disable(), () => this.lock());
  }

  /** spin_trylock() */
  trylock(): Op<boolean> {
    return this.#sleep === undefined
      ? this.machine.arm(SPIN.trylock, this.#spin, IrqMode.Plain)
      : this.machine.arm(RT.trylock, this.#sleep);
  }

  /** spin_unlock() */
  unlock(): Op<void> {
    return this.#release(IrqMode.Plain);
  }

  /** spin_unlock_irq() */
  unlockIrq(): Op<void> {
    return this.#release(IrqMode.Irq);
  }

  /** spin_unlock_irqrestore() */
  unlockIrqrestore(flags: IrqFlags): Op<void> {
    return this.#release(IrqMode.Irqsave, flags);
  }

  /** spin_unlock_bh() */
  unlockBh(): Op<void> {
    if (this.#sleep === undefined) return this.#release(IrqMode.Bh);
    return this.#sequence(this.unlock(), () => this.machine.softirqs.bottomHalves.enable());
  }

  /** guard(spinlock): holds it while `body` runs. */
  guard<T>(body: () => Op<T>): Op<T> {
    return this.scoped(
      () => this.lock(),
      () => this.unlock(),
      body,
    );
  }

  /** guard(spinlock_irqsave) */
  guardIrqsave<T>(body: () => Op<T>): Op<T> {
    return this.scoped(
      () => this.lockIrqsave(),
      (flags) => this.unlockIrqrestore(flags),
      body,
    );
  }

  /** guard(spinlock_bh) */
  guardBh<T>(body: () => Op<T>): Op<T> {
    return this.scoped(
      () => this.lockBh(),
      () => this.unlockBh(),
      body,
    );
  }

  #take(mode: IrqMode, subclass: number, outer: Lock | undefined): Op<void> {
    return this.#sleep === undefined
      ? this.machine.arm(SPIN.lock, this.#spin, lockArgument(mode, subclass), outer?.map)
      : this.machine.arm(RT.lock, this.#sleep, subclass, outer?.map);
  }

  #takeIrqsave(subclass: number): Op<IrqFlags> {
    if (this.#sleep === undefined) {
      return this.machine.arm(SPIN.lockIrqsave, this.#spin, lockArgument(IrqMode.Irqsave, subclass));
    }
    return this.#flagless(this.machine.arm(RT.lock, this.#sleep, subclass));
  }

  #release(mode: IrqMode, flags?: IrqFlags): Op<void> {
    return this.#sleep === undefined
      ? this.machine.arm(SPIN.unlock, this.#spin, mode, flags)
      : this.machine.arm(RT.unlock, this.#sleep);
  }

  *#flagless(take: Op<void>): Op<IrqFlags> {
    yield* take;
    return 0;
  }

  *#sequence(first: Op<void>, second: () => Op<void>): Op<void> {
    yield* first;
    yield* second();
  }
}
