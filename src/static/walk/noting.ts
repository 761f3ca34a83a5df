import { pathOf } from './callers.js';
import type { Doing } from './conditions.js';
import type { Deed } from './facts.js';
import { type Bits, bitsOf, type Leave, type LockState } from './lock-state.js';
import type { Frame, State, Walk } from './walk.js';

/** A state with its locks and contexts changed; the same one where nothing changes. */
export function changed(w: Walk, s: State, change: Parameters<Walk['states']['change']>[1]): State {
  const locks = w.states.change(s.locks, change);
  if (locks === s.locks) return s;
  const { env, known, needs, doubtful, way } = s;
  return { locks, env, known, needs, doubtful, way };
}

/** The context of a state, in the bits that the engines judge by. */
export function bits(d: Doing, s: State): Bits {
  return bitsOf(d.f.root.base, s.locks, d.w.config);
}

/** Tells the judges of an operation; set-up is not judged. */
export function note(d: Doing, s: State, deed: Deed): void {
  const { w, f, moment } = d;
  if (f.root.id === 'set-up') return;
  w.touched.deed(f.code?.fn);
  const sure = f.sure && !f.split && !s.doubtful && f.maybe === 0;
  w.facts.note({ deed, base: f.root.base, state: s.locks, bits: bits(d, s), moment, root: f.root.id, needs: [], sure });
}

/** The returns that let the locks of a state out. */
export function leftBy(w: Walk, f: Frame, { held }: LockState): readonly Leave[] {
  const way = { path: pathOf(f.call), line: Number.MAX_SAFE_INTEGER };
  const left = held.flatMap((one): readonly Leave[] => {
    const { lock, leak, moment } = one;
    return leak === undefined ? w.leaves.of(lock, w.facts.callers.within(moment.call, way)) : leak.leaves;
  });
  return [...new Map(left.map((leave) => [JSON.stringify({ ...leave, lock: leave.lock.id }), leave])).values()];
}
