import type { TreeCall } from '../ir/tree.js';
import { callValue } from './calls.js';
import { withVariable } from './paths.js';
import { constant, numberOf, reference, type Simple, textOfValue, UNDEFINED, type Value } from './value.js';
import type { Frame, Result, State, Walk } from './walk.js';

/**
 * push(), pop() and the like of a list that only its function sees: what is in it is known on each path, so the variable gets another
 * list. undefined for other methods, and where its elements are not known.
 */
export function changeOwnList(
  w: Walk,
  f: Frame,
  s: State,
  name: string,
  list: Simple,
  args: readonly Value[],
  e: TreeCall,
): readonly Result[] | undefined {
  const { items, place } = list.t === 'ref' ? list.o : { items: undefined, place: undefined };
  if (items === undefined) return undefined;
  const [first] = items;
  // Without a value of its own the call returns the list. Whatever was put into it, it is the list that was made there.
  const after = (left: readonly Value[], v: Value | undefined): readonly Result[] => {
    const made = reference(w.heap.makeList(place ?? `${f.call.file}:${f.call.function}:${name}[]`, left));
    return [{ s: withVariable(s, name, made), v: v ?? made }];
  };
  switch (e.p) {
    case 'push':
      return after([...items, ...args], constant(items.length + args.length));
    case 'unshift':
      return after([...args, ...items], constant(items.length + args.length));
    case 'pop':
      return after(items.slice(0, -1), items.at(-1) ?? UNDEFINED);
    case 'shift':
      return after(items.slice(1), first ?? UNDEFINED);
    case 'reverse':
    case 'sort':
      return after(ordered(w, f, s, items, e.p, args[0], e), undefined);
    default:
      return undefined;
  }
}

/** Elements that are put in order. */
const MOST_SORTED = 32;

/**
 * What reverse() and sort() leave of these elements. Where the comparison's answers are not known, such as those of addresses, objects of
 * the set-up come in the order in which they were made: one order, whatever it is, as whoever sorts locks before taking them means it.
 */
export function ordered(
  w: Walk,
  f: Frame,
  s: State,
  items: readonly Value[],
  name: string,
  compare: Value | undefined,
  e: TreeCall,
): readonly Value[] {
  if (name === 'reverse' || name === 'toReversed') return [...items].reverse();
  if (items.length > MOST_SORTED) return items;
  let isKnown = true;
  const sorted = [...items].sort((a, b) => {
    const order = isKnown ? comparison(w, f, s, a, b, compare, e) : undefined;
    if (order === undefined) isKnown = false;
    return order ?? 0;
  });
  if (isKnown) return sorted;
  const ids = items.map((item) => (item.t === 'ref' && !item.o.many ? item.o.id : undefined));
  if (ids.includes(undefined)) return items;
  return items
    .map((item, i) => ({ item, id: Number(ids[i]) }))
    .sort((a, b) => a.id - b.id)
    .map(({ item }) => item);
}

function comparison(
  w: Walk,
  f: Frame,
  s: State,
  a: Value,
  b: Value,
  compare: Value | undefined,
  e: TreeCall,
): number | undefined {
  if (compare !== undefined) {
    const [only, ...others] = callValue(w, f, s, compare, undefined, [a, b], { ...e, op: true });
    return others.length === 0 ? numberOf(only?.v) : undefined;
  }
  const [left, right] = [a, b].map((value) => textOfValue(value) ?? numberOf(value)?.toString());
  if (left === undefined || right === undefined) return undefined;
  return left < right ? -1 : left > right ? 1 : 0;
}
