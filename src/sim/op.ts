import type { Access, PendingView } from '../explore/strategy.js';
import type { Frame } from './frame.js';
import type { Machine } from './machine.js';

/**
 * What a suspended operation hands to the run loop. It carries nothing: the loop looks at the machine. The brand keeps
 * anything but operations out of `yield*`.
 */
export interface Pause {
  readonly pause: unique symbol;
}

/**
 * An operation of the simulated kernel, or a function made of operations: a value of type `T` once run by `yield*`.
 *
 *     function* withdraw(lock: Spinlock): Op<void> {
 *       yield* lock.lock();
 *       yield* lock.unlock();
 *     }
 *
 * Nothing happens without the `yield*`. A forgotten one is found by the next operation of the same context, and without
 * running by {@link findForgottenYields}.
 */
export type Op<T> = Iterable<Pause, T, undefined>;

/** The body of a task, a handler or a function called by one. */
export type Body = () => Op<unknown>;

/**
 * One kind of primitive operation on objects of class `Target`: a constant in the primitive's file.
 *
 * @typeParam Value what the operation results in (left in {@link PendingOp.value}).
 */
export interface OpKind<Target extends object, Value> {
  /** The kernel's name of it: what reports, timelines and explorers show. */
  readonly label: string;
  readonly access: Access;
  /** Nanoseconds of CPU time, without what the cache model adds. */
  readonly cost: number;
  /**
   * Does it, or the next part of it: true when done; false to be called again once the context goes on. `op.stage` is 0
   * on the first call and belongs to the operation from then on.
   */
  attempt(machine: Machine, target: Target, op: PendingOp): boolean;
  /** Never present: ties `Value` to the type. */
  readonly value?: Value;
}

const PAUSE: IteratorYieldResult<Pause> = { done: false, value: {} as Pause };

/**
 * The one operation that a context ({@link Frame}) can be in: reused for all of them, so that an operation allocates
 * nothing. Created by calling a primitive's method ("armed"), run by `yield*`.
 */
export class PendingOp implements Iterator<Pause, unknown, undefined>, PendingView {
  readonly #machine: Machine;
  readonly frame: Frame;
  kind: OpKind<object, unknown> = IDLE;
  target: object = IDLE;
  /** Arguments, meaning up to the kind. */
  a = 0;
  b: unknown = undefined;
  stage = 0;
  /** Call site, name id. */
  ip = 0;
  /** Result. */
  value: unknown = undefined;
  /** Created and not yet finished. */
  armed = false;
  /** The strategy has already said that it runs. */
  #chosen = false;
  readonly #done: IteratorReturnResult<unknown> = { done: true, value: undefined };

  constructor(machine: Machine, frame: Frame) {
    this.#machine = machine;
    this.frame = frame;
  }

  get label(): string {
    return this.kind.label;
  }

  get access(): Access {
    return this.kind.access;
  }

  get object(): number {
    return this.#machine.identityOf(this.target);
  }

  /** Prepares the operation; {@link next} runs it. */
  arm(kind: OpKind<object, unknown>, target: object, a: number, b: unknown): void {
    this.kind = kind;
    this.target = target;
    this.a = a;
    this.b = b;
    this.stage = 0;
    this.value = undefined;
    this.armed = true;
    this.#chosen = false;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Pause, unknown> {
    if (!this.#chosen) {
      this.#chosen = true;
      if (this.#machine.switchPoint(this.#machine.costOf(this.kind))) return PAUSE;
    }
    if (!this.kind.attempt(this.#machine, this.target, this)) return PAUSE;
    this.armed = false;
    this.#done.value = this.value;
    return this.#done;
  }

  /** The generator is being closed (its task was killed): nothing to undo. */
  return(): IteratorResult<Pause, unknown> {
    this.armed = false;
    return { done: true, value: undefined };
  }
}

const IDLE: OpKind<object, unknown> = { label: 'none', access: 0, cost: 0, attempt: () => true };

/** A body without operations: `act` happens at once when the context starts. `name` is its function in call sites. */
export function instant(name: string, act: () => void): Body {
  // biome-ignore lint/correctness/useYield: a generator, so that nothing happens before it is resumed
  const body = function* (): Op<void> {
    act();
  };
  Object.defineProperty(body, 'name', { value: name });
  return body;
}
