import type { TreeCall } from '../ir/tree.js';
import { withVariable } from './paths.js';
import { constant, reference, type Simple, UNDEFINED, type Value } from './value.js';
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
  const after = (left: readonly Value[], v: Value): readonly Result[] => {
    // Whatever was put into it, it is the list that was made there.
    const made = w.heap.makeList(place ?? `${f.call.file}:${f.call.function}:${name}[]`, left);
    return [{ s: withVariable(s, name, reference(made)), v }];
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
    default:
      return undefined;
  }
}
