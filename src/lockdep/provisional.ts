import type { DependencyGraph } from './dependency-graph.js';
import type { FindingRecord } from './finding-collector.js';
import { HELD_STRIDE, Held, HeldFlag, type TaskState } from './task-state.js';

/**
 * Findings and dependencies that rest on a held lock are provisional until the lock is released: if it turns out that
 * its release was lost, they never happened.
 */
interface Claim {
  /** Held locks that are still to be released. */
  waitingFor: number;
  void: boolean;
  settle(stands: boolean): void;
  readonly needsRelease: boolean;
  /** Progress of the task when the claim was made. */
  readonly madeAt: number;
  readonly task: TaskState;
}

/** A task that takes so many further locks while it never releases the one in question is not stuck: a release was lost. */
const PROGRESS_LIMIT = 512;

export class ProvisionalClaims {
  readonly #byHolding = new Map<TaskState, Map<number, Claim[]>>();
  readonly #supporters = new Map<number, { count: number; confirmed: boolean; last: number; lastTask: TaskState }>();
  readonly #graph: DependencyGraph;
  readonly #withdrawn: () => void;

  /** `withdrawn` is called when dependencies were taken back, so that chains are judged again. */
  constructor(graph: DependencyGraph, withdrawn: () => void) {
    this.#graph = graph;
    this.#withdrawn = withdrawn;
  }

  /**
   * An occurrence of a finding that rests on the held locks at `indices` of the task's stack. With `needsRelease` it falls
   * when the recording ends before they are released.
   */
  claimFinding(record: FindingRecord, task: TaskState, indices: readonly number[], needsRelease = false): void {
    if (indices.length === 0) {
      record.confirmed++;
      return;
    }
    const settle = (stands: boolean): void => {
      if (stands) record.confirmed++;
    };
    this.#claim(task, indices, settle, needsRelease);
  }

  /** A dependency that was seen with the held lock at `index` as its first end. */
  claimDependency(edge: number, task: TaskState, index: number): void {
    const serial = task.held[index * HELD_STRIDE + Held.Serial];
    const support = this.#supporters.get(edge);
    if (support === undefined) {
      this.#supporters.set(edge, { count: 1, confirmed: false, last: serial, lastTask: task });
    } else {
      if (support.confirmed || (support.last === serial && support.lastTask === task)) return;
      support.count++;
      support.last = serial;
      support.lastTask = task;
    }
    this.#claim(task, [index], (stands) => this.#settleDependency(edge, stands));
  }

  /** Whether the dependency still needs a release to be believed. */
  isProvisional(edge: number): boolean {
    return this.#supporters.has(edge);
  }

  /** The held lock was released in order, or its release was lost. */
  settle(task: TaskState, serial: number, released: boolean): void {
    const holdings = this.#byHolding.get(task);
    const claims = holdings?.get(serial);
    if (holdings === undefined || claims === undefined) return;
    holdings.delete(serial);
    if (holdings.size === 0) this.#byHolding.delete(task);
    for (const claim of claims) {
      if (claim.void) continue;
      if (!released) {
        claim.void = true;
        claim.settle(false);
      } else if (--claim.waitingFor === 0) {
        claim.settle(true);
      }
    }
  }

  /**
   * The recording ends: what rests on locks that are still held stands if their tasks got stuck or ended there, not if
   * they went on for long without ever releasing them.
   */
  end(): void {
    for (const holdings of this.#byHolding.values()) {
      for (const claims of holdings.values()) {
        for (const claim of claims) {
          if (claim.void) continue;
          claim.void = true;
          claim.settle(!claim.needsRelease && claim.task.acquisitions - claim.madeAt <= PROGRESS_LIMIT);
        }
      }
    }
    this.#byHolding.clear();
  }

  #claim(task: TaskState, indices: readonly number[], settle: (stands: boolean) => void, needsRelease = false): void {
    const claim: Claim = {
      waitingFor: indices.length,
      void: false,
      settle,
      needsRelease,
      madeAt: task.acquisitions,
      task,
    };
    let holdings = this.#byHolding.get(task);
    if (holdings === undefined) {
      holdings = new Map();
      this.#byHolding.set(task, holdings);
    }
    for (const index of indices) {
      const at = index * HELD_STRIDE;
      task.held[at + Held.Flags] |= HeldFlag.HasProvisional;
      const serial = task.held[at + Held.Serial];
      const claims = holdings.get(serial);
      if (claims === undefined) holdings.set(serial, [claim]);
      else claims.push(claim);
    }
  }

  #settleDependency(edge: number, stands: boolean): void {
    const support = this.#supporters.get(edge);
    if (support === undefined) return;
    if (stands) {
      this.#supporters.delete(edge);
      return;
    }
    if (--support.count > 0) return;
    this.#supporters.delete(edge);
    this.#graph.remove(edge);
    this.#withdrawn();
  }
}
