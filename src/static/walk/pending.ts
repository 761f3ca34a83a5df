import type { TreeCall } from '../ir/tree.js';
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
  if (!results.some(({ v }) => alternatives(v).some(isPending))) return results;
  return mergedResults(
    results.flatMap(({ s, v }) =>
      alternatives(v).flatMap((part): readonly Result[] => {
        const pending = part.t === 'ref' ? part.o.pending : undefined;
        if (pending === undefined) return [{ s, v: part }];
        return runPending(w, f, runOne(w, f, s, pending, line), line);
      }),
    ),
  );
}

export function isPending(part: Simple): boolean {
  return part.t === 'ref' && part.o.pending !== undefined;
}

function runOne(w: Walk, f: Frame, s: State, { of, api, self, args, via }: Pending, line: number): readonly Result[] {
  let frame = f;
  if (via !== undefined) {
    const call: Call = { parent: f.call, file: via.file, function: via.function, line };
    frame = { ...f, call };
  }
  const at = via?.line ?? line;
  if (api === undefined) return callCode(w, frame, s, of, self, args, at);
  return w.to.callApi(w, frame, s, of, api.p, args, { ...api, op: true, lazy: false, line: at });
}

/** Runs a generator that is gone through: what it yields, one by one in any order; undefined where the value is none. */
export function yielded(w: Walk, f: Frame, s: State, v: Value, line: number): readonly Result[] | undefined {
  const pending = v.t === 'ref' ? v.o.pending : undefined;
  const code = pending?.of.code;
  if (pending === undefined || code === undefined) return undefined;
  const list = reference(yieldsOf(w, code, code.fn.ownThis ? (pending.of.self ?? pending.self) : undefined));
  return runOne(w, f, s, pending, line).map((result) => ({ s: result.s, v: list }));
}

/** What an invocation yields. */
export function noteYield(w: Walk, f: Frame, v: Value): void {
  if (f.code !== undefined) yieldsOf(w, f.code, f.code.fn.ownThis ? f.self : undefined).add(v);
}

function yieldsOf(w: Walk, { unit, index }: Code, self: Value | undefined): Thing {
  return w.heap.named(`yields ${unit.file}#${index} ${self === undefined ? '' : valueKey(self)}`, () => {});
}
