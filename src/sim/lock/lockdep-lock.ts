import { Access } from '../../explore/strategy.js';
import { LockdepMap, type LockOptions } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { Op, OpKind } from '../op.js';
import { Lock, noteAcquire, noteRelease } from './primitive.js';

/** What lockdep is told of a pseudo lock. */
export interface LockdepLockOptions extends LockOptions {
  /** Outer wait type; 0: as the inner one. */
  waitOuter?: number;
  /** Inner wait type; 0: not checked. */
  waitInner?: number;
  /** False: acquisitions are not validated (rcu_read_lock). Default true. */
  check?: boolean;
}

const ACQUIRE: OpKind<LockdepLock, void> = {
  label: 'lock_map_acquire',
  access: Access.None,
  cost: 2,
  attempt(machine, lock, op) {
    noteAcquire(machine, op, lock.map, op.a >> 4, op.a & 3, (op.a & 4) !== 0);
    return true;
  },
};

const RELEASE: OpKind<LockdepLock, void> = {
  label: 'lock_map_release',
  access: Access.None,
  cost: 2,
  attempt(machine, lock) {
    noteRelease(machine, lock.map);
    return true;
  },
};

/** A lock that exists for lockdep alone (struct lockdep_map): RCU readers, timers, work items, fs_reclaim. Excludes nobody. */
export class LockdepLock extends Lock {
  constructor(machine: Machine, name: string, options: LockdepLockOptions = {}) {
    const { waitOuter = 0, waitInner = 0, check = true } = options;
    super(machine, new LockdepMap(machine, name, waitInner, options, waitOuter, 0, check ? 1 : 0));
  }

  /** lock_map_acquire() and its read forms: `read` is 0 exclusive, 1 shared, 2 shared and recursive. */
  acquire(read: 0 | 1 | 2 = 0): Op<void> {
    return this.machine.arm(ACQUIRE, this, read);
  }

  /** lock_map_release() */
  release(): Op<void> {
    return this.machine.arm(RELEASE, this);
  }

  /** {@link acquire} as part of another operation, at its call site. */
  acquireNow(op: Parameters<typeof noteAcquire>[1], read: 0 | 1 | 2 = 0): void {
    noteAcquire(this.machine, op, this.map, 0, read);
  }

  /** {@link release} as part of another operation. */
  releaseNow(): void {
    noteRelease(this.machine, this.map);
  }
}
