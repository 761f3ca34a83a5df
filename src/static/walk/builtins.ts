import type { TreeCall } from '../ir/tree.js';
import { callValue, instanceOf } from './calls.js';
import { ordered } from './lists.js';
import { mergedResults, statesOf } from './paths.js';
import { keyText, ownerKey, type Thing } from './thing.js';
import {
  ANYTHING,
  alternatives,
  CanBe,
  constant,
  FALSE,
  join,
  numberOf,
  type Primitive,
  reference,
  sameValue,
  TRUE,
  truthOf,
  UNDEFINED,
  type Value,
} from './value.js';
import type { Frame, Result, State, Walk } from './walk.js';

/** Arrays, maps and sets: objects of the language that hold others. */
export function isIterable(thing: Thing): boolean {
  return (
    thing.items !== undefined ||
    thing.rest !== undefined ||
    (thing.code === undefined && thing.pending === undefined && thing.cls === undefined && thing.sim === undefined)
  );
}

/** Elements that are followed one by one. */
const MOST_ITEMS = 64;

/** Calls a method of an array, a map or a set; undefined where there is none of that name. */
export function callArray(
  w: Walk,
  f: Frame,
  s: State,
  list: Thing,
  name: string,
  args: readonly Value[],
  e: TreeCall,
): readonly Result[] | undefined {
  const [first = UNDEFINED] = args;
  const plain = (v: Value): readonly Result[] => [{ s, v }];
  switch (name) {
    case 'map':
    case 'flatMap':
      return mapItems(w, f, s, list, first, e, name);
    case 'forEach':
      return eachItem(w, f, s, list, first, e).map((at) => ({ s: at, v: UNDEFINED }));
    case 'filter':
      return filterItems(w, f, s, list, first, e);
    case 'find':
    case 'findLast':
      return filterItems(w, f, s, list, first, e).map(({ s: at, v }) => {
        const found = v.t === 'ref' ? (v.o.items?.[0] ?? v.o.rest) : undefined;
        return {
          s: at,
          v:
            found === undefined ? UNDEFINED : v.t === 'ref' && v.o.items !== undefined ? found : join(found, UNDEFINED),
        };
      });
    case 'some':
    case 'every':
      return anyItem(w, f, s, list, first, e, name === 'some');
    case 'findIndex':
    case 'findLastIndex':
      return eachItem(w, f, s, list, first, e).map((at) => ({ s: at, v: ANYTHING }));
    case 'reduce':
    case 'reduceRight':
      return reduceItems(w, f, s, list, args, e);
    case 'sort':
    case 'reverse':
    case 'toSorted':
    case 'toReversed':
      return plain(inOrder(w, f, s, list, name, first, e));
    case 'push':
    case 'unshift':
    case 'add':
      for (const arg of args) {
        if (name === 'add' && list.items?.some((item) => sameValue(item, arg)) === true) continue;
        put(list, arg, name === 'unshift');
      }
      return plain(name === 'add' ? reference(list) : ANYTHING);
    case 'set':
      list.putKey(first, args[1] ?? UNDEFINED);
      return plain(reference(list));
    case 'get':
      return plain(getKey(list, first, e, w));
    case 'pop':
    case 'shift':
    case 'at':
      return plain(taken(list, name, first));
    case 'entries':
      return plain(pairs(w, f, list, e));
    case 'values':
    case 'slice':
    case 'concat':
    case 'splice':
    case 'toSpliced':
    case 'with':
    case 'flat':
      return plain(copy(w, f, list, name, args, e));
    case 'delete':
    case 'clear':
      removed(list, name === 'delete' ? first : undefined);
      return plain(ANYTHING);
    case 'has':
    case 'includes':
      return plain(contains(list, first));
    case 'keys': {
      const keys = list.entries?.map(([key]) => key) ?? list.items?.map((_, i) => constant(i));
      return plain(keys === undefined ? ANYTHING : newList(w, f, e, keys, undefined));
    }
    case 'fill':
      filled(list, first);
      return plain(reference(list));
    case 'indexOf':
    case 'lastIndexOf':
    case 'join':
      return plain(ANYTHING);
    default:
      return undefined;
  }
}

function put(list: Thing, value: Value, front: boolean): void {
  if (list.items !== undefined && list.heap.concrete && list.items.length < 4 * MOST_ITEMS) {
    if (front) list.items.unshift(value);
    else list.items.push(value);
    return;
  }
  list.blur();
  list.add(value);
}

