import type { Call, HeldLock, LockState } from './lock-state.js';

/** Calls of equal outcome that are remembered, of which one was walked. */
const MOST_ALIKE = 16;

/** A call as part of a path: so many calls of the path lead to it, less one. */
interface Shared {
  readonly call: Call;
  readonly shared: number;
}

/** The way to an operation: calls from a root to the innermost, and a line there. */
export interface WayTo {
  readonly path: readonly Call[];
  readonly line: number;
}

/** Calls of functions that return with locks: those that were walked, and those whose outcome was known from one that was. */
export class Callers {
  readonly #alike = new Map<Call, Call[]>();

  /** The outcome of a call is known from an earlier one, `walked`. */
  note(walked: Call, call: Call): void {
    const calls = this.#alike.get(walked) ?? [];
    this.#alike.set(walked, calls);
    if (calls.length < MOST_ALIKE && !calls.some((other) => other.parent === call.parent && other.line === call.line))
      calls.push(call);
  }

  /**
   * The calls that lead to where a lock was taken, as part of the way to a later operation: of those that come to the same the ones that have
   * most in common with it, and of these the last before it.
   */
  within(call: Call, way: WayTo): Call {
    return this.#alike.size === 0 ? call : this.#best(call, way, new Map()).call;
  }

  #best(call: Call, way: WayTo, known: Map<Call, Shared>): Shared {
    const at = known.get(call);
    if (at !== undefined) return at;
    const own = { call, shared: way.path.indexOf(call) };
    known.set(call, own);
    if (own.shared >= 0) return own;
    let best: (Shared & { readonly rank: number }) | undefined;
    for (const one of [call, ...(this.#alike.get(call) ?? [])]) {
      if (one.parent === undefined) continue;
      const { call: parent, shared } = this.#best(one.parent, way, known);
      const rank = parent === way.path[shared] ? before(one.line, way.path[shared + 1]?.line ?? way.line) : 0;
      if (best !== undefined && (shared < best.shared || (shared === best.shared && rank <= best.rank))) continue;
      best = { call: parent === one.parent ? one : { ...one, parent }, shared, rank };
    }
    if (best !== undefined) known.set(call, best);
    return best ?? own;
  }
}

/** No file has more. */
const MOST_LINES = 1e9;

/** How likely it is that a line came before another one of the same function: in a loop what is later in the text may have, too. */
function before(line: number, other: number): number {
  if (line < other) return 2 + line / MOST_LINES;
  return line === other ? 2 : 1;
}

/** Calls from a root to the innermost one. */
export function pathOf(call: Call): readonly Call[] {
  const path: Call[] = [];
  for (let at: Call | undefined = call; at !== undefined; at = at.parent) path.unshift(at);
  return path;
}

/** Whether more locks are held after than before. */
export function leavesLocks(before: LockState, ends: readonly { readonly locks: LockState }[]): boolean {
  const has = new Set<HeldLock>(before.held);
  return ends.some(({ locks }) => locks !== before && locks.held.some((held) => !has.has(held)));
}
