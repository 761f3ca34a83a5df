import { createHash } from 'node:crypto';
import type { CallOp } from '../ir/ir.js';
import { type Analysis, analyse } from './analyse.js';
import type { Resolver } from './collector.js';
import type { Candidate, Edge } from './found.js';
import { digestOf, type Memo, type MemoEntry, NO_MEMO, NOTHING_FOUND } from './memo.js';
import { components } from './order.js';
import { type FunctionId, fileOf, functionOf, headOf, type Program, resolve } from './program.js';
import { type Effect, type Summary, UNKNOWN_SUMMARY } from './summary.js';

/** Rounds after which a recursion's summaries are taken as they are. */
const MAX_ROUNDS = 4;

/** What the solver found in a program. */
export interface Solution {
  readonly program: Program;
  readonly candidates: readonly { readonly function: FunctionId; readonly candidate: Candidate }[];
  readonly edges: readonly { readonly function: FunctionId; readonly edge: Edge }[];
  /** Single locks that functions take, themselves or through calls. */
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
  const uses = new Map<FunctionId, readonly Effect[]>();
  const { callees } = program;
  const results: Results = {
    entries: new Array(program.functionCount),
    waiting: new Int32Array(program.functionCount),
  };
  for (const targets of callees) {
    for (const target of targets) results.waiting[target] = (results.waiting[target] ?? 0) + 1;
  }
  const types = memo === NO_MEMO ? '' : typesDigest(program);
  for (const component of components(program.functionCount, (id) => callees[id] as readonly number[])) {
    solveComponent(program, component, callees, results, types, memo);
    for (const id of component) {
      const entry = results.entries[id];
      if (entry === undefined) continue;
      const found = entry.getFound();
      for (const candidate of found.candidates) candidates.push({ function: id, candidate });
      for (const edge of found.edges) edges.push({ function: id, edge });
      if (found.uses.length > 0) uses.set(id, found.uses);
    }
    for (const id of component) release(id, callees, results);
  }
  return { program, candidates, edges, uses };
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
    const { summary, ...found } = one(id, true);
    const digest = memo === NO_MEMO ? '' : digestOf(summary);
    const entry: MemoEntry = { digest, getSummary: () => summary, getFound: () => found };
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
  const inside = new Set(component);
  const shared = createHash('sha1').update(types);
  for (const id of component) {
    const entry = program.entries.get(id);
    const by = entry?.by === undefined ? '' : `${entry.by.api} ${entry.by.file} ${entry.by.line}`;
    shared.update(`${headOf(program, id).digest}\0${fileOf(program, id)}\0${entry?.context ?? ''} ${by}\0`);
    for (const target of callees[id] as readonly number[]) {
      shared.update(inside.has(target) ? '=' : (results.entries[target]?.digest ?? '?'));
    }
  }
  const base = shared.digest('base64');
  return component.map((id, i) => `${base}${i}${headOf(program, id).name}`);
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
      results.entries[id] = { digest: '', getSummary: () => summary, getFound: () => NOTHING_FOUND };
    }
    if (!changed) break;
  }
}

/** Digest of all that functions see of types and variables. */
function typesDigest(program: Program): string {
  const hash = createHash('sha1');
  for (const { unit } of program.units) {
    // Without lines: that a declaration has moved changes nothing.
    const globals = unit.globals.map(({ name, type, kind, local }) => [name, type, kind, local]);
    hash.update(JSON.stringify([unit.fields, globals, unit.inits]));
    hash.update(JSON.stringify(unit.aliases));
  }
  return hash.digest('base64');
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

function sameShape(a: Summary | undefined, b: Summary): boolean {
  return a !== undefined && a.exits.length === b.exits.length && a.effects.length === b.effects.length;
}
