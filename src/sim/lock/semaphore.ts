import { Access } from '../../explore/strategy.js';
import { WaitType } from '../../model/wait-type.js';
import type { Frame, Waitable } from '../frame.js';
import { LockdepMap } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { Op, OpKind } from '../op.js';
import { Lock, noteMightSleep } from './primitive.js';
import { RawSpinlock } from './raw-spinlock.js';

const DOWN: OpKind<Semaphore, void> = {
  label: 'down',
  access: Access.Write,
  cost: 20,
  attempt(machine, semaphore, op) {
    if (op.stage !== 0) return true;
    if (semaphore.count > 0) {
      semaphore.count--;
      return true;
    }
    op.stage = 1;
    semaphore.waiters.push(op.frame);
    machine.block(semaphore, true);
    return false;
  },
};

const MIGHT_SLEEP: OpKind<Semaphore, void> = {
  label: 'might_sleep',
  access: Access.None,
  cost: 2,
  attempt(machine, _semaphore, op) {
    noteMightSleep(machine, op);
    return true;
  },
};

/** struct semaphore: a count; lockdep knows only the raw lock inside it, as in the kernel. Nobody owns it. */
export class Semaphore extends Lock implements Waitable {
  count: number;
  readonly waiters: Frame[] = [];
  readonly #inner: RawSpinlock;

  constructor(machine: Machine, name: string, count: number) {
    super(machine, new LockdepMap(machine, name, WaitType.Unchecked));
    this.count = count;
    this.#inner = new RawSpinlock(machine, `(${name}).lock`);
  }

  owners(): readonly Frame[] {
    return [];
  }

  /** down(): takes one, sleeping until there is one. */
  *down(): Op<void> {
    yield* this.machine.arm(MIGHT_SLEEP, this);
    const flags = yield* this.#inner.lockIrqsave();
    const there = this.count > 0;
    if (there) this.count--;
    yield* this.#inner.unlockIrqrestore(flags);
    if (!there) yield* this.machine.arm(DOWN, this);
  }

  /** down_trylock(): true when it got one (the kernel returns 0 then). */
  *downTrylock(): Op<boolean> {
    const flags = yield* this.#inner.lockIrqsave();
    const there = this.count > 0;
    if (there) this.count--;
    yield* this.#inner.unlockIrqrestore(flags);
    return there;
  }

  /** up(): gives one back, to the first waiter if there is one. Any context may. */
  *up(): Op<void> {
    const flags = yield* this.#inner.lockIrqsave();
    const next = this.waiters.shift();
    if (next === undefined) this.count++;
    else this.machine.resume(next);
    yield* this.#inner.unlockIrqrestore(flags);
  }
}
