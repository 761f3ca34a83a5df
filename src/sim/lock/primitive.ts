import type { LockdepMap } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { Op, PendingOp } from '../op.js';

/** Base of every simulated lock: its identity, what lockdep knows of it, and the annotations that change that. */
export abstract class Lock {
  protected readonly machine: Machine;
  /** Identity within the run. */
  readonly id: number;
  /** struct lockdep_map. */
  readonly map: LockdepMap;

  constructor(machine: Machine, map: LockdepMap) {
    this.machine = machine;
    this.id = machine.newId();
    this.map = map;
  }

  /** Class name. */
  get label(): string {
    return this.map.label;
  }

  /** lockdep_set_class_and_subclass(): gives the lock a class of its own name from now on. No operation. */
  setClass(name: string, subclass = 0): void {
    const { machine, map } = this;
    const key = machine.addresses.key(name, map.waitInner);
    map.label = name;
    map.name = machine.names.intern(name);
    map.keyHi = key.hi;
    map.keyLo = key.lo;
    map.subclass = subclass;
  }

  /**
   * Runs `body` with the lock held: guard(). It is released when the body ends, by `return`, and by an exception.
   * Each kind of lock says which of its forms `acquire` and `release` are.
   */
  protected *scoped<T, Held>(acquire: () => Op<Held>, release: (held: Held) => Op<void>, body: () => Op<T>): Op<T> {
    const held = yield* acquire();
    try {
      return yield* body();
    } finally {
      yield* release(held);
    }
  }
}

/** Tells lockdep that a lock is being taken. */
export function noteAcquire(
  machine: Machine,
  op: PendingOp,
  map: LockdepMap,
  subclass = 0,
  read = 0,
  trylock = false,
  nest?: LockdepMap,
): void {
  if (machine.tracksOrder) machine.ordering.acquire(map, machine.frame);
  if (subclass > 0) machine.annotated = true;
  machine.emit.lockAcquire(machine.cpu, machine.now, map, subclass, trylock, read, nest, op.ip);
}

/** Tells that it could not be had at once. */
export function noteContended(machine: Machine, map: LockdepMap): void {
  machine.emit.sink.lockContended(machine.emit.stamp(machine.cpu, machine.now), map.hi, map.lo, map.name);
}

/** Tells that a contended lock was obtained. */
export function noteAcquired(machine: Machine, map: LockdepMap): void {
  if (machine.tracksOrder) machine.ordering.acquire(map, machine.frame);
  machine.emit.sink.lockAcquired(machine.emit.stamp(machine.cpu, machine.now), map.hi, map.lo, map.name);
}

/** Tells that a lock is being released. */
export function noteRelease(machine: Machine, map: LockdepMap): void {
  if (machine.tracksOrder) machine.ordering.release(map, machine.frame);
  machine.emit.sink.lockRelease(machine.emit.stamp(machine.cpu, machine.now), map.hi, map.lo, map.name);
}

/** might_sleep(): reached a place that may block. */
export function noteMightSleep(machine: Machine, op: PendingOp): void {
  machine.emit.sink.mightSleep(machine.emit.stamp(machine.cpu, machine.now), op.ip);
}
