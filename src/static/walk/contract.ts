import type { Code, Thing } from './thing.js';
import type { Value } from './value.js';
import type { Frame, State, Walk } from './walk.js';

/** The caller's side of what a function's doc comment asks for. */
export function checkContract(
  _w: Walk,
  _f: Frame,
  _s: State,
  _code: Code,
  _fn: Thing,
  _self: Value | undefined,
  _args: readonly Value[],
  _line: number,
): void {}

/** The function's own side: in a root that anyone may call, what it asks for is so. */
export function enterContract(_w: Walk, _f: Frame, states: readonly State[]): readonly State[] {
  return states;
}
