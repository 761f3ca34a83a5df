import type { Where } from './finding.js';

/** A lock class as graphs show it. */
export interface LockClass {
  /** Unique within the graph; dense in an unfiltered one, in the order in which classes were first met. */
  readonly id: number;
  /** As lockdep shows it, unique within a recording: `name#2` for the second class of a name, `name/1` for subclass 1. */
  readonly name: string;
  /** The name without `#2`, which depends on the order of registration: what other recordings know it by. */
  readonly stableName: string;
  /** Address of the class key plus the subclass, 16 hexadecimal digits; null where the recording does not tell it. */
  readonly key: string | null;
  readonly subclass: number;
  /** Usage characters of lockdep, e.g. `-.+.`. */
  readonly usage: string;
  /** Outer and inner wait types; 0 where unknown or not checked. */
  readonly waitOuter: number;
  readonly waitInner: number;
  readonly acquisitions: number;
  /** Classes that can be reached forwards and backwards, itself included, as lockdep counts them (FD, BD). */
  readonly reach: Reach;
}

export interface Reach {
  readonly forward: number;
  readonly backward: number;
}

/** A dependency: `to` was taken while `from` was held. */
export interface Dependency {
  /** Class ids. */
  readonly from: number;
  readonly to: number;
  /** `EN`, `ER`, `SN`, `SR`: how the ends were taken (exclusively or shared; as recursive reader or not). */
  readonly kinds: readonly string[];
  /** How often `to` was taken so. */
  readonly count: number;
  /**
   * Nothing lay between the two (distance 1), at least once: what /proc/lockdep lists. Otherwise there were locks in between, taken
   * by trylock, on which nothing depends.
   */
  readonly direct: boolean;
  /** It closes a cycle, so lockdep reports it instead of keeping it: /proc/lockdep does not list it. */
  readonly closesCycle: boolean;
  /** Where it was first seen: where `from` was taken, and where `to` was taken under it. */
  readonly held: Where;
  readonly taken: Where;
}

/** Lock classes and their dependencies, direct or not: plain data, for renderers. */
export interface LockGraph {
  readonly classes: readonly LockClass[];
  readonly dependencies: readonly Dependency[];
}

/** A way from one class to another along dependencies; `steps` is empty where both are one. */
export interface DependencyPath {
  readonly from: LockClass;
  readonly to: LockClass;
  /** undefined: there is no way. */
  readonly steps: readonly Dependency[] | undefined;
}

/** A dependency that only one of two recordings has. */
export interface ChangedDependency {
  readonly from: LockClass;
  readonly to: LockClass;
  readonly dependency: Dependency;
  /** The ends whose class the other recording does not have at all. */
  readonly unknownEnds: readonly ('from' | 'to')[];
}

/** What changed from one recording to another, classes matched by name and kind. */
export interface GraphDiff {
  readonly added: readonly ChangedDependency[];
  readonly vanished: readonly ChangedDependency[];
  /** Dependencies in both. */
  readonly kept: number;
}
