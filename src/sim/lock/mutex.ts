import { WaitType } from '../../model/wait-type.js';
import { LockdepMap, type LockOptions } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { Op } from '../op.js';
import type { Lock } from './primitive.js';
import { SleepCore, type SleepStyle, sleepOperations } from './sleep-core.js';

const FIFO: SleepStyle = { name: 'mutex', inheritance: false, mightSleep: 'always', pins: false };
const PI: SleepStyle = { ...FIFO, inheritance: true };
const MUTEX = sleepOperations(FIFO);

/** struct mutex: its waiters sleep, in order of arrival; with priority inheritance on PREEMPT_RT. */
export class Mutex extends SleepCore {
  constructor(machine: Machine, name: string, options?: LockOptions) {
    super(machine, new LockdepMap(machine, name, WaitType.Sleep, options), machine.config.preemptRt ? PI : FIFO);
  }

  /** mutex_lock() */
  lock(): Op<void> {
    return this.machine.arm(MUTEX.lock, this);
  }

  /** mutex_lock_nested(): `subclass` 0..7. */
  lockNested(subclass: number): Op<void> {
    return this.machine.arm(MUTEX.lock, this, subclass);
  }

  /** mutex_lock_nest_lock() */
  lockNestLock(outer: Lock): Op<void> {
    return this.machine.arm(MUTEX.lock, this, 0, outer.map);
  }

  /** mutex_trylock() */
  trylock(): Op<boolean> {
    return this.machine.arm(MUTEX.trylock, this);
  }

  /** mutex_unlock() */
  unlock(): Op<void> {
    return this.machine.arm(MUTEX.unlock, this);
  }

  /** mutex_is_locked(); no operation. */
  get isLocked(): boolean {
    return this.holder !== undefined;
  }

  /** guard(mutex): holds it while `body` runs. */
  guard<T>(body: () => Op<T>): Op<T> {
    return this.scoped(
      () => this.lock(),
      () => this.unlock(),
      body,
    );
  }
}
