import { Gfp } from '../../model/gfp.js';
import { type CallOp, type IrBlock, type IrFunction, type IrOp, type LockKind, type LockOp, Truth } from '../ir/ir.js';
import { gfpOf, gfpUnion, instantiate, isConstant, isExpressible, lastPart } from '../ir/paths.js';
import { explore, trackingOf } from './flow.js';
import { judge, type Violation } from './judge.js';
import { mainlineOf } from './mainline.js';
import { classOf, type FunctionId, type Program } from './program.js';
import { type Dropped, ENTRY_PATH, type Held, matchHeld, release, START, type State, stateKey } from './state.js';
import { type Effect, type Exit, effectKey, type Guard, type Summary, selectEffects } from './summary.js';
import {
  apply,
  assumedLock,
  decidedByCallers,
  exitOf,
  type Frame,
  guardsHold,
  guardsOf,
  guardsSure,
  renames,
  siteAt,
  type Target,
} from './transfer.js';

/** A rule broken at an operation of a function, seen on one or more of its paths. */
export interface Candidate {
  readonly violation: Violation;
  readonly effect: Effect;
  /** All that was held, outermost first. */
  readonly held: readonly Held[];
  /** On every path to the operation. */
  readonly always: boolean;
}

/** A lock taken while another is held. */
export interface Edge {
  readonly from: Held;
  readonly effect: Effect;
  /** Nothing but locks taken by trylock lies between the two: lockdep keeps a dependency. */
  readonly near: boolean;
}

export interface Analysis {
  readonly summary: Summary;
  readonly candidates: readonly Candidate[];
  readonly edges: readonly Edge[];
  /** Variables that are locks and are taken, here or in callees. */
  readonly uses: readonly Effect[];
}

/** Targets of a call as the solver resolves them, and whether the choice between them is certain. */
export type Resolver = (op: CallOp) => { readonly targets: readonly Target[]; readonly sure: boolean };

/** Exits kept of one function. */
const MAX_EXITS = 8;
const MAX_VARIANTS = 3;
/** What is further away than this is not worth a developer's reading. */
const MAX_CHAIN = 6;

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
  const effects = selectEffects(collected.effects.values());
  return {
    summary: {
      exits: settleExits([...exits.values()], fn).slice(0, MAX_EXITS),
      effects,
      partial: explored.partial || exits.size > MAX_EXITS,
    },
    candidates: collected.candidates(explored.partial),
    edges: [...collected.edges.values()],
    uses: usesOf(effects),
  };
}

/** What a function that sleeps does, tasks do. */
function usesOf(effects: readonly Effect[]): Effect[] {
  const inTask = effects.some(isSleep);
  return effects.filter(isSpinningVariable).map((effect) => (inTask ? { ...effect, inTask } : effect));
}

function isSleep({ op, gfp, guards, optional, unsure }: Effect): boolean {
  if (guards.length > 0 || optional === true || unsure) return false;
  if (op.op === 'alloc') return (gfpOf(gfp).mask & Gfp.DIRECT_RECLAIM) !== 0;
  if (op.op === 'lock') return (op.kind === 'mutex' || op.kind === 'rwsem') && op.result === undefined;
  return op.op === 'sleep' && op.maybe !== true;
}

/** A spinning lock that is a variable of its own, taken without asking whether it is free. */
function isSpinningVariable(effect: Effect): boolean {
  if (effect.kind !== 'lock' || effect.unsure || effect.op.op !== 'lock') return false;
  const { kind, result, momentary, read } = effect.op;
  if (result !== undefined || momentary === true || read === true) return false;
  return (kind === 'raw' || kind === 'spin' || kind === 'rwlock') && isVariable(effect.path, effect.key);
}

/** Whether a lock's path is a variable's name. */
export function isVariable(path: string, key: string): boolean {
  return key !== '' && /^[A-Za-z_]\w*$/.test(path);
}

