import type { CallOp, IrBlock, IrFunction, IrOp } from '../ir/ir.js';
import { Collector, type Resolver } from './collector.js';
import { exitKey, joinExits, settleExits } from './exits.js';
import { explore, trackingOf } from './flow.js';
import type { Candidate, Edge } from './found.js';
import type { FunctionId, Program } from './program.js';
import { type Leak, leaksOf } from './returns.js';
import { changedParams, startState } from './start.js';
import { type State, stateKey } from './state.js';
import { type Effect, type Exit, type Summary, selectEffects } from './summary.js';
import { apply, exitOf, type Frame } from './transfer.js';
import { usesOf } from './uses.js';

export interface Analysis {
  readonly summary: Summary;
  readonly candidates: readonly Candidate[];
  readonly edges: readonly Edge[];
  /** Variables that are locks and are taken, here or in callees. */
  readonly uses: readonly Effect[];
  /** Locks that some ways forget to release. */
  readonly leaks: readonly Leak[];
}

/** Exits kept of one function. */
const MAX_EXITS = 8;

/**
 * Analyses one function with the summaries of what it calls.
 * @param report whether to judge; while recursion is being resolved only the summary is wanted
 */
export function analyse(
  program: Program,
  id: FunctionId,
  fn: IrFunction,
  file: string,
  resolver: Resolver,
  report: boolean,
): Analysis {
  const resolved = new Map<CallOp, ReturnType<Resolver>>();
  const targetsOf = (op: CallOp): ReturnType<Resolver> => {
    let known = resolved.get(op);
    if (known === undefined) {
      known = resolver(op);
      resolved.set(op, known);
    }
    return known;
  };
  const decides = (op: IrOp): boolean =>
    op.op === 'call' && targetsOf(op).targets.some((target) => target.summary.exits.length > 1);
  const tracking = trackingOf(fn, decides);
  const frame: Frame = {
    program,
    id,
    fn,
    file,
    tracking,
    sites: new Map(),
    changed: changedParams(fn),
    targets: (op) => targetsOf(op).targets,
  };
  const start = startState(frame);
  const explored = explore(fn, tracking, start, (block, state) => run(frame, block, state));
  const collected = new Collector(frame, targetsOf, report && fn.unjudged !== true);
  const exits = new Map<string, Exit>();
  fn.blocks.forEach((block, i) => {
    collect(frame, block, i, explored.states[i] ?? [], collected, exits);
  });
  const judgesReturns = report && fn.unjudged !== true && !explored.partial && mayLeak([...exits.values()]);
  const effects = fn.unjudged === true ? [] : selectEffects(collected.effects.values());
  return {
    summary: {
      exits: settleExits([...exits.values()], fn).slice(0, MAX_EXITS),
      effects,
      partial: explored.partial || exits.size > MAX_EXITS,
    },
    candidates: collected.candidates(explored.partial),
    edges: [...collected.edges.values()],
    uses: usesOf(effects),
    leaks: judgesReturns ? leaksOf(frame, explored.states, (block, state) => run(frame, block, state)) : [],
  };
}

function run(frame: Frame, block: IrBlock, state: State): readonly State[] {
  let states: readonly State[] = [state];
  for (const op of block.ops) states = step(frame, op, states);
  return states;
}

function step(frame: Frame, op: IrOp, states: readonly State[]): readonly State[] {
  if (states.length === 1) return apply(frame, op, states[0] as State);
  const out: State[] = [];
  const seen = new Set<string>();
  for (const state of states) {
    for (const next of apply(frame, op, state)) {
      const key = stateKey(next);
      if (seen.has(key)) continue;
      seen.add(key);
      out.push(next);
    }
  }
  return out;
}

/** Goes through a block once more, now that all states at its beginning are known. */
function collect(
  frame: Frame,
  block: IrBlock,
  number: number,
  entering: readonly State[],
  collector: Collector,
  exits: Map<string, Exit>,
): void {
  if (entering.length === 0) return;
  let states = entering;
  for (const op of block.ops) {
    collector.visit(op, states, number);
    states = step(frame, op, states);
  }
  if (block.next.to !== 'return') return;
  for (const state of states) {
    const exit = exitOf(frame, state, block.next.value);
    const key = exitKey(exit);
    const known = exits.get(key);
    exits.set(key, known === undefined ? exit : joinExits(known, exit));
  }
}

/** Whether ways out differ, or leave something off: cheaper to ask than what they forget. */
function mayLeak(exits: readonly Exit[]): boolean {
  return exits.length > 1 || exits.some((exit) => exit.held.some((lock) => lock.withLock === true));
}
