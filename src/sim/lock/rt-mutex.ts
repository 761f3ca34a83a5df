import { WaitType } from '../../model/wait-type.js';
import { LockdepMap, type LockOptions } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { Op } from '../op.js';
import { SleepCore, type SleepStyle, sleepOperations } from './sleep-core.js';

const STYLE: SleepStyle = { name: 'rt_mutex', inheritance: true, mightSleep: 'always', pins: false };
const RT_MUTEX = sleepOperations(STYLE);

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

  /** Holds it while `body` runs. */
  guard<T>(body: () => Op<T>): Op<T> {
    return this.scoped(
      () => this.lock(),
      () => this.unlock(),
      body,
    );
  }
}