function changedParams(fn: IrFunction): Set<string> {
  const changed = new Set<string>();
  for (const block of fn.blocks) for (const op of block.ops) if (op.op === 'set') changed.add(op.path);
  return changed;
}

function startState(frame: Frame): State {
  let state = START;
  const facts = new Map<string, number>();
  for (const condition of frame.fn.when ?? []) {
    const key = `CONFIG.${condition.replace('!', '')}`;
    if (frame.tracking.bits.has(key)) facts.set(key, condition.startsWith('!') ? 1 : 6);
  }
  const held: Held[] = [];
  for (const said of frame.fn.contract?.held ?? []) {
    const lock = assumedLock(frame, said.path, said.kind, said.said, frame.fn.line);
    if (lock === undefined) continue;
    if (held.some((other) => other.path === lock.path && other.kind === lock.kind)) continue;
    const named = said.name === undefined ? lock : { ...lock, name: said.name };
    held.push(said.released === true ? { ...named, leaves: true } : named);
  }
  const entered = interruptOf(frame);
  if (entered !== undefined) held.unshift(entered);
  if (facts.size > 0 || held.length > 0) state = { ...START, held, facts };
  return state;
}

/** The interrupt that runs the function, as something held. */
function interruptOf({ program, id, fn, file }: Frame): Held | undefined {
  const entry = program.entries.get(id);
  if (entry === undefined || entry.context === 'task') return undefined;
  const { by, context } = entry;
  return {
    path: ENTRY_PATH,
    // In a hard interrupt that PREEMPT_RT runs in a thread, memory may be allocated there.
    kind: context === 'hardirq' || context === 'nmi' ? 'irq-off' : 'bh-off',
    read: false,
    key: '',
    name: context === 'hardirq-threaded' ? 'hardirq' : context,
    site: { file: by?.file ?? file, line: by?.line ?? fn.line, function: fn.name },
    via: [],
    api: by?.api ?? '',
    assumed: 'entry',
    ...(by === undefined ? { unsure: true } : {}),
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

/**
 * A lock that is held at some exits and not at others, where the returned value does not tell which, is taken for a path
 * that the code cannot take, and is not passed on: else one such function would make its callers' callers look locked.
 */
function settleExits(exits: readonly Exit[], fn: IrFunction): Exit[] {
  if (exits.length < 2) return [...exits];
  const isLocker = /lock|acquire|enter|begin|start|get/.test(fn.name);
  // Which of two locks it releases may be unknown; that it leaves none of them held is what it is for.
  const isUnlocker = /unlock|release/.test(fn.name) && !/relock/.test(fn.name);
  const taken = takenParts(fn);
  const out = new Map<string, Exit>();
  for (const exit of exits) {
    const held: Held[] = [];
    for (const lock of exit.held) {
      const told = exits.every(
        (other) => other.held.some((l) => l.path === lock.path && l.kind === lock.kind) || tellsApart(exit, other),
      );
      if (told) held.push(lock);
      else if (isLocker && lock.via.length <= 1) held.push({ ...lock, unsure: true });
    }
    const dropped = exit.dropped.filter((lock) => {
      const isContext = lock.path.startsWith('!');
      if (!isContext && lock.hops === 0 && !taken.has(lastPart(lock.path))) return true;
      return exits.every((other) => other.dropped.some((l) => l.path === lock.path) || tellsApart(exit, other));
    });
    if (isUnlocker) {
      for (const lock of exits.flatMap((other) => other.dropped)) {
        if (!dropped.some((known) => known.path === lock.path && known.kind === lock.kind)) dropped.push(lock);
      }
    }
    const settled: Exit = { ...exit, held, dropped };
    const key = exitKey(settled);
    const known = out.get(key);
    out.set(key, known === undefined ? settled : joinExits(known, settled));
  }
  return [...out.values()];
}

/** Last parts of the locks that a function takes itself. */
function takenParts(fn: IrFunction): Set<string> {
  const parts = new Set<string>();
  for (const block of fn.blocks) for (const op of block.ops) if (op.op === 'lock') parts.add(lastPart(op.path));
  return parts;
}

/** Whether a caller can tell two exits apart, by what is returned or by what it passed. */
function tellsApart(a: Exit, b: Exit): boolean {
  if ((a.returns & b.returns) === 0) return true;
  return a.guards.some((guard) =>
    b.guards.some((o) => o.param === guard.param && o.equals === guard.equals && (o.value & guard.value) === 0),
  );
}

function exitKey(exit: Exit): string {
  return `${exit.held.map((lock) => `${lock.path}:${lock.kind}`).join()}|${exit.dropped.map((lock) => lock.path).join()}`;
}

function joinExits(a: Exit, b: Exit): Exit {
  const guards: Guard[] = [];
  for (const guard of a.guards) {
    const other = b.guards.find((o) => o.param === guard.param && o.equals === guard.equals);
    if (other !== undefined && (guard.value | other.value) !== 7) {
      guards.push({ ...guard, value: guard.value | other.value });
    }
  }
  return { ...a, returns: a.returns | b.returns, guards };
}

interface Tally {
  violation: Violation;
  effect: Effect;
  held: readonly Held[];
  /** States in which the lock is held there. */
  holding: number;
  /** States that reach the operation. */
  total: number;
}

/** Read sides that may be entered anywhere and that nothing waits for. */
const HARMLESS: ReadonlySet<LockKind> = new Set(['rcu', 'srcu', 'seq']);
const NO_LOCKS: readonly Dropped[] = [];
const NO_GUARDS: readonly Guard[] = [];

/** Gathers effects, broken rules and lock orders over all paths of a function. */
class Collector {
  readonly effects = new Map<string, Effect>();
  readonly edges = new Map<string, Edge>();
  readonly #variants = new Map<string, number>();
  readonly #tallies = new Map<string, Tally>();
  readonly #frame: Frame;
  readonly #targets: (op: CallOp) => ReturnType<Resolver>;
  readonly #report: boolean;
  readonly #isMainline: ReturnType<typeof mainlineOf>;

  constructor(frame: Frame, targets: (op: CallOp) => ReturnType<Resolver>, report: boolean) {
    this.#frame = frame;
    this.#targets = targets;
    this.#report = report;
    this.#isMainline = mainlineOf(frame.fn);
  }

  visit(op: IrOp, states: readonly State[], block: number): void {
    switch (op.op) {
      case 'alloc':
      case 'free':
      case 'sleep':
      case 'lock':
        this.#visitEffect(op, this.#own(op), states, undefined, block);
        break;
      case 'call': {
        const { targets, sure } = this.#targets(op);
        for (const target of targets) {
          for (const inner of target.summary.effects) {
            if (inner.chain.length >= MAX_CHAIN) continue;
            const usable = states.filter((state) => guardsHold(inner.guards, op, state));
            if (usable.length === 0) continue;
            const effect = this.#called(op, target, inner, sure);
            this.#visitEffect(
              op,
              inner.optional === true ? { ...effect, optional: true } : effect,
              usable,
              inner,
              block,
            );
          }
        }
        break;
      }
      default:
    }
  }

  #own(op: Effect['op']): Effect {
    const { program, id, fn } = this.#frame;
    const path = op.op === 'alloc' ? '' : op.path;
    const isLock = op.op === 'lock' && !path.startsWith('!');
    const found = isLock ? classOf(program, id, fn, path) : undefined;
    return {
      kind: op.op,
      chain: [siteAt(this.#frame, op.line)],
      op,
      path,
      key: found?.key ?? '',
      name: found?.name ?? '',
      gfp: op.op === 'alloc' ? op.gfp : '',
      dropped: [],
      guards: [],
      off: 'none',
      unsure: false,
    };
  }

  #called(op: CallOp, target: Target, inner: Effect, sure: boolean): Effect {
    const rename = renames(this.#frame, target);
    const path = inner.kind === 'lock' ? instantiate(inner.path, op.args, op.result, rename) : '';
    let { key } = inner;
    let { name } = inner;
    if (inner.kind === 'lock' && key === '' && !path.startsWith('!')) {
      const found = classOf(this.#frame.program, this.#frame.id, this.#frame.fn, path);
      key = found.key;
      name = found.name;
    }
    return {
      kind: inner.kind,
      chain: [siteAt(this.#frame, op.line), ...inner.chain],
      op: inner.op,
      path,
      key,
      name,
      gfp: inner.kind === 'alloc' ? callGfp(inner.gfp, op) : '',
      dropped:
        inner.dropped.length === 0
          ? NO_LOCKS
          : inner.dropped.map((lock) => ({
              ...lock,
              path: instantiate(lock.path, op.args, op.result, rename),
              hops: lock.hops + 1,
            })),
      guards: NO_GUARDS,
      off: inner.off,
      ...(inner.covered === true ? { covered: true } : {}),
      unsure: inner.unsure || !sure || target.summary.partial,
    };
  }

  #visitEffect(op: IrOp, effect: Effect, states: readonly State[], inner: Effect | undefined, block: number): void {
    if (op.op === 'lock' && op.path.startsWith('!')) return;
    // What a condition on our own parameters decides is for our callers to say.
    const ours = (guard: Guard): boolean => guard.param >= 0 && op.op === 'call' && this.#isParam(op, guard);
    for (const state of states) {
      // Freeing NULL frees nothing.
      if (op.op === 'free' && state.facts.get(op.path) === Truth.Zero) continue;
      const rest = withoutDropped(state, effect.dropped);
      let here = effect;
      let kept = effect;
      if (inner !== undefined && op.op === 'call' && inner.guards.length > 0) {
        if (!guardsSure(inner.guards, op, state, () => false)) here = { ...effect, optional: true };
        if (!guardsSure(inner.guards, op, state, ours)) kept = here;
      }
      if (this.#report && rest.held.length > 0) this.#judge(op, here, rest.held, states.length);
      const isMainline = kept.optional === true || this.#isMainline(block, decidedByCallers(this.#frame, state));
      this.#keep(op, isMainline ? kept : { ...kept, optional: true }, state, rest.dropped, inner);
    }
  }

  #isParam(op: CallOp, guard: Guard): boolean {
    const arg = op.args[guard.param] ?? '';
    return /^\$\d+$/.test(arg) && !this.#frame.changed.has(arg);
  }

  /** Remembers the effect for callers, unless it is one that nothing forbids. */
  #keep(op: IrOp, effect: Effect, state: State, dropped: readonly Dropped[], inner: Effect | undefined): void {
    if (effect.kind === 'lock' && HARMLESS.has((effect.op as LockOp).kind)) return;
    const guards = guardsOf(this.#frame, state);
    if (inner !== undefined && op.op === 'call') mapGuards(inner.guards, op, this.#frame, guards);
    const off = effect.kind === 'lock' ? offOf(state, effect.off) : 'none';
    const covers = effect.kind === 'lock' && state.held.some(isWaitedFor);
    const kept: Effect = {
      ...effect,
      dropped,
      guards: guards.length === 0 ? NO_GUARDS : guards,
      off,
      ...(covers ? { covered: true } : {}),
    };
    const key = effectKey(kept);
    const known = this.effects.get(key);
    if (known !== undefined) {
      // The way that every caller takes tells more than a shorter one that some do.
      const better = known.optional === kept.optional ? known.chain.length > kept.chain.length : kept.optional !== true;
      const chosen = better ? kept : known;
      if (better || known.covered !== kept.covered) {
        this.effects.set(key, known.covered === kept.covered ? chosen : withoutCover(chosen));
      }
      return;
    }
    const variantKey = effectKey({ ...effect, dropped: [], guards: [] });
    const variants = this.#variants.get(variantKey) ?? 0;
    if (variants >= MAX_VARIANTS) return;
    this.#variants.set(variantKey, variants + 1);
    this.effects.set(key, kept);
  }

  #judge(op: IrOp, effect: Effect, held: readonly Held[], total: number): void {
    for (const violation of judge(held, effect)) {
      const { because } = violation;
      const key = `${violation.rule} ${because.path} ${because.kind} ${effectKey(effect)} ${op.line}`;
      const known = this.#tallies.get(key);
      if (known === undefined) this.#tallies.set(key, { violation, effect, held, holding: 1, total });
      else known.holding++;
    }
    if (effect.kind !== 'lock' || effect.key === '') return;
    let near = effect.covered !== true;
    for (const from of held.toReversed()) {
      if (from.path.startsWith('!')) continue;
      if (from.key !== '') {
        const key = `${from.key} ${effect.key} ${from.site.line}`;
        const known = this.edges.get(key);
        if (known === undefined || (near && !known.near)) this.edges.set(key, { from, effect, near });
      }
      if (isWaitedFor(from)) near = false;
    }
  }

  candidates(partial: boolean): Candidate[] {
    return [...this.#tallies.values()].map((tally) => ({
      violation: tally.violation,
      effect: tally.effect,
      held: tally.held,
      always: tally.holding === tally.total && !partial && tally.violation.because.unsure !== true,
    }));
  }
}

/** On some path nothing lies between the lock and what the caller holds. */
function withoutCover({ covered: _, ...effect }: Effect): Effect {
  return effect;
}

/** A lock that others can wait for, and that was waited for itself: what is taken inside it depends on it. */
function isWaitedFor(lock: Held): boolean {
  return !lock.path.startsWith('!') && lock.kind !== 'rcu' && lock.kind !== 'srcu' && lock.trylock !== true;
}

function offOf(state: State, inner: Effect['off']): Effect['off'] {
  const isOff = (kind: LockKind): boolean => state.held.some((lock) => lock.kind === kind && lock.path !== ENTRY_PATH);
  if (inner === 'irq' || isOff('irq-off')) return 'irq';
  return inner === 'bh' || isOff('bh-off') ? 'bh' : 'none';
}

/** What is still held, and which of the caller's locks are not, inside a callee that drops `dropped`. */
function withoutDropped(state: State, dropped: readonly Dropped[]): State {
  let rest = state;
  for (const lock of dropped) {
    const isOurs = matchHeld(rest.held, lock) >= 0;
    if (isOurs || (isExpressible(lock.path) && lock.hops <= 3)) rest = release(rest, lock);
  }
  return rest;
}

/** Conditions of a callee on what it is passed, where that is a parameter of the caller. */
function mapGuards(inner: readonly Guard[], op: CallOp, frame: Frame, into: Guard[]): void {
  for (const guard of inner) {
    if (guard.param < 0) {
      if (!into.some((other) => other.param === guard.param)) into.push(guard);
      continue;
    }
    const arg = op.args[guard.param] ?? '';
    if (!/^\$\d+$/.test(arg) || frame.changed.has(arg)) continue;
    const param = Number(arg.slice(1));
    if (!into.some((o) => o.param === param && o.equals === guard.equals)) into.push({ ...guard, param });
  }
  into.sort((a, b) => a.param - b.param);
}

/** A callee's gfp value in the caller's terms. */
function callGfp(gfp: string, op: CallOp): string {
  if (gfp === '' || isConstant(gfp)) return gfp;
  const bar = gfp.lastIndexOf('|g');
  const path = bar < 0 ? gfp : gfp.slice(0, bar);
  const value = instantiate(path, op.args, op.result, undefined);
  const base = value.startsWith('?') ? '' : value;
  return bar < 0 ? base : gfpUnion(base, `#g${gfp.slice(bar + 2)}`);
}
