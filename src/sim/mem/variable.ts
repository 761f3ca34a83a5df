import { Access } from '../../explore/strategy.js';
import type { Machine } from '../machine.js';
import type { MemoryObject } from '../mm/objects.js';
import type { Op, OpKind, PendingOp } from '../op.js';
import type { Epoch } from './ordering.js';

/** How an access is marked. */
const Mark = { Plain: 0, Once: 1, Ordered: 2 } as const;

interface Seen {
  readonly epoch: Epoch;
  readonly plain: boolean;
  readonly callSite: string;
  readonly task: string;
}

export interface VariableOptions {
  /** Object of simulated memory that it lies in. */
  in?: MemoryObject;
  /** Bytes from the start of the object. Default 0. */
  offset?: number;
}

type AnyVariable = Variable<unknown>;

function access(label: string, writes: boolean, mark: number, act: (variable: AnyVariable, op: PendingOp) => void) {
  const kind: OpKind<AnyVariable, unknown> = {
    label,
    access: writes ? Access.Write : Access.Read,
    cost: 2,
    attempt(machine, variable, op) {
      variable.touched(op, writes, mark === Mark.Plain);
      if (mark === Mark.Ordered && machine.tracksOrder) machine.ordering.acquire(variable, op.frame);
      act(variable, op);
      if (mark === Mark.Ordered && writes && machine.tracksOrder) machine.ordering.release(variable, op.frame);
      return true;
    },
  };
  return kind;
}

const load = (variable: AnyVariable, op: PendingOp) => {
  op.value = variable.value;
};
const store = (variable: AnyVariable, op: PendingOp) => {
  variable.value = op.b;
};
const READ = access('read', false, Mark.Plain, load);
const WRITE = access('write', true, Mark.Plain, store);
const READ_ONCE = access('READ_ONCE', false, Mark.Once, load);
const WRITE_ONCE = access('WRITE_ONCE', true, Mark.Once, store);
const LOAD_ACQUIRE = access('smp_load_acquire', false, Mark.Ordered, load);
const STORE_RELEASE = access('smp_store_release', true, Mark.Ordered, store);
const UPDATE = access('atomic_fetch', true, Mark.Ordered, (variable, op) => {
  op.value = variable.value;
  variable.value = (op.b as (old: unknown) => unknown)(variable.value);
});

/**
 * A shared variable. Plain accesses that race are reported (`data-race`); marked ones (READ_ONCE and its like) race with
 * nothing but plain ones; the atomic operations that return a value are fully ordered, as in the kernel.
 */
export class Variable<T> {
  readonly id: number;
  readonly label: string;
  value: T;
  readonly #machine: Machine;
  readonly #object: MemoryObject | undefined;
  readonly #hi: number;
  readonly #lo: number;
  #lastWrite: Seen | undefined;
  readonly #lastReads = new Map<number, Seen>();
  #reported = false;

  constructor(machine: Machine, name: string, value: T, options: VariableOptions = {}) {
    this.#machine = machine;
    this.id = machine.newId();
    this.label = name;
    this.value = value;
    this.#object = options.in;
    machine.tracksOrder ||= machine.config.reportRaces;
    const at = options.in ?? machine.addresses.heap(8, 8);
    this.#hi = at.hi;
    this.#lo = (at.lo + (options.offset ?? 0)) | 0;
  }

  /** A plain read. */
  read(): Op<T> {
    return this.#arm(READ);
  }

  /** A plain write. */
  write(value: T): Op<void> {
    return this.#arm(WRITE, value);
  }

  /** READ_ONCE() */
  readOnce(): Op<T> {
    return this.#arm(READ_ONCE);
  }

  /** WRITE_ONCE() */
  writeOnce(value: T): Op<void> {
    return this.#arm(WRITE_ONCE, value);
  }

  /** smp_load_acquire(), and rcu_dereference() as far as ordering goes. */
  loadAcquire(): Op<T> {
    return this.#arm(LOAD_ACQUIRE);
  }

  /** smp_store_release(), rcu_assign_pointer() */
  storeRelease(value: T): Op<void> {
    return this.#arm(STORE_RELEASE, value);
  }

  /** An atomic read-modify-write, fully ordered: the old value. `change` must do no operations. */
  fetchUpdate(change: (old: T) => T): Op<T> {
    return this.#arm(UPDATE, change);
  }

  /** xchg(): the old value. */
  xchg(value: T): Op<T> {
    return this.fetchUpdate(() => value);
  }

  /** cmpxchg(): the old value; it was exchanged when that is `expected`. */
  cmpxchg(expected: T, value: T): Op<T> {
    return this.fetchUpdate((old) => (old === expected ? value : old));
  }

  /** Checks an access: freed memory, races; charges what the caches say. */
  touched(op: PendingOp, writes: boolean, plain: boolean): void {
    const machine = this.#machine;
    if (this.#object !== undefined) machine.memory().touchNow(this.#object);
    machine.chargeAccess(this.#hi, this.#lo, 8, writes);
    if (!machine.tracksOrder) return;
    const { frame } = op;
    const { ordering } = machine;
    if (this.#lastWrite !== undefined) this.#check(op, this.#lastWrite, plain);
    if (writes) for (const seen of this.#lastReads.values()) this.#check(op, seen, plain);
    const epoch = ordering.epoch(frame);
    const seen: Seen = { epoch, plain, callSite: machine.callSite, task: frame.task.toString() };
    if (writes) {
      this.#lastWrite = seen;
      this.#lastReads.clear();
    } else this.#lastReads.set(epoch.thread, seen);
  }

  #check(op: PendingOp, seen: Seen, plain: boolean): void {
    const machine = this.#machine;
    if (this.#reported || !(plain || seen.plain) || machine.ordering.before(seen.epoch, op.frame)) return;
    this.#reported = true;
    const now = { what: `${op.label} of ${this.label}`, callSite: machine.callSite, task: op.frame.task.toString() };
    const before = { what: `earlier access of ${this.label}`, callSite: seen.callSite, task: seen.task };
    machine.report({
      rule: 'data-race',
      severity: 'warning',
      message: `${this.label} is accessed by ${now.task} and ${before.task} with nothing that orders them`,
      locks: [],
      callSite: machine.callSite,
      evidence: [before, now],
    });
  }

  #arm<Value>(kind: OpKind<AnyVariable, unknown>, argument?: unknown): Op<Value> {
    return this.#machine.arm(kind as OpKind<AnyVariable, Value>, this as AnyVariable, 0, argument);
  }
}

/** atomic_t */
export class Atomic extends Variable<number> {
  /** atomic_fetch_add(): the old value. */
  fetchAdd(delta: number): Op<number> {
    return this.fetchUpdate((old) => old + delta);
  }

  /** atomic_inc() */
  *inc(): Op<void> {
    yield* this.fetchAdd(1);
  }

  /** atomic_dec_and_test(): true when it became 0. */
  *decAndTest(): Op<boolean> {
    return (yield* this.fetchAdd(-1)) === 1;
  }
}
