import type { TreeUnit } from '../ir/tree.js';
import { NOTHING_KNOWN } from './known.js';
import type { Call } from './lock-state.js';
import { newJumps } from './paths.js';
import { UNDEFINED } from './value.js';
import type { Frame, State, Walk } from './walk.js';

/** Runs what stands outside functions in a file, once. */
export function boot(w: Walk, file: string): void {
  if (w.booted.has(file)) return;
  w.booted.add(file);
  const unit = w.program.units.get(file);
  if (unit === undefined) return;
  const was = w.heap.concrete;
  w.heap.concrete = true;
  w.to.execute(w, moduleFrame(w, unit), unit.body, [startState(w)]);
  w.heap.concrete = was;
}

export function moduleFrame(w: Walk, unit: TreeUnit): Frame {
  return outermostFrame(unit, '', setupRoot(w));
}

/** The frame that a root begins with: nobody calls it. */
export function outermostFrame(unit: TreeUnit, name: string, root: Frame['root']): Frame {
  const call: Call = { parent: undefined, file: unit.file, function: name, line: 0 };
  return {
    code: undefined,
    unit,
    call,
    root,
    self: undefined,
    sure: true,
    split: false,
    jumps: newJumps(),
    signals: new Map(),
    waits: new Set(),
    released: new Set(),
    broken: new Set(),
    maybe: 0,
    several: 0,
  };
}

/** The root of set-up code: what it does by itself is not judged. */
export function setupRoot(w: Walk): Frame['root'] {
  return {
    id: 'set-up',
    name: 'set-up',
    base: { kind: 'task', threaded: false, open: true },
    body: UNDEFINED,
    state: emptyLocks(w),
    around: undefined,
    signals: undefined,
    args: [],
    self: undefined,
    doubtful: false,
    cpu: undefined,
  };
}

export function emptyLocks(w: Walk): State['locks'] {
  return w.states.of({ held: [], irqsOff: false, preempt: 0, bh: 0, lockdepOff: 0 });
}

export function startState(w: Walk): State {
  return { locks: emptyLocks(w), env: w.noVariables, known: NOTHING_KNOWN, needs: [], doubtful: false, way: undefined };
}
