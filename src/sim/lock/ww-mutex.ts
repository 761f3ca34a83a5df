import { Access } from '../../explore/strategy.js';
import { WaitType } from '../../model/wait-type.js';
import type { Frame } from '../frame.js';
import { disablePreempt, enablePreempt } from '../irq/masking.js';
import { LockdepMap } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { Op, OpKind } from '../op.js';
import { LockdepLock } from './lockdep-lock.js';
import { noteAcquire, noteAcquired, noteContended, noteMightSleep, noteRelease } from './primitive.js';
import { passOn, SleepCore, type SleepStyle, waitFor } from './sleep-core.js';

const STYLE: SleepStyle = { name: 'ww_mutex', inheritance: false, mightSleep: 'always', pins: false };

const LOCK: OpKind<WwMutex, boolean> = {
  label: 'ww_mutex_lock',
  access: Access.Write,
  cost: 30,
  attempt(machine, mutex, op) {
    const context = op.b as WwContext | undefined;
    if (op.stage !== 0) {
      op.value = mutex.holder === op.frame;
      if (op.value) noteAcquired(machine, mutex.map);
      else noteRelease(machine, mutex.map);
      return true;
    }
    noteMightSleep(machine, op);
    disablePreempt(machine, machine.cpu);
    noteAcquire(machine, op, mutex.map, 0, 0, false, context?.lockdep.map);
    enablePreempt(machine, machine.cpu);
    op.value = true;
    if (mutex.holder === undefined) {
      mutex.holder = op.frame;
      mutex.context = context;
      return true;
    }
    noteContended(machine, mutex.map);
    const holder = mutex.context;
    // Wait-die: only an older context may wait for a younger one; the younger backs off (-EDEADLK).
    if (
      op.a === 0 &&
      context !== undefined &&
      holder !== undefined &&
      (holder === context || holder.stamp < context.stamp)
    ) {
      noteRelease(machine, mutex.map);
      op.value = false;
      return true;
    }
    op.stage = 1;
    waitFor(machine, mutex);
    return false;
  },
};

const UNLOCK: OpKind<WwMutex, void> = {
  label: 'ww_mutex_unlock',
  access: Access.Write,
  cost: 15,
  attempt(machine, mutex) {
    noteRelease(machine, mutex.map);
    // The oldest context is next; it has the mutex from now on, whenever its task runs.
    mutex.waiters.sort((a, b) => stampOf(a) - stampOf(b));
    passOn(machine, mutex);
    mutex.context = mutex.holder?.op.b as WwContext | undefined;
    // The others are younger than the new holder: they back off, but for those that hold nothing.
    for (const waiter of [...mutex.waiters]) {
      if (waiter.op.a !== 0) continue;
      mutex.waiters.splice(mutex.waiters.indexOf(waiter), 1);
      machine.resume(waiter);
    }
    return true;
  },
};

function stampOf(waiter: Frame): number {
  return (waiter.op.b as WwContext | undefined)?.stamp ?? Number.POSITIVE_INFINITY;
}

/** struct ww_acquire_ctx: one attempt to take several ww_mutexes in any order. The older stamp wins. */
export class WwContext {
  readonly stamp: number;
  readonly lockdep: LockdepLock;

  constructor(machine: Machine, name: string) {
    this.stamp = machine.newId();
    this.lockdep = new LockdepLock(machine, `${name}_acquire`);
  }

  /** ww_acquire_init() */
  init(): Op<void> {
    return this.lockdep.acquire();
  }

  /** ww_acquire_fini() */
  fini(): Op<void> {
    return this.lockdep.release();
  }
}

/** struct ww_mutex: mutexes of one class that may be taken in any order under a {@link WwContext}. */
export class WwMutex extends SleepCore {
  context: WwContext | undefined = undefined;

  constructor(machine: Machine, name: string) {
    super(machine, new LockdepMap(machine, `${name}_mutex`, WaitType.Sleep), STYLE);
  }

  /** ww_mutex_lock(): false is -EDEADLK, release all of the context's mutexes and take this one first, by {@link lockSlow}. */
  lock(context: WwContext): Op<boolean> {
    return this.machine.arm(LOCK, this, 0, context);
  }

  /** ww_mutex_lock_slow(): waits for it, holding none. */
  *lockSlow(context: WwContext): Op<void> {
    yield* this.machine.arm(LOCK, this, 1, context);
  }

  /** ww_mutex_unlock() */
  unlock(): Op<void> {
    return this.machine.arm(UNLOCK, this);
  }
}

/** struct ww_class (DEFINE_WW_CLASS): makes mutexes and contexts of one class. */
export class WwClass {
  readonly #machine: Machine;
  readonly #name: string;

  constructor(machine: Machine, name: string) {
    this.#machine = machine;
    this.#name = name;
  }

  mutex(): WwMutex {
    return new WwMutex(this.#machine, this.#name);
  }

  context(): WwContext {
    return new WwContext(this.#machine, this.#name);
  }
}
