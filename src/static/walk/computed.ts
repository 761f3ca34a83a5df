import type { TreeStmt } from '../ir/tree.js';
import type { Env } from './env.js';
import { withEnv } from './paths.js';
import { onlyComputes } from './pure.js';
import type { Frame, Jumps, Known, State, Walk } from './walk.js';

type Loop = TreeStmt & { readonly k: 'loop' };

/** What a loop comes to that only computes: its variables, and what conditions told. */
type Ends = readonly { readonly env: Env; readonly known: Known; readonly doubtful: boolean }[];

/** Loops that only compute: what they come to depends on their variables alone, so each runs once for equal ones, whatever is held. */
export class ComputedLoops {
  readonly #ends = new Map<Loop, Map<object, Map<string, Ends>>>();

  clear(): void {
    this.#ends.clear();
  }

  get(loop: Loop, { env, doubtful }: State): Ends | undefined {
    return this.#ends.get(loop)?.get(env.shape)?.get(keyOf(env, doubtful));
  }

  set(loop: Loop, { env, doubtful }: State, ends: Ends): void {
    const shapes = this.#ends.get(loop) ?? new Map<object, Map<string, Ends>>();
    const keys = shapes.get(env.shape) ?? new Map<string, Ends>();
    this.#ends.set(loop, shapes.set(env.shape, keys.set(keyOf(env, doubtful), ends)));
  }
}

function keyOf(env: Env, doubtful: boolean): string {
  return `${doubtful ? 1 : 0}${env.key}`;
}

/** Runs a loop, or takes what it came to before with these variables. */
export function computedLoop(
  w: Walk,
  f: Frame,
  loop: Loop,
  states: readonly State[],
  run: () => readonly State[],
): readonly State[] {
  const [s] = states;
  if (s === undefined || states.length > 1 || w.heap.concrete || s.known.size > 0 || !onlyComputes(w, loop))
    return run();
  const known = w.loops.get(loop, s);
  if (known !== undefined)
    return known.map((end) => ({ ...withEnv(s, end.env), known: end.known, doubtful: end.doubtful }));
  const before = left(f.jumps);
  const uses = w.recursions.unfinishedUses;
  const ends = run();
  const isInside =
    uses === w.recursions.unfinishedUses &&
    left(f.jumps) === before &&
    ends.every(({ locks, needs }) => locks === s.locks && needs === s.needs);
  if (isInside) {
    const kept = ends.map(({ env, known: told, doubtful }) => ({ env, known: told, doubtful }));
    w.loops.set(loop, s, kept);
  }
  return ends;
}

/** How many paths left otherwise than by its end. */
function left({ breaks, continues, returns, throws }: Jumps): number {
  return breaks.length + continues.length + returns.length + throws.length;
}
