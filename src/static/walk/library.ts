import type { TreeCall } from '../ir/tree.js';
import { callArray } from './builtins.js';
import { callValue, instanceOf } from './calls.js';
import { ANYTHING, alternatives, type Value } from './value.js';
import type { Frame, Result, State, Walk } from './walk.js';

/** Interfaces of the language's library whose methods keep nothing that they are given, and call it before they return. */
const COMPUTES =
  /^(?:String|Number|Boolean|BigInt|Symbol|RegExp\w*|Date|Math|JSON|\w+Array(?<!ReadonlyArray)|ArrayBuffer|DataView|Intl\w*)\./;
/** Those that hold what they are given. */
const HOLDS = /^(?:Weak|Readonly)?(?:Array|Map|Set)\./;

/**
 * Calls a method of the language's library on something that is not known. undefined where it may do what is not followed: keep a
 * function, or call one later.
 */
export function callLibrary(
  w: Walk,
  f: Frame,
  s: State,
  args: readonly Value[],
  e: TreeCall,
): readonly Result[] | undefined {
  const { lib = '' } = e;
  const v = e.ty === '' ? ANYTHING : instanceOf(w, e.ty, e.text.split('(')[0] ?? '');
  if (HOLDS.test(lib)) return callUnknownList(w, f, s, args, e, ANYTHING);
  if (!COMPUTES.test(lib)) return undefined;
  let states: readonly State[] = [s];
  for (const given of args.flatMap(alternatives)) {
    if (given.t !== 'ref' || given.o.code === undefined) continue;
    states = states.flatMap((at) => [at, ...callValue(w, f, at, given, undefined, [], e).map((result) => result.s)]);
  }
  return states.map((at) => ({ s: at, v }));
}

/** A method of an array, a map or a set of which only is known what its elements are. */
export function callUnknownList(
  w: Walk,
  f: Frame,
  s: State,
  args: readonly Value[],
  e: TreeCall,
  element: Value,
  { text, ty } = ANYTHING,
): readonly Result[] | undefined {
  const list = w.heap.make(`${f.call.file}:${text}:list`);
  list.isMap = ty.startsWith('map:') || /^(?:Weak|Readonly)?Map\./.test(e.lib ?? '');
  list.add(element);
  return callArray(w, f, s, list, e.p, args, e);
}