/** Each element of a list gets one value; which of them do where that is not said of all does not matter. */
function filled(list: Thing, value: Value): void {
  if (list.items !== undefined && list.heap.concrete) list.items = list.items.map(() => value);
  else {
    list.blur();
    list.add(value);
  }
}

/** A list put in order: during set-up the list itself, later another one, since the old one may be seen elsewhere. */
function inOrder(w: Walk, f: Frame, s: State, list: Thing, name: string, compare: Value, e: TreeCall): Value {
  const { items } = list;
  if (items === undefined) return name.startsWith('to') ? newList(w, f, e, undefined, list.element) : reference(list);
  const isGiven = compare.t !== 'const';
  const left = ordered(w, f, s, items, name, isGiven ? compare : undefined, e);
  if (name.startsWith('to') || !list.heap.concrete) return newList(w, f, e, left, undefined);
  list.items = [...left];
  return reference(list);
}

function getKey(list: Thing, key: Value, e: TreeCall, w: Walk): Value {
  const text = keyText(key);
  const known = text === undefined ? undefined : list.fields.get(text);
  if (known !== undefined) return known;
  if (text !== undefined && list.entries !== undefined) return UNDEFINED;
  return list.rest === undefined
    ? e.ty === ''
      ? UNDEFINED
      : join(instanceOf(w, e.ty, e.text), UNDEFINED)
    : join(list.rest, UNDEFINED);
}

/** Whether a list of known elements has one: strings and numbers are compared, and nothing is in what is empty. */
function contains(list: Thing, value: Value): Value {
  const { items, entries } = list;
  const text = keyText(value);
  if (entries !== undefined && text !== undefined) return constant(list.keys.has(text));
  if (items === undefined) return list.rest === undefined && list.heap.concrete ? FALSE : ANYTHING;
  if (items.length === 0) return FALSE;
  if (text !== undefined && items.every((item) => keyText(item) !== undefined))
    return constant(items.some((item) => keyText(item) === text));
  return ANYTHING;
}

/** An entry is taken out of a map or a set, or all are. */
function removed(list: Thing, key: Value | undefined): void {
  const text = key === undefined ? undefined : keyText(key);
  if (list.heap.concrete && list.heap.uncertain === 0 && !list.many && (key === undefined || text !== undefined)) {
    for (const one of key === undefined ? [...list.keys.keys()] : [text ?? '']) {
      list.keys.delete(one);
      list.fields.delete(one);
    }
    list.items = key === undefined ? [] : list.items?.filter((item) => keyText(item) !== text);
  } else {
    list.unkeyed = true;
    if (list.items !== undefined) list.blur();
  }
}

function taken(list: Thing, name: string, index: Value): Value {
  const { items } = list;
  if (items === undefined) return list.rest === undefined ? UNDEFINED : join(list.rest, UNDEFINED);
  if (name === 'at') {
    const at = numberOf(index);
    return at === undefined ? (list.element ?? UNDEFINED) : (items.at(at) ?? UNDEFINED);
  }
  if (!list.heap.concrete) return list.element === undefined ? UNDEFINED : join(list.element, UNDEFINED);
  return (name === 'pop' ? items.pop() : items.shift()) ?? UNDEFINED;
}

/** A list of its own; in the order of `items` where they are given. */
function newList(w: Walk, f: Frame, e: TreeCall, items: readonly Value[] | undefined, rest: Value | undefined): Value {
  const place = `${f.call.file}:${f.call.function}:${e.p}${e.line}${e.text}${ownerKey(f.self)}`;
  if (rest === undefined) return reference(w.heap.makeList(place, items ?? []));
  const thing = w.heap.make(place);
  for (const item of items ?? []) thing.add(item);
  thing.add(rest);
  return reference(thing);
}

/** `Array(length)`, `new Array(length)`, and lists of their arguments otherwise. */
export function newArray(w: Walk, f: Frame, e: TreeCall, args: readonly Value[], name: string): Value {
  const [length] = args;
  if (name !== 'Array' || args.length !== 1 || length?.t === 'ref') return newList(w, f, e, args, undefined);
  const known = numberOf(length);
  if (known === undefined || known > MOST_ITEMS) return newList(w, f, e, undefined, UNDEFINED);
  return newList(w, f, e, new Array<Value>(known).fill(UNDEFINED), undefined);
}

