import type { Violation } from './judge.js';
import type { Held } from './state.js';
import type { Effect } from './summary.js';

/** A rule broken at an operation of a function, seen on one or more of its paths. */
export interface Candidate {
  readonly violation: Violation;
  readonly effect: Effect;
  /** All that was held, outermost first. */
  readonly held: readonly Held[];
  /** On every path to the operation. */
  readonly always: boolean;
  /** The function is entered by tasks that hold nothing. */
  readonly inTask?: boolean;
}

/** A lock taken while another is held. */
export interface Edge {
  readonly from: Held;
  readonly effect: Effect;
  /** Nothing but locks taken by trylock lies between the two: lockdep keeps a dependency. */
  readonly near: boolean;
}
