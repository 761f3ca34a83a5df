/**
 * The one door of nondeterminism: whoever runs a simulation asks a {@link Strategy} what moves next and for every random
 * number. Same strategy, same seed, same scenario: same run, byte for byte.
 */

/** What may move next. */
export const ActorKind = {
  /** A CPU executes its next operation. */
  Cpu: 0,
  /** A pending interrupt (device, timer, IPI, NMI) arrives at its CPU. */
  Interrupt: 1,
  /** The scheduler tick of a CPU on which another task of equal right waits. */
  Tick: 2,
} as const;
export type ActorKind = (typeof ActorKind)[keyof typeof ActorKind];

/** How an operation uses its object: two operations commute unless both use the same object and one of them writes. */
export const Access = { None: 0, Read: 1, Write: 2 } as const;
export type Access = (typeof Access)[keyof typeof Access];

/** The operation that an actor is about to do, for strategies that reason about dependencies. */
export interface PendingView {
  /** Kernel name of the operation, e.g. `raw_spin_lock`. */
  readonly label: string;
  /** Identity of the object it works on; 0: none. Stable over runs of the same scenario. */
  readonly object: number;
  readonly access: Access;
}

/** One thing that may move. */
export interface Actor {
  readonly kind: ActorKind;
  readonly cpu: number;
  /** Stable identity of what would run: a task's pid, or an interrupt source's (above 65536). */
  readonly id: number;
  /** When it would move by the clock (ns): the CPU's own clock, or the interrupt's due time. */
  readonly due: number;
  /** What it is about to do; undefined when it has not said yet (first step, interrupt). */
  readonly pending: PendingView | undefined;
}

/** The question put to a strategy; valid during the call only. */
export interface Choice {
  /** Number of actors, at least 2. */
  readonly count: number;
  /** Actors: CPUs in order, then interrupts in the order of their ids. Only the first `count` are meant. */
  readonly actors: readonly Actor[];
  /** Index of the actor that moved last, -1 when it cannot go on. */
  readonly previous: number;
  /** Operations done so far. */
  readonly step: number;
}

/** A way to schedule. One instance serves one run. */
export interface Strategy {
  /** `rr`, `random`, `pct`, ...: the word in replay tokens. */
  readonly name: string;
  /**
   * True: interrupts are offered as soon as they are armed (time jumps to them when chosen), so that every point is
   * tried. False: they are offered when the clock says so.
   */
  readonly anyTime: boolean;
  /** Index of the actor that moves next. */
  next(choice: Choice): number;
  /** A number in 0..bound-1, for random numbers of scenarios and injected failures. */
  random(bound: number): number;
}
