import { Access } from '../../explore/strategy.js';
import { WaitType } from '../../model/wait-type.js';
import { LockdepMap, type LockOptions } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { Op, OpKind } from '../op.js';
import type { Task } from '../task.js';
import { passOn, SleepCore, type SleepStyle, sleepOperations } from './sleep-core.js';

const STYLE: SleepStyle = { name: 'rt_mutex', inheritance: true, mightSleep: 'always', pins: false };
const RT_MUTEX = sleepOperations(STYLE);

const FUTEX_UNLOCK: OpKind<SleepCore, void> = {
  label: 'rt_mutex_futex_unlock',
  access: Access.Write,
  cost: 15,
  attempt(machine, core) {
    passOn(machine, core);
    return true;
  },
};

/** struct rt_mutex: waiters by priority, and its owner inherits the best one's, along chains of locks. */
export class RtMutex extends SleepCore {
  constructor(machine: Machine, name: string, options?: LockOptions) {
    super(machine, new LockdepMap(machine, name, WaitType.Sleep, options), STYLE);
  }

  /** rt_mutex_lock() */
  lock(): Op<void> {
    return this.machine.arm(RT_MUTEX.lock, this);
  }

  /** rt_mutex_lock_nested() */
  lockNested(subclass: number): Op<void> {
    return this.machine.arm(RT_MUTEX.lock, this, subclass);
  }

  /** rt_mutex_trylock() */
  trylock(): Op<boolean> {
    return this.machine.arm(RT_MUTEX.trylock, this);
  }

  /** rt_mutex_unlock() */
  unlock(): Op<void> {
    return this.machine.arm(RT_MUTEX.unlock, this);
  }

  /** rt_mutex_init_proxy_locked(): free until now, it belongs to `owner` from now on, who need not know. No operation. */
  giveTo(owner: Task): void {
    if (this.holder !== undefined) throw new Error(`internal error: ${this.label} is not free`);
    this.holder = owner.frames[0];
  }

  /** rt_mutex_futex_unlock(): ends what {@link giveTo} began; lockdep has heard of neither. Any context. */
  takeBack(): Op<void> {
    return this.machine.arm(FUTEX_UNLOCK, this);
  }

  /** Holds it while `body` runs. */
  guard<T>(body: () => Op<T>): Op<T> {
    return this.scoped(
      () => this.lock(),
      () => this.unlock(),
      body,
    );
  }
}
