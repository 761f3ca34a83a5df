import type { CallOp } from '../ir/ir.js';
import { type Analysis, analyse, type Candidate, type Edge, type Resolver } from './analyse.js';
import { components } from './order.js';
import { type FunctionId, fileOf, functionOf, headOf, type Program, resolve } from './program.js';
import { type Summary, UNKNOWN_SUMMARY } from './summary.js';

/** Rounds after which a recursion's summaries are taken as they are. */
const MAX_ROUNDS = 4;

/** What the solver found in a program. */
export interface Solution {
  readonly program: Program;
  readonly candidates: readonly { readonly function: FunctionId; readonly candidate: Candidate }[];
  readonly edges: readonly { readonly function: FunctionId; readonly edge: Edge }[];
  readonly summaries: readonly (Summary | undefined)[];
}

/** Analyses all functions of a program, callees first. */
export function solve(program: Program): Solution {
  const summaries: (Summary | undefined)[] = new Array(program.functionCount);
  const candidates: { function: FunctionId; candidate: Candidate }[] = [];
  const edges: { function: FunctionId; edge: Edge }[] = [];
  const calleesOf = (id: FunctionId): number[] => callees(program, id);
  const one = (id: FunctionId, report: boolean): Analysis => {
    const fn = functionOf(program, id);
    return analyse(program, id, fn, fileOf(program, id), resolverOf(program, id, summaries), report);
  };
  for (const component of components(program.functionCount, calleesOf)) {
    const [only] = component;
    const isRecursive = component.length > 1 || (only !== undefined && calleesOf(only).includes(only));
    if (isRecursive) {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        let changed = false;
        for (const id of component) {
          const { summary } = one(id, false);
          if (!sameShape(summaries[id], summary)) changed = true;
          summaries[id] = summary;
        }
        if (!changed) break;
      }
    }
    for (const id of component) {
      const analysis = one(id, true);
      summaries[id] = analysis.summary;
      for (const candidate of analysis.candidates) candidates.push({ function: id, candidate });
      for (const edge of analysis.edges) edges.push({ function: id, edge });
    }
  }
  return { program, candidates, edges, summaries };
}

function callees(program: Program, id: FunctionId): number[] {
  const out: number[] = [];
  const unit = program.unitOf[id] as number;
  for (const name of headOf(program, id).calls) out.push(...resolve(program, unit, name).ids);
  return out;
}

function resolverOf(program: Program, id: FunctionId, summaries: readonly (Summary | undefined)[]): Resolver {
  const unit = program.unitOf[id] as number;
  return (op: CallOp) => {
    const { ids, sure } = resolve(program, unit, op.callee);
    const targets = ids.map((target) => ({
      id: target,
      isMacro: headOf(program, target).macro,
      summary: summaries[target] ?? UNKNOWN_SUMMARY,
    }));
    return { targets, sure };
  };
}

function sameShape(a: Summary | undefined, b: Summary): boolean {
  return a !== undefined && a.exits.length === b.exits.length && a.effects.length === b.effects.length;
}
