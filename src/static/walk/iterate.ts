import { ITERATOR, type TreeCall } from '../ir/tree.js';
import { callValue, plainCall } from './calls.js';
import { getMember } from './members.js';
import { withVariable } from './paths.js';
import { begunName, runOne, yieldsOf } from './pending.js';
import type { Thing } from './thing.js';
import { ANYTHING, alternatives, join, reference, TRUE, UNDEFINED, type Value } from './value.js';
import type { Frame, Result, State, Walk } from './walk.js';

/**
 * Runs what is gone through: a generator, or what an object's `[Symbol.iterator]` makes. The values are what it yields, one by one in
 * any order; undefined where the value is neither.
 */
export function yielded(w: Walk, f: Frame, s: State, v: Value, line: number): readonly Result[] | undefined {
  if (v.t !== 'ref') return undefined;
  const { pending } = v.o;
  const code = pending?.of.code;
  if (pending !== undefined && code !== undefined)
    return runOne(w, f, s, pending, line).map((result) => ({ s: result.s, v: yieldsOf(w, pending, code) }));
  const made = iteratorOf(w, f, s, v, line);
  return made?.flatMap((result) => yielded(w, f, result.s, result.v, line) ?? stepped(w, f, result, line));
}

/** Calls `[Symbol.iterator]` of an object of the sources; undefined where it has none. */
export function iteratorOf(w: Walk, f: Frame, s: State, v: Value, line: number): readonly Result[] | undefined {
  if (v.t !== 'ref' || v.o.pending !== undefined || (v.o.cls === undefined && !v.o.fields.has(ITERATOR)))
    return undefined;
  const call: TreeCall = { ...plainCall(ITERATOR, line), p: ITERATOR, op: false };
  const found = getMember(w, f, s, v, ITERATOR, '', ITERATOR, '');
  if (!found.every((one) => one.v.t === 'ref' && one.v.o.code !== undefined)) return undefined;
  return found.flatMap((one) => callValue(w, f, one.s, one.v, v, [], call));
}

/** An iterator that is no generator: its next() is called, and what that returns has the value. */
function stepped(w: Walk, f: Frame, { s, v }: Result, line: number): readonly Result[] {
  const list = w.heap.make(`${f.call.file}:${f.call.function}:next${line}`);
  const call: TreeCall = { ...plainCall('next', line), p: 'next' };
  return w.to.callMethod(w, f, s, v, [], call).map((result) => {
    for (const part of alternatives(result.v)) if (part.t === 'ref') list.add(part.o.fields.get('value') ?? ANYTHING);
    return { s: result.s, v: reference(list) };
  });
}

/**
 * next() and the like of a generator: the first next() runs all of it, whatever is yielded in between; the others go on with what is
 * left, which is nothing. undefined for other methods.
 */
export function callGenerator(
  w: Walk,
  f: Frame,
  s: State,
  generator: Thing,
  e: TreeCall,
): readonly Result[] | undefined {
  const { pending } = generator;
  if (pending !== undefined && e.p === ITERATOR) return [{ s, v: reference(generator) }];
  if (pending === undefined || !/^(?:next|return|throw)$/.test(e.p)) return undefined;
  const name = begunName(generator);
  const isBegun = e.p !== 'next' || s.env.get(name) !== undefined;
  const code = pending.of.code;
  const yields = code === undefined ? UNDEFINED : yieldsOf(w, pending, code);
  const element = (yields.t === 'ref' ? yields.o.element : undefined) ?? UNDEFINED;
  const ends = isBegun ? [{ s, v: element }] : runOne(w, f, s, pending, e.line);
  return ends.map((end) => {
    const fields = new Map<string, Value>([
      ['value', join(element, end.v)],
      ['done', ANYTHING],
    ]);
    const made = w.heap.makeRecord(`${f.call.file}:${f.call.function}:${e.p}${e.line}`, fields);
    return { s: withVariable(end.s, name, TRUE), v: reference(made) };
  });
}