/** What `entries()` of a list or a map gives. */
export function pairs(w: Walk, f: Frame, list: Thing, e: TreeCall): Value {
  const pair = (index: Value, value: Value): Value => newList(w, f, { ...e, p: 'pair' }, [index, value], undefined);
  const made =
    list.entries?.map(([key, value]) => pair(key, value)) ?? list.items?.map((item, i) => pair(constant(i), item));
  if (made !== undefined) return newList(w, f, e, made, undefined);
  const element = list.element;
  if (element === undefined) return newList(w, f, e, [], undefined);
  const thing = w.heap.make(`${f.call.file}:${f.call.function}:pair${e.line}${ownerKey(f.self)}`);
  thing.put('0', ANYTHING);
  thing.put('1', element);
  return newList(w, f, e, undefined, reference(thing));
}

function copy(w: Walk, f: Frame, list: Thing, name: string, args: readonly Value[], e: TreeCall): Value {
  let items: readonly Value[] | undefined = list.items ?? list.entries?.map(([, value]) => value);
  let rest = items === undefined ? list.element : undefined;
  if (items !== undefined && name === 'slice') {
    const from = numberOf(args[0]) ?? (args[0] === undefined ? 0 : undefined);
    const to = args[1] === undefined ? items.length : numberOf(args[1]);
    if (from === undefined || to === undefined) {
      rest = list.element;
      items = undefined;
    } else items = items.slice(from, to);
  }
  if (name === 'concat') {
    for (const arg of args) {
      for (const part of alternatives(arg)) {
        if (part.t === 'ref' && part.o.items !== undefined && items !== undefined) items = [...items, ...part.o.items];
        else if (part.t === 'ref' && part.o.element !== undefined)
          rest = rest === undefined ? part.o.element : join(rest, part.o.element);
      }
    }
  }
  return newList(w, f, e, items, rest);
}

/** What a callback is given: elements one by one, or any. */
function turns(list: Thing): readonly (readonly [Value, Value])[] {
  const { items, entries } = list;
  if (entries !== undefined && entries.length <= MOST_ITEMS)
    return entries.map(([key, value]) => [value, key] as const);
  if (items !== undefined && items.length <= MOST_ITEMS) return items.map((item, i) => [item, constant(i)] as const);
  const { element } = list;
  return element === undefined ? [] : [[element, ANYTHING]];
}

function eachItem(w: Walk, f: Frame, s: State, list: Thing, callback: Value, e: TreeCall): readonly State[] {
  let states: readonly State[] = [s];
  for (const [item, index] of turns(list)) {
    states = statesOf(
      states.flatMap((at) => callValue(w, f, at, callback, undefined, [item, index, reference(list)], e)),
    );
  }
  return states;
}

/** `some()` and `every()`: what they come to where the callback's answers are known. */
function anyItem(
  w: Walk,
  f: Frame,
  s: State,
  list: Thing,
  callback: Value,
  e: TreeCall,
  some: boolean,
): readonly Result[] {
  const isExact = list.items !== undefined && list.items.length <= MOST_ITEMS;
  let open: readonly Result[] = [{ s, v: isExact ? constant(!some) : ANYTHING }];
  const done: Result[] = [];
  for (const [item, index] of turns(list)) {
    open = open.flatMap((path) =>
      callValue(w, f, path.s, callback, undefined, [item, index, reference(list)], e).flatMap(({ s: at, v }) => {
        const truth = truthOf(v);
        if (truth & (some ? CanBe.True : CanBe.False)) done.push({ s: at, v: constant(some) });
        return truth & (some ? CanBe.False : CanBe.True) ? [{ s: at, v: path.v }] : [];
      }),
    );
  }
  return mergedResults([...done, ...open]);
}

function reduceItems(w: Walk, f: Frame, s: State, list: Thing, args: readonly Value[], e: TreeCall): readonly Result[] {
  const [callback = ANYTHING, initial] = args;
  const isExact = list.items !== undefined && list.items.length <= MOST_ITEMS;
  const given = e.p === 'reduceRight' ? [...turns(list)].reverse() : [...turns(list)];
  const start = initial ?? given.shift()?.[0] ?? UNDEFINED;
  let paths: readonly Result[] = [{ s, v: isExact ? start : join(start, ANYTHING) }];
  for (const [item, index] of given) {
    paths = paths.flatMap((path) =>
      callValue(w, f, path.s, callback, undefined, [path.v, item, index, reference(list)], e),
    );
  }
  return isExact ? paths : paths.map((path) => ({ s: path.s, v: join(path.v, start) }));
}

