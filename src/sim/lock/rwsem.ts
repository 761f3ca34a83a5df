import { WaitType } from '../../model/wait-type.js';
import { LockdepMap, type LockOptions } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { Op } from '../op.js';
import type { Lock } from './primitive.js';
import { RwCore, type RwStyle, rwOperations } from './rw-core.js';
import { lockArgument } from './spin-core.js';

const STYLE: RwStyle = { name: 'rwsem', spins: false, mightSleep: true, irqReadersPass: false };
const RWSEM = rwOperations(STYLE);

/** struct rw_semaphore: sleeping readers and writers, served in the order of their arrival. */
export class Rwsem extends RwCore {
  constructor(machine: Machine, name: string, options?: LockOptions, waitType: number = WaitType.Sleep) {
    super(machine, new LockdepMap(machine, name, waitType, options), STYLE);
  }

  /** down_read() */
  downRead(): Op<void> {
    return this.machine.arm(RWSEM.readLock, this) as Op<void>;
  }

  /** down_read_nested() */
  downReadNested(subclass: number): Op<void> {
    return this.machine.arm(RWSEM.readLock, this, lockArgument(0, subclass)) as Op<void>;
  }

  /** down_write() */
  downWrite(): Op<void> {
    return this.machine.arm(RWSEM.writeLock, this) as Op<void>;
  }

  /** down_write_nested() */
  downWriteNested(subclass: number): Op<void> {
    return this.machine.arm(RWSEM.writeLock, this, lockArgument(0, subclass)) as Op<void>;
  }

  /** down_write_nest_lock() */
  downWriteNestLock(outer: Lock): Op<void> {
    return this.machine.arm(RWSEM.writeLock, this, 0, outer.map) as Op<void>;
  }

  /** down_read_trylock() */
  downReadTrylock(): Op<boolean> {
    return this.machine.arm(RWSEM.readTrylock, this);
  }

  /** down_write_trylock() */
  downWriteTrylock(): Op<boolean> {
    return this.machine.arm(RWSEM.writeTrylock, this);
  }

  /** up_read() */
  upRead(): Op<void> {
    return this.machine.arm(RWSEM.readUnlock, this);
  }

  /** up_write() */
  upWrite(): Op<void> {
    return this.machine.arm(RWSEM.writeUnlock, this);
  }

  /** downgrade_write(): the writer becomes a reader without letting another writer in. */
  downgradeWrite(): Op<void> {
    return this.machine.arm(RWSEM.downgrade, this);
  }

  /** guard(rwsem_read) */
  readGuard<T>(body: () => Op<T>): Op<T> {
    return this.scoped(
      () => this.downRead(),
      () => this.upRead(),
      body,
    );
  }

  /** guard(rwsem_write) */
  writeGuard<T>(body: () => Op<T>): Op<T> {
    return this.scoped(
      () => this.downWrite(),
      () => this.upWrite(),
      body,
    );
  }
}

/** struct percpu_rw_semaphore: cheap readers; lockdep gives it no wait type. Its readers are counted in one place here. */
export class PercpuRwsem extends Rwsem {
  constructor(machine: Machine, name: string, options?: LockOptions) {
    super(machine, name, options, WaitType.Unchecked);
  }
}
