import { Access } from '../explore/strategy.js';
import { WaitKind } from '../model/events.js';
import type { Frame } from './frame.js';
import { noteMightSleep } from './lock/primitive.js';
import type { Machine } from './machine.js';
import { type Body, instant, type Op, type OpKind } from './op.js';
import { WaitObject, wakeWaiter } from './wait/wait-object.js';
import { KickedThread } from './work/kicked.js';

/** What code needs of an RCU flavour: the simulator's own small one, or the full one of `lockvet/rcu`. */
export interface RcuApi {
  /** rcu_read_lock() */
  readLock(): Op<void>;
  /** rcu_read_unlock() */
  readUnlock(): Op<void>;
  /** rcu_dereference(): says that a pointer named so is followed here; `isProtected`: a lock protects it otherwise. */
  dereference(name: string, isProtected?: boolean): Op<void>;
  /** synchronize_rcu(): waits until every reader that is inside now has left. */
  synchronize(): Op<void>;
  /** call_rcu(): runs `callback` after a grace period. From any context. */
  call(callback: Body): Op<void>;
  /** rcu_barrier(): waits for the callbacks queued so far. */
  barrier(): Op<void>;
}

interface GracePeriod {
  /** Readers that must leave first, with the nesting level at which they entered. */
  readonly readers: Set<Frame>;
  waiter: Frame | undefined;
}

const READ_LOCK: OpKind<BasicRcu, void> = {
  label: 'rcu_read_lock',
  access: Access.Write,
  cost: 2,
  attempt(_machine, rcu, op) {
    rcu.map.acquireNow(op, 2);
    rcu.enter(op.frame);
    return true;
  },
};

const READ_UNLOCK: OpKind<BasicRcu, void> = {
  label: 'rcu_read_unlock',
  access: Access.Write,
  cost: 2,
  attempt(machine, rcu, op) {
    if (machine.tracksOrder) machine.ordering.release(rcu, op.frame);
    rcu.leave(op.frame);
    rcu.map.releaseNow();
    return true;
  },
};

/** rcu_dereference(), of every flavour: says that the pointer named `b` is followed here. `a`: something else protects it. */
export const DEREFERENCE: OpKind<object, void> = {
  label: 'rcu_dereference',
  access: Access.Read,
  cost: 2,
  attempt(machine, _rcu, op) {
    const header = machine.emit.stamp(machine.cpu, machine.now);
    machine.emit.sink.rcuDereference(header, op.a === 1, machine.names.intern(op.b as string), op.ip);
    return true;
  },
};

const SYNCHRONIZE: OpKind<BasicRcu, void> = {
  label: 'synchronize_rcu',
  access: Access.Write,
  cost: 100,
  attempt(machine, rcu, op) {
    if (op.stage === 0) {
      op.stage = 1;
      noteMightSleep(machine, op);
      rcu.event.noteBegin(op);
      if (rcu.begin(op.frame)) {
        machine.block(rcu.event, true);
        return false;
      }
    }
    if (machine.tracksOrder) machine.ordering.acquire(rcu, op.frame);
    rcu.event.noteEnd();
    return true;
  },
};

const CALL: OpKind<BasicRcu, void> = {
  label: 'call_rcu',
  access: Access.Write,
  cost: 10,
  attempt(_machine, rcu, op) {
    rcu.enqueue(op.b as Body);
    return true;
  },
};

/**
 * The smallest RCU that keeps its promises: readers are counted, a grace period ends when those that were inside at its
 * begin have left, a kernel thread runs the callbacks with bottom halves off. Locks nothing. For scenarios about using RCU.
 */
export class BasicRcu implements RcuApi {
  readonly id: number;
  readonly event: WaitObject;
  readonly map: ReturnType<Machine['rcuReadMap']>;
  readonly #machine: Machine;
  readonly #nesting = new Map<Frame, number>();
  readonly #periods = new Set<GracePeriod>();
  readonly #callbacks: Body[] = [];
  #thread: KickedThread | undefined;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.id = machine.newId();
    this.event = new WaitObject(machine, 'rcu', WaitKind.GracePeriod);
    this.map = machine.rcuReadMap();
  }

  readLock(): Op<void> {
    return this.#machine.arm(READ_LOCK, this);
  }

  readUnlock(): Op<void> {
    return this.#machine.arm(READ_UNLOCK, this);
  }

  dereference(name: string, isProtected = false): Op<void> {
    return this.#machine.arm(DEREFERENCE, this, isProtected ? 1 : 0, name);
  }

  synchronize(): Op<void> {
    return this.#machine.arm(SYNCHRONIZE, this);
  }

  call(callback: Body): Op<void> {
    return this.#machine.arm(CALL, this, 0, callback);
  }

  *barrier(): Op<void> {
    const { completion, signal } = this.#barrierCallback();
    yield* this.call(signal);
    while (!completion.done) {
      completion.waiter = this.#machine.frame;
      this.#machine.frame.task.willSleep = true;
      yield* completion.event.sleep();
    }
  }

  enter(frame: Frame): void {
    this.#nesting.set(frame, (this.#nesting.get(frame) ?? 0) + 1);
  }

  leave(frame: Frame): void {
    const depth = (this.#nesting.get(frame) ?? 0) - 1;
    if (depth > 0) {
      this.#nesting.set(frame, depth);
      return;
    }
    this.#nesting.delete(frame);
    for (const period of this.#periods) {
      if (!period.readers.delete(frame) || period.readers.size > 0) continue;
      this.#periods.delete(period);
      this.event.noteWake(frame.op.ip);
      if (period.waiter !== undefined) this.#machine.resume(period.waiter);
    }
  }

  /** Begins a grace period for a waiter; false: it is over at once. */
  begin(waiter: Frame): boolean {
    const readers = new Set(this.#nesting.keys());
    if (readers.size === 0) return false;
    this.#periods.add({ readers, waiter });
    return true;
  }

  enqueue(callback: Body): void {
    this.#callbacks.push(callback);
    this.#thread ??= new KickedThread(this.#machine, 'rcu_gp', {}, () => this.#invoke());
    this.#thread.kick();
  }

  *#invoke(): Op<void> {
    const batch = this.#callbacks.splice(0);
    if (batch.length === 0) return;
    yield* this.synchronize();
    // Callbacks may not sleep, whoever runs them: a soft interrupt or a thread in its stead (rcu_do_batch()).
    const { bottomHalves } = this.#machine.softirqs;
    yield* bottomHalves.disable();
    for (const callback of batch) yield* callback();
    yield* bottomHalves.enable();
  }

  #barrierCallback() {
    const machine = this.#machine;
    const event = new WaitObject(machine, 'rcu_state.barrier_completion', WaitKind.Completion);
    const completion: { done: boolean; waiter: Frame | undefined; event: WaitObject } = {
      done: false,
      waiter: undefined,
      event,
    };
    const signal = instant('rcuBarrierCallback', () => {
      completion.done = true;
      event.noteWake(machine.frame.op.ip);
      if (completion.waiter !== undefined) wakeWaiter(machine, completion.waiter);
    });
    return { completion, signal };
  }
}