function mapItems(
  w: Walk,
  f: Frame,
  s: State,
  list: Thing,
  callback: Value,
  e: TreeCall,
  name: string,
): readonly Result[] {
  let paths: readonly { s: State; vs: readonly Value[] }[] = [{ s, vs: [] }];
  for (const [item, index] of turns(list)) {
    paths = paths.flatMap((path) =>
      callValue(w, f, path.s, callback, undefined, [item, index, reference(list)], e).map(({ s: at, v }) => ({
        s: at,
        vs: [...path.vs, v],
      })),
    );
  }
  return paths.map(({ s: at, vs }) => {
    const flat =
      name === 'map'
        ? vs
        : vs.flatMap(alternatives).flatMap((v): readonly Value[] => {
            if (v.t !== 'ref' || !isIterable(v.o)) return [v];
            return v.o.items ?? (v.o.rest === undefined ? [] : [v.o.rest]);
          });
    if (list.items !== undefined && list.items.length <= MOST_ITEMS)
      return { s: at, v: newList(w, f, e, flat, undefined) };
    return { s: at, v: newList(w, f, e, undefined, flat.length === 0 ? undefined : flat.reduce((a, b) => join(a, b))) };
  });
}

function filterItems(w: Walk, f: Frame, s: State, list: Thing, callback: Value, e: TreeCall): readonly Result[] {
  let paths: readonly { s: State; vs: readonly Value[]; exact: boolean }[] = [
    { s, vs: [], exact: list.items !== undefined && list.items.length <= MOST_ITEMS },
  ];
  for (const [item, index] of turns(list)) {
    paths = paths.flatMap((path) =>
      callValue(w, f, path.s, callback, undefined, [item, index, reference(list)], e).map(({ s: at, v }) => {
        const truth = truthOf(v);
        const kept = (truth & CanBe.True) === 0 ? undefined : item;
        return {
          s: at,
          vs: kept === undefined ? path.vs : [...path.vs, kept],
          exact: path.exact && truth !== CanBe.Either,
        };
      }),
    );
  }
  return paths.map(({ s: at, vs, exact }) => ({
    s: at,
    v: exact
      ? newList(w, f, e, vs, undefined)
      : newList(w, f, e, undefined, vs.length === 0 ? undefined : vs.reduce((a, b) => join(a, b))),
  }));
}

/** Calls a method of a string. */
export function callString(text: string, name: string, args: readonly Value[]): Value {
  const given = args.map((arg): Primitive => (arg.t === 'const' ? arg.v : undefined));
  const [first] = given;
  if (typeof first === 'string') {
    if (name === 'startsWith') return text.startsWith(first) ? TRUE : FALSE;
    if (name === 'endsWith') return text.endsWith(first) ? TRUE : FALSE;
    if (name === 'includes') return text.includes(first) ? TRUE : FALSE;
  }
  if (name === 'toUpperCase') return constant(text.toUpperCase());
  return name === 'toLowerCase' ? constant(text.toLowerCase()) : ANYTHING;
}

function pairOf(w: Walk, f: Frame, e: TreeCall, [key, value]: readonly [Value, Value]): Value {
  return newList(w, f, { ...e, p: 'pair' }, [key, value], undefined);
}

