import { Access } from '../../explore/strategy.js';
import { LockType, WaitType } from '../../model/wait-type.js';
import { LockdepMap } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { Op, OpKind } from '../op.js';
import { enterMode, type IrqFlags, IrqMode, leaveMode } from './irq-mode.js';
import { noteAcquire, noteRelease } from './primitive.js';
import { SleepCore, type SleepStyle, sleepOperations } from './sleep-core.js';

const RT_STYLE: SleepStyle = { name: 'local', inheritance: true, mightSleep: 'in atomic context', pins: true };
const RT = sleepOperations(RT_STYLE);

/** One CPU's instance: without PREEMPT_RT it excludes nobody but the CPU's own other contexts, by masking. */
class Instance extends SleepCore {}

const LOCK: OpKind<LocalLock, unknown> = {
  label: 'local_lock',
  access: Access.None,
  cost: 5,
  attempt(machine, lock, op) {
    enterMode(machine, op, op.a);
    // Only now is it settled on which CPU: the task may have been moved since the call.
    noteAcquire(machine, op, lock.own.map);
    return true;
  },
};

const UNLOCK: OpKind<LocalLock, void> = {
  label: 'local_unlock',
  access: Access.None,
  cost: 5,
  attempt(machine, lock, op) {
    if (op.stage !== 0) return true;
    op.stage = 1;
    noteRelease(machine, lock.own.map);
    return leaveMode(machine, op, op.a);
  },
};

/** local_lock_t: a name for preempt_disable() around per-CPU data; on PREEMPT_RT a sleeping lock a CPU. */
export class LocalLock {
  readonly label: string;
  readonly #machine: Machine;
  readonly #instances: readonly Instance[];

  constructor(machine: Machine, name: string) {
    this.label = name;
    this.#machine = machine;
    this.#instances = machine.cpus.map(() => {
      const map = new LockdepMap(machine, name, WaitType.Config, {}, 0, LockType.PerCpu);
      return new Instance(machine, map, RT_STYLE);
    });
  }

  /** local_lock() */
  lock(): Op<void> {
    return this.#machine.config.preemptRt
      ? this.#lockPinned()
      : (this.#machine.arm(LOCK, this, IrqMode.Plain) as Op<void>);
  }

  /** local_lock_irqsave() */
  lockIrqsave(): Op<IrqFlags> {
    return this.#machine.config.preemptRt
      ? this.#lockIrqsavePinned()
      : (this.#machine.arm(LOCK, this, IrqMode.Irqsave) as Op<IrqFlags>);
  }

  /** local_unlock() */
  unlock(): Op<void> {
    return this.#machine.config.preemptRt ? this.#unlockPinned() : this.#machine.arm(UNLOCK, this, IrqMode.Plain);
  }

  /** local_unlock_irqrestore() */
  unlockIrqrestore(flags: IrqFlags): Op<void> {
    return this.#machine.config.preemptRt
      ? this.#unlockPinned()
      : this.#machine.arm(UNLOCK, this, IrqMode.Irqsave, flags);
  }

  /** guard(local_lock): holds it while `body` runs. */
  *guard<T>(body: () => Op<T>): Op<T> {
    yield* this.lock();
    try {
      return yield* body();
    } finally {
      yield* this.unlock();
    }
  }

  *#lockPinned(): Op<void> {
    // migrate_disable() first: the instance is chosen by the CPU and must stay this CPU's while waiting.
    const task = this.#machine.cpu.current;
    task.migrateDisabled++;
    yield* this.#machine.arm(RT.lock, this.own);
  }

  *#lockIrqsavePinned(): Op<IrqFlags> {
    yield* this.#lockPinned();
    return 0;
  }

  *#unlockPinned(): Op<void> {
    yield* this.#machine.arm(RT.unlock, this.own);
    const task = this.#machine.cpu.current;
    if (task.migrateDisabled > 0) task.migrateDisabled--;
  }

  /** The running CPU's instance. */
  get own(): Instance {
    const instance = this.#instances[this.#machine.cpu.id];
    if (instance === undefined) throw new RangeError(`no ${this.label} of cpu ${this.#machine.cpu.id}`);
    return instance;
  }
}
