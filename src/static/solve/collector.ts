import { type CallOp, type IrOp, type LockKind, type LockOp, Truth } from '../ir/ir.js';
import { gfpUnion, instantiate, isConstant, isExpressible } from '../ir/paths.js';
import type { Candidate, Edge } from './found.js';
import { asksRtNowait, asUsers, judge, type Violation } from './judge.js';
import { mainlineOf, unavoidableOf } from './mainline.js';
import { classOf } from './program.js';
import { type Dropped, ENTRY_PATH, type Held, matchHeld, release, type State } from './state.js';
import { type Effect, effectKey, type Guard } from './summary.js';
import {
  decidedByCallers,
  type Frame,
  guardsHold,
  guardsOf,
  guardsSure,
  renames,
  siteAt,
  type Target,
} from './transfer.js';

/** Targets of a call as the solver resolves them, and whether the choice between them is certain. */
export type Resolver = (op: CallOp) => { readonly targets: readonly Target[]; readonly sure: boolean };

const MAX_VARIANTS = 3;
/** What is further away than this is not worth a developer's reading. */
const MAX_CHAIN = 6;

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
export class Collector {
  readonly effects = new Map<string, Effect>();
  readonly edges = new Map<string, Edge>();
  readonly #variants = new Map<string, number>();
  readonly #tallies = new Map<string, Tally>();
  readonly #frame: Frame;
  readonly #targets: (op: CallOp) => ReturnType<Resolver>;
  readonly #report: boolean;
  readonly #isMainline: ReturnType<typeof mainlineOf>;
  readonly #isUnavoidable: ReturnType<typeof unavoidableOf>;

  constructor(frame: Frame, targets: (op: CallOp) => ReturnType<Resolver>, report: boolean) {
    this.#frame = frame;
    this.#targets = targets;
    this.#report = report;
    this.#isMainline = mainlineOf(frame.fn);
    this.#isUnavoidable = unavoidableOf(frame.fn);
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
    const named = inner.kind === 'lock' || (inner.kind === 'free' && inner.path.startsWith('$'));
    const path = named ? instantiate(inner.path, op.args, op.result, rename) : '';
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
      ...(inner.skipped === true ? { skipped: true } : {}),
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
      const isAsked = asksRtNowait(here) || (inner === undefined && this.#isAsked(here));
      if (this.#report && (rest.held.length > 0 || isAsked)) this.#judge(op, here, rest.held, states.length);
      const isMainline = kept.optional === true || this.#isMainline(block, decidedByCallers(this.#frame, state));
      const placed: Effect = isMainline ? kept : { ...kept, optional: true };
      const isSkipped = placed.kind === 'lock' && placed.skipped !== true && !this.#isUnavoidable(block);
      this.#keep(op, isSkipped ? { ...placed, skipped: true } : placed, state, rest.dropped, inner);
    }
  }

  /** Whether a rule of a user's may have something to say of it, whatever is held. */
  #isAsked(effect: Effect): boolean {
    const { asked } = this.#frame.program;
    return asked.size > 0 && asked.has(effect.kind === 'sleep' ? 'might_sleep' : effect.kind);
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
    const violations = this.#isAsked(effect) ? [...judge(held, effect), asUsers(held, effect)] : judge(held, effect);
    for (const violation of violations) {
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
        const key = `${from.key} ${effect.key} ${from.site.function} ${from.site.line}`;
        const known = this.edges.get(key);
        if (known === undefined || (near && !known.near)) this.edges.set(key, { from, effect, near });
      }
      if (isWaitedFor(from)) near = false;
    }
  }

  candidates(partial: boolean): Candidate[] {
    const { program, id, fn } = this.#frame;
    const isRoot = program.entries.get(id)?.context === 'task' || /^(?:compat_)?sys_/.test(fn.name);
    const inTask = isRoot ? { inTask: true } : {};
    return [...this.#tallies.values()].map((tally) => ({
      ...inTask,
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
