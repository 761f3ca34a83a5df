import type { CallOp } from '../ir/ir.js';
import { type Analysis, analyse } from './analyse.js';
import type { Resolver } from './collector.js';
import type { Candidate, Edge } from './found.js';
import { digestOf, keyOf, type Memo, type MemoEntry, NO_MEMO, NOTHING_FOUND } from './memo.js';
import { components } from './order.js';
import { type FunctionId, fileOf, functionOf, headOf, type LinkedUnit, type Program, resolve } from './program.js';
import type { Leak } from './returns.js';
import { type Effect, type Exit, type Summary, UNKNOWN_SUMMARY } from './summary.js';

/** Rounds after which a recursion's summaries are taken as they are. */
const MAX_ROUNDS = 4;

/** What the solver found in a program. */
export interface Solution {
  readonly program: Program;
  readonly candidates: readonly { readonly function: FunctionId; readonly candidate: Candidate }[];
  readonly edges: readonly { readonly function: FunctionId; readonly edge: Edge }[];
  readonly leaks: readonly { readonly function: FunctionId; readonly leak: Leak }[];
  /** Single locks that functions take, themselves or through calls: of functions that nothing calls, or that are entered otherwise, too. */
  readonly uses: ReadonlyMap<FunctionId, readonly Effect[]>;
}

/** Results by function; a callee's is dropped when its last caller is done, since a kernel's do not fit in memory. */
interface Results {
  readonly entries: (MemoEntry | undefined)[];
  readonly waiting: Int32Array;
}

/**
 * Analyses all functions of a program, callees first.
 * @param memo results of earlier runs, by what they depend on
 */
export function solve(program: Program, memo: Memo = NO_MEMO): Solution {
  const candidates: { function: FunctionId; candidate: Candidate }[] = [];
  const edges: { function: FunctionId; edge: Edge }[] = [];
  const leaks: { function: FunctionId; leak: Leak }[] = [];
  const uses = new Map<FunctionId, readonly Effect[]>();
  const { callees } = program;
  const results: Results = {
    entries: new Array(program.functionCount),
    waiting: new Int32Array(program.functionCount),
  };
  for (const targets of callees) {
    for (const target of targets) results.waiting[target] = (results.waiting[target] ?? 0) + 1;
  }
  const isCalled = Uint8Array.from(results.waiting, (callers) => Math.min(callers, 1));
  const types = memo === NO_MEMO ? '' : `${typesDigest(program)}${[...program.asked].join()}`;
  for (const component of components(program.functionCount, (id) => callees[id] as readonly number[])) {
    solveComponent(program, component, callees, results, types, memo);
    for (const id of component) {
      const entry = results.entries[id];
      if (entry === undefined) continue;
      const found = entry.getFound();
      for (const candidate of found.candidates) candidates.push({ function: id, candidate });
      for (const edge of found.edges) edges.push({ function: id, edge });
      for (const leak of found.leaks) leaks.push({ function: id, leak });
      // What is used below a call is for the caller to say, unless an interrupt enters here.
      if (isCalled[id] === 1 && !program.entries.has(id)) continue;
      const used = entry.getUses();
      if (used.length > 0) uses.set(id, used);
    }
    for (const id of component) release(id, callees, results);
  }
  return { program, candidates, edges, leaks, uses };
}

function release(id: FunctionId, callees: readonly (readonly number[])[], results: Results): void {
  for (const target of callees[id] as readonly number[]) {
    const left = (results.waiting[target] ?? 0) - 1;
    results.waiting[target] = left;
    if (left === 0 && target !== id) results.entries[target] = undefined;
  }
  if (results.waiting[id] === 0) results.entries[id] = undefined;
}

function solveComponent(
  program: Program,
  component: readonly FunctionId[],
  callees: readonly (readonly number[])[],
  results: Results,
  types: string,
  memo: Memo,
): void {
  const keys = memo === NO_MEMO ? [] : keysOf(program, component, callees, results, types);
  const known = keys.map((key) => memo.find(key));
  if (keys.length > 0 && known.every((entry) => entry !== undefined)) {
    component.forEach((id, i) => {
      results.entries[id] = known[i];
    });
    return;
  }
  const one = (id: FunctionId, report: boolean): Analysis =>
    analyse(program, id, functionOf(program, id), fileOf(program, id), resolverOf(program, id, results), report);
  const [only] = component;
  const isRecursive =
    component.length > 1 || (only !== undefined && (callees[only] as readonly number[]).includes(only));
  if (isRecursive) iterate(component, results, one);
  component.forEach((id, i) => {
    const { summary, uses, ...found } = one(id, true);
    const digest = memo === NO_MEMO ? '' : digestOf(summary);
    const entry: MemoEntry = { digest, getSummary: () => summary, getFound: () => found, getUses: () => uses };
    results.entries[id] = entry;
    if (memo !== NO_MEMO) memo.keep(keys[i] as string, entry);
  });
}

/** Keys of a component's results: all that they depend on. */
function keysOf(
  program: Program,
  component: readonly FunctionId[],
  callees: readonly (readonly number[])[],
  results: Results,
  types: string,
): string[] {
  const isInside = (id: FunctionId): boolean => (component.length === 1 ? id === component[0] : component.includes(id));
  let shared = types;
  for (const id of component) {
    const entry = program.entries.get(id);
    const { unit } = program.units[program.unitOf[id] as number] as LinkedUnit;
    shared += `${headOf(program, id).digest} ${unit.own} ${unit.file} ${program.nth.get(id) ?? 0} `;
    if (entry !== undefined) shared += `${entry.context} ${entry.by?.api ?? '?'} `;
    for (const target of callees[id] as readonly number[]) {
      shared += isInside(target) ? '=' : (results.entries[target]?.digest ?? '?');
    }
  }
  return component.map((id, i) => keyOf(`${shared} ${i} ${headOf(program, id).name}`));
}

/** Analyses functions that call each other until their summaries no longer change. */
function iterate(
  component: readonly FunctionId[],
  results: Results,
  one: (id: FunctionId, report: boolean) => Analysis,
): void {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let changed = false;
    for (const id of component) {
      const { summary } = one(id, false);
      const before = results.entries[id]?.getSummary();
      if (!sameShape(before, summary)) changed = true;
      results.entries[id] = { digest: '', getSummary: () => summary, getFound: () => NOTHING_FOUND, getUses: () => [] };
    }
    if (!changed) break;
  }
}

/** Digest of all that functions see of other units' types and variables. */
function typesDigest(program: Program): string {
  return keyOf(program.units.map(({ unit }) => unit.shared).join());
}

function resolverOf(program: Program, id: FunctionId, results: Results): Resolver {
  const unit = program.unitOf[id] as number;
  return (op: CallOp) => {
    const { ids, sure } = resolve(program, unit, op.callee);
    const targets = ids.map((target) => ({
      id: target,
      isMacro: headOf(program, target).macro,
      summary: results.entries[target]?.getSummary() ?? UNKNOWN_SUMMARY,
    }));
    return { targets, sure };
  };
}

/** Whether callers see the same: locks taken and released are what a recursion has to agree on. */
function sameShape(a: Summary | undefined, b: Summary): boolean {
  if (a === undefined || a.effects.length !== b.effects.length || a.exits.length !== b.exits.length) return false;
  return a.exits.every((exit, i) => exitShape(exit) === exitShape(b.exits[i] as Exit));
}

function exitShape({ held, dropped, returns }: Exit): string {
  return `${held.map((lock) => `${lock.path}:${lock.kind}`).join()}|${dropped.map((lock) => lock.path).join()}|${returns}`;
}