/** Functions of the language itself; undefined where the call is none of these. */
export function callGlobalFunction(
  w: Walk,
  f: Frame,
  s: State,
  args: readonly Value[],
  e: TreeCall,
): readonly Result[] | undefined {
  const name = e.text.split('(')[0] ?? '';
  const [first = UNDEFINED, second] = args;
  const plain = (v: Value): readonly Result[] => [{ s, v }];
  if (name.endsWith('.bind') || name.endsWith('.call') || name.endsWith('.apply')) return undefined;
  switch (name) {
    case 'Array.from': {
      const length = first.t === 'ref' ? numberOf(first.o.fields.get('length')) : undefined;
      const items =
        length !== undefined && length <= MOST_ITEMS
          ? Array.from({ length }, (): Value => UNDEFINED)
          : first.t === 'ref'
            ? first.o.items
            : undefined;
      const list = newList(
        w,
        f,
        { ...e, p: 'from' },
        items,
        items === undefined ? (first.t === 'ref' ? first.o.element : ANYTHING) : undefined,
      );
      if (second === undefined || list.t !== 'ref') return plain(list);
      return mapItems(w, f, s, list.o, second, e, 'map');
    }
    case 'Array':
    case 'Array.of':
      return plain(newArray(w, f, { ...e, p: 'of' }, args, name));
    case 'Object.values':
    case 'Object.entries':
    case 'Object.keys': {
      if (first.t !== 'ref') return plain(ANYTHING);
      const fields = [...first.o.fields];
      const items = fields.map(
        ([key, value]): Value =>
          name === 'Object.values'
            ? value
            : name === 'Object.keys'
              ? constant(key)
              : newList(w, f, { ...e, p: `pair ${key}` }, [constant(key), value], undefined),
      );
      return plain(newList(w, f, { ...e, p: 'fields' }, items, undefined));
    }
    case 'Math.max':
    case 'Math.min': {
      const numbers = args.map((arg) => numberOf(arg));
      if (numbers.some((n) => n === undefined)) return plain(ANYTHING);
      const known = numbers.map(Number);
      return plain(constant(name === 'Math.max' ? Math.max(...known) : Math.min(...known)));
    }
    case 'Math.floor':
    case 'Math.ceil':
    case 'Math.round':
    case 'Math.abs': {
      const n = numberOf(first);
      if (n === undefined) return plain(ANYTHING);
      return plain(
        constant(
          name === 'Math.floor'
            ? Math.floor(n)
            : name === 'Math.ceil'
              ? Math.ceil(n)
              : name === 'Math.abs'
                ? Math.abs(n)
                : Math.round(n),
        ),
      );
    }
    case 'String':
      return plain(first.t === 'const' ? constant(String(first.v)) : ANYTHING);
    case 'Boolean': {
      const truth = truthOf(first);
      return plain(truth === CanBe.Either ? ANYTHING : constant(truth === CanBe.True));
    }
    case 'Object.fromEntries': {
      const list =
        first.t === 'ref' ? (first.o.items ?? first.o.entries?.map((pair) => pairOf(w, f, e, pair))) : undefined;
      const record = new Map<string, Value>();
      for (const pair of list ?? []) {
        const [key, value] = pair.t === 'ref' ? (pair.o.items ?? []) : [];
        if (key?.t !== 'const' || value === undefined) return plain(ANYTHING);
        record.set(String(key.v), value);
      }
      if (list === undefined) return plain(ANYTHING);
      return plain(reference(w.heap.makeRecord(`${f.call.file}:${f.call.function}:fromEntries${e.line}`, record)));
    }
    case 'Object.assign':
      for (const to of alternatives(first)) {
        if (to.t !== 'ref' || to.o.sim !== undefined) continue;
        for (const from of args.slice(1).flatMap(alternatives))
          if (from.t === 'ref') for (const [field, value] of from.o.fields) to.o.put(field, value);
      }
      return plain(first);
    case 'Object.freeze':
    case 'Object.seal':
      return plain(first);
    default:
      return /^(?:console|Math|Number|Object|Array|JSON|Symbol|Reflect|Date|process|structuredClone)\b/.test(name)
        ? plain(ANYTHING)
        : undefined;
  }
}

/** call(), apply() and bind() of a function; undefined for other methods. */
export function callFunctionMethod(
  w: Walk,
  f: Frame,
  s: State,
  fn: Thing,
  args: readonly Value[],
  e: TreeCall,
  bind: (fn: Thing, self: Value, bound: readonly Value[]) => Value,
): readonly Result[] | undefined {
  const [self = UNDEFINED, ...rest] = args;
  if (e.p === 'bind') return [{ s, v: bind(fn, self, rest) }];
  if (e.p === 'call') return callValue(w, f, s, bind(fn, self, []), self, rest, e);
  if (e.p !== 'apply') return undefined;
  const list = rest[0];
  return callValue(w, f, s, bind(fn, self, []), self, list?.t === 'ref' ? (list.o.items ?? []) : [], e);
}
