import { ITERATOR, type TreeCall } from '../ir/tree.js';
import { callCode } from './invoke.js';
import type { Call } from './lock-state.js';
import { mergedResults } from './paths.js';
import { type Code, type Pending, Thing } from './thing.js';
import { alternatives, reference, type Simple, type Value, valueKey, widened } from './value.js';
import type { Frame, Result, State, Walk } from './walk.js';

/** Calls of one function that are kept apart by the numbers that they are given. */
const MOST_APART = 24;

/** A call that does nothing until it is run: of a generator, or of an operation of the simulated kernel. */
export function defer(
  w: Walk,
  f: Frame,
  of: Thing,
  self: Value | undefined,
  given: readonly Value[],
  e: TreeCall,
  api: boolean,
): Value {
  const made = w.deferred.get(of) ?? 0;
  const args = made < MOST_APART ? given : given.map(widened);
  const isVia = f.code !== undefined && f.code.fn.isGenerator !== true && f.root.id !== 'set-up';
  const via = isVia ? { file: f.call.file, function: f.call.function, line: e.line } : undefined;
  const owner = self === undefined ? '' : valueKey(self);
  const key = `pending ${of.id}.${e.p} ${owner} ${args.map(valueKey).join()} ${via === undefined ? '' : `${via.file}:${via.function}:`}${api || via !== undefined ? e.line : ''}`;
  let thing = w.shared.get(key);
  if (thing === undefined) {
    w.deferred.set(of, made + 1);
    thing = new Thing(w.heap, -1 - w.shared.size, true);
    thing.pending = { of, api: api ? e : undefined, self, args, via };
    w.shared.set(key, thing);
  }
  return reference(thing);
}

/** Runs the operations among the alternatives of a value, as `yield*` does: what they come to. */
export function runPending(w: Walk, f: Frame, results: readonly Result[], line: number): readonly Result[] {
  if (!results.some(({ v }) => alternatives(v).some(isRun))) return results;
  return mergedResults(
    results.flatMap(({ s, v }) =>
      alternatives(v).flatMap((part): readonly Result[] => {
        const pending = part.t === 'ref' ? part.o.pending : undefined;
        if (pending === undefined) {
          const made = w.to.iteratorOf(w, f, s, part, line);
          return made === undefined ? [{ s, v: part }] : runPending(w, f, made, line);
        }
        return runPending(w, f, runOne(w, f, s, pending, line), line);
      }),
    ),
  );
}

/** Whether `yield*` of it may run something. */
function isRun(part: Simple): boolean {
  return part.t === 'ref' && (part.o.pending !== undefined || part.o.cls !== undefined || part.o.fields.has(ITERATOR));
}

/** Runs a call that waited. */
export function runOne(
  w: Walk,
  f: Frame,
  s: State,
  { of, api, self, args, via }: Pending,
  line: number,
): readonly Result[] {
  let frame = f;
  if (via !== undefined) {
    const call: Call = { parent: f.call, file: via.file, function: via.function, line };
    frame = { ...f, call };
  }
  const at = via?.line ?? line;
  if (api === undefined) return callCode(w, frame, s, of, self, args, at);
  return w.to.callApi(w, frame, s, of, api.p, args, { ...api, op: true, lazy: false, line: at });
}

/** The variable of a path that tells that a generator was gone on with by next(). */
export function begunName(generator: Thing): string {
  return `%begun:${generator.id}`;
}

/** What an invocation yields. */
export function noteYield(w: Walk, f: Frame, v: Value): void {
  if (f.code !== undefined) yieldsBy(w, f.code, f.code.fn.ownThis ? f.self : undefined).add(v);
}

/** All that a generator yields, whoever made it. */
export function yieldsOf(w: Walk, { of, self }: Pending, code: Code): Value {
  return reference(yieldsBy(w, code, code.fn.ownThis ? (of.self ?? self) : undefined));
}

function yieldsBy(w: Walk, { unit, index }: Code, self: Value | undefined): Thing {
  return w.heap.named(`yields ${unit.file}#${index} ${self === undefined ? '' : valueKey(self)}`, () => {});
}
