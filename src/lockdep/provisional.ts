import type { DependencyGraph } from './dependency-graph.js';
import type { FindingRecord } from './finding-collector.js';
import { HELD_STRIDE, Held, HeldFlag, type TaskState } from './task-state.js';

/**
 * Findings and dependencies that rest on a held lock are provisional until the lock is released: if it turns out that
 * its release was lost, they never happened.
 */
interface Claim {
  /** Held locks that are still to be released, and dependencies that are still to be confirmed. */
  waitingFor: number;
  void: boolean;
  settle(stands: boolean): void;
  readonly needsRelease: boolean;
  /** Progress of the task when the claim was made. */
  readonly madeAt: number;
  readonly task: TaskState;
}

/** A dependency that no release has confirmed yet. */
interface Support {
  /** Holdings it was seen under, and the last of them. */
  count: number;
  last: number;
  lastTask: TaskState;
  /** Findings whose path goes through it. */
  readonly waiting: Claim[];
}

/** A task that takes so many further locks while it never releases the one in question is not stuck: a release was lost. */
const PROGRESS_LIMIT = 512;

export class ProvisionalClaims {
  readonly #byHolding = new Map<TaskState, Map<number, Claim[]>>();
  readonly #supporters = new Map<number, Support>();
  readonly #graph: DependencyGraph;
  readonly #withdrawn: () => void;

  /** `withdrawn` is called when dependencies were taken back, so that chains are judged again. */
  constructor(graph: DependencyGraph, withdrawn: () => void) {
    this.#graph = graph;
    this.#withdrawn = withdrawn;
  }

  /**
   * An occurrence of a finding that rests on the held locks at `indices` of the task's stack, and on the dependencies of
   * `path`. With `needsRelease` it falls when the recording ends before the locks are released.
   */
  claimFinding(
    record: FindingRecord,
    task: TaskState,
    indices: readonly number[],
    { path = [], needsRelease = false }: { path?: readonly number[]; needsRelease?: boolean } = {},
  ): void {
    const supports = path.flatMap((edge) => this.#supporters.get(edge) ?? []);
    if (indices.length + supports.length === 0) {
      record.confirmed++;
      return;
    }
    const settle = (stands: boolean): void => {
      if (stands) record.confirmed++;
    };
    const claim = this.#claim(task, indices, settle, needsRelease);
    claim.waitingFor += supports.length;
    for (const support of supports) support.waiting.push(claim);
  }

  /** A dependency that was seen with the held lock at `index` as its first end. */
  claimDependency(edge: number, task: TaskState, index: number): void {
    const serial = task.held[index * HELD_STRIDE + Held.Serial];
    const support = this.#supporters.get(edge);
    if (support === undefined) {
      this.#supporters.set(edge, { count: 1, last: serial, lastTask: task, waiting: [] });
    } else {
      if (support.last === serial && support.lastTask === task) return;
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
    for (const claim of claims) advance(claim, released);
  }

  /**
   * The recording ends: what rests on locks that are still held stands if their tasks got stuck or ended there, not if
   * they went on for long without ever releasing them; where nothing is lost (`isWhole`) it stands.
   */
  end(isWhole: boolean): void {
    for (const holdings of this.#byHolding.values()) {
      for (const claims of holdings.values()) {
        for (const claim of claims) {
          const isStuck = isWhole || claim.task.acquisitions - claim.madeAt <= PROGRESS_LIMIT;
          advance(claim, !claim.needsRelease && isStuck);
        }
      }
    }
    this.#byHolding.clear();
  }

  #claim(task: TaskState, indices: readonly number[], settle: (stands: boolean) => void, needsRelease = false): Claim {
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
    return claim;
  }

  #settleDependency(edge: number, stands: boolean): void {
    const support = this.#supporters.get(edge);
    if (support === undefined) return;
    if (!stands && --support.count > 0) return;
    this.#supporters.delete(edge);
    if (!stands) {
      this.#graph.remove(edge);
      this.#withdrawn();
    }
    for (const claim of support.waiting) advance(claim, stands);
  }
}

/** One of the things that a claim waits for has come, or will never come. */
function advance(claim: Claim, came: boolean): void {
  if (claim.void) return;
  if (!came) {
    claim.void = true;
    claim.settle(false);
  } else if (--claim.waitingFor === 0) {
    claim.settle(true);
  }
}
