import type { CallOp, IrFunction, IrOp, LockOp } from '../ir/ir.js';
import { Truth } from '../ir/ir.js';
import { instantiate, isExpressible, splitRoot, truthOf } from '../ir/paths.js';
import { assignFact, ownerOf, type Tracking } from './flow.js';
import { classOf, type FunctionId, type Program } from './program.js';
import {
  acquire,
  ENTRY_PATH,
  EVERYTHING,
  type Held,
  matchHeld,
  type Released,
  release,
  type Site,
  type State,
  withFact,
} from './state.js';
import { compareText, type Exit, type Guard, type Summary } from './summary.js';

/** A call's target and what is known of it. */
export interface Target {
  readonly id: FunctionId;
  readonly isMacro: boolean;
  readonly summary: Summary;
}

/** What is needed to apply operations of one function. */
export interface Frame {
  readonly program: Program;
  readonly id: FunctionId;
  readonly fn: IrFunction;
  readonly file: string;
  readonly tracking: Tracking;
  /** Its lines as places, each made once: results hold very many of them. */
  readonly sites: Map<number, Site>;
  /** Parameters that the function assigns to: what is known of them is not what the caller passed. */
  readonly changed: ReadonlySet<string>;
  /** Targets of a call; empty when none is known. */
  readonly targets: (op: CallOp) => readonly Target[];
}

export function siteAt(frame: Frame, line: number): Site {
  let site = frame.sites.get(line);
  if (site === undefined) {
    const nth = frame.program.nth.get(frame.id);
    site = { file: frame.file, line, function: frame.fn.name, ...(nth === undefined ? {} : { nth }) };
    frame.sites.set(line, site);
  }
  return site;
}

/** Applies one operation to a state. Several states come out where its outcome decides a lock state; none if it never returns. */
export function apply(frame: Frame, op: IrOp, state: State): readonly State[] {
  switch (op.op) {
    case 'lock':
      return applyLock(frame, op, state);
    case 'unlock': {
      const { key } = classOf(frame.program, frame.id, frame.fn, op.path);
      return [release(state, { path: op.path, kind: op.kind, key })];
    }
    case 'held': {
      const lock = assumedLock(frame, op.path, op.kind, 'assertion', op.line);
      if (lock === undefined) return [state];
      const known = state.held.some((other) => other.path === lock.path || (lock.key !== '' && other.key === lock.key));
      return [known ? state : { ...state, held: [...state.held, lock] }];
    }
    case 'set':
      return [assignFact(state, frame.tracking, op.path, op.value)];
    case 'call':
      return applyCall(frame, op, state);
    case 'icall':
      return [withFact(state, op.result, Truth.Any)];
    case 'alloc':
    case 'free':
    case 'sleep':
      return [state];
  }
}

/** A lock that is said to be held, or undefined when its kind cannot be told. */
export function assumedLock(
  frame: Frame,
  path: string,
  kind: Held['kind'] | undefined,
  said: NonNullable<Held['assumed']>,
  line: number,
): Held | undefined {
  const found = classOf(frame.program, frame.id, frame.fn, path);
  const known = kind ?? found.kind;
  if (known === undefined) return undefined;
  return {
    path,
    kind: known,
    read: false,
    key: found.key,
    name: found.name,
    site: siteAt(frame, line),
    via: [],
    api: said,
    assumed: said,
  };
}

function applyLock(frame: Frame, op: LockOp, state: State): readonly State[] {
  if (op.momentary === true) return [state];
  const found = classOf(frame.program, frame.id, frame.fn, op.path);
  const isContext = op.path.startsWith('!');
  const lock: Held = {
    path: op.path,
    kind: op.kind,
    read: op.read === true,
    key: found.key,
    name: isContext ? op.api : found.name,
    site: siteAt(frame, op.line),
    via: [],
    api: op.api,
    ...(op.nested === undefined ? {} : { nested: op.nested }),
    ...(found.kind !== undefined && op.path.includes('.') ? { embedded: true } : {}),
    ...(found.single === true ? { single: true } : {}),
    ...(op.result === undefined ? {} : { trylock: true }),
    ...(op.withLock === true ? { withLock: true } : {}),
  };
  const taken = knownOwner(frame, acquire(state, lock));
  if (op.result === undefined) return [taken];
  const yes = op.taken ?? Truth.NonZero;
  const decided = state.facts.get(op.result);
  // The second part of a trylock that also switches interrupts off: the first has decided.
  if (decided !== undefined && isSecondPart(state, op)) return decided === yes ? [taken] : [state];
  return [withFact(taken, op.result, yes), withFact(state, op.result, Truth.Any & ~yes)];
}

/** The state in which the pointer that a lock was just reached through is known not to be null. */
function knownOwner(frame: Frame, state: State): State {
  const owner = ownerOf(state.held.at(-1)?.path ?? '');
  return owner !== undefined && frame.tracking.bits.has(owner) ? withFact(state, owner, Truth.NonZero) : state;
}

function isSecondPart(state: State, op: LockOp): boolean {
  const last = state.held[state.held.length - 1];
  return last?.api === op.api && last.via.length === 0 && last.site.line === op.line && last.path.startsWith('!');
}

function applyCall(frame: Frame, op: CallOp, state: State): readonly State[] {
  const cleared = withFact(state, op.result, Truth.Any);
  const targets = frame.targets(op);
  const question = QUESTIONS.get(op.result);
  if (question !== undefined) return [withFact(state, op.result, contextValue(state, question))];
  if (targets.length === 0) return [afterUnknown(cleared, op.callee)];
  const out: State[] = [];
  for (const target of targets) {
    for (const exit of target.summary.exits) {
      if (!guardsHold(exit.guards, op, state)) continue;
      out.push(applyExit(frame, op, target, exit, cleared));
    }
  }
  return out;
}

/** Functions whose code is not at hand and whose name says that they release something. */
const RELEASES = /unlock|release|_end$|_exit$|_leave$/;
/** Those that may release a lock of the caller's caller. */
const UNLOCKS = /unlock/;

/** After a function that is not at hand: which locks one releases is not known, and silence is better than a guess. */
function afterUnknown(state: State, callee: string): State {
  if (UNLOCKS.test(callee)) return release(state, EVERYTHING);
  if (!RELEASES.test(callee) || state.held.length === 0) return state;
  return { ...state, held: state.held.filter((lock) => lock.path === ENTRY_PATH) };
}

/** Questions about the context that code asks to decide what it may do, as parameters that every function has. */
const QUESTIONS: ReadonlyMap<string, number> = new Map([
  ['@irqs_disabled()', -1],
  ['@in_atomic()', -2],
  ['@in_interrupt()', -3],
  ['@preemptible()', -4],
  ['@in_irq()', -5],
  ['@in_hardirq()', -5],
  ['@in_softirq()', -6],
  ['@in_serving_softirq()', -6],
  ['@in_task()', -7],
]);

/** What the held locks answer to such a question. */
function contextValue(state: State, param: number): number {
  for (const [key, question] of QUESTIONS) {
    const known = question === param ? state.facts.get(key) : undefined;
    if (known !== undefined) return known;
  }
  const entered = state.held.find((lock) => lock.path === ENTRY_PATH)?.name;
  const irqsOff = entered === 'hardirq' || state.held.some((lock) => lock.kind === 'irq-off');
  const spinning =
    entered !== undefined ||
    state.held.some((lock) => lock.kind === 'raw' || lock.kind === 'spin' || lock.kind === 'preempt-off');
  if (entered !== undefined) {
    if (param === -3) return Truth.NonZero;
    if (param === -5) return entered === 'hardirq' ? Truth.NonZero : Truth.Zero;
    if (param === -6) return entered === 'softirq' ? Truth.NonZero : Truth.Any;
    if (param === -7) return Truth.Zero;
  }
  if (param === -1) return irqsOff ? Truth.NonZero : Truth.Any;
  if (param === -2) return spinning ? Truth.NonZero : Truth.Any;
  if (param === -4) return spinning || irqsOff ? Truth.Zero : Truth.Any;
  return Truth.Any;
}

/** Whether what the caller passes allows a path of the callee. */
export function guardsHold(guards: readonly Guard[], op: CallOp, state: State): boolean {
  return guards.every((guard) => (guardValue(guard, op, state) & guard.value) !== 0);
}

/** Whether it is known to take the callee that path; `isOpen` says of which conditions not to ask. */
export function guardsSure(
  guards: readonly Guard[],
  op: CallOp,
  state: State,
  isOpen: (guard: Guard) => boolean,
): boolean {
  return guards.every((guard) => {
    if (isOpen(guard) || (guard.object === true && guard.value === Truth.NonZero)) return true;
    return (guardValue(guard, op, state) & ~guard.value) === 0;
  });
}

/** All that is known of what a condition asks for: {@link Truth} bits. */
function guardValue(guard: Guard, op: CallOp, state: State): number {
  if (guard.param < 0) return contextValue(state, guard.param);
  const arg = op.args[guard.param] ?? '';
  if (guard.equals !== undefined) return equality(arg, guard.equals);
  return truthOf(arg) & (state.facts.get(arg) ?? Truth.Any);
}

/** Whether an argument equals a constant, as far as constants tell. */
function equality(arg: string, constant: string): number {
  if (arg === constant) return Truth.NonZero;
  const isName = /^[A-Z][A-Z0-9_]*$/;
  if (isName.test(arg) && isName.test(constant)) return Truth.Zero;
  return /^#[iz]/.test(arg) && constant.startsWith('#i') ? Truth.Zero : Truth.Any;
}

/** A key that compares a parameter with a constant. */
export const PARAM_EQUALS = /^@==\((\$\d+),(#i-?\d+|[A-Z][A-Z0-9_]*)\)$/;

/** Names that a macro takes from its caller: free names that are the caller's locals or parameters. */
export function renames(frame: Frame, target: Target): ReadonlyMap<string, string> | undefined {
  if (!target.isMacro) return undefined;
  const names = new Map<string, string>();
  frame.fn.params.forEach((name, i) => {
    names.set(name, `$${i}`);
  });
  return names;
}

function applyExit(frame: Frame, op: CallOp, target: Target, exit: Exit, state: State): State {
  let next = state;
  const rename = renames(frame, target);
  for (const lock of exit.dropped) {
    const path = instantiate(lock.path, op.args, op.result, rename);
    next = releaseCalled(next, { path, kind: lock.kind, key: lock.key || keyOf(frame, path), hops: lock.hops + 1 });
  }
  for (const lock of exit.held) {
    const path = instantiate(lock.path, op.args, op.result, rename);
    next = acquire(next, {
      ...lock,
      path,
      key: lock.key || keyOf(frame, path),
      via: [siteAt(frame, op.line), ...lock.via],
    });
  }
  if (exit.returns !== Truth.Any && frame.tracking.bits.has(op.result)) {
    next = withFact(next, op.result, exit.returns);
  }
  return next;
}

/** A lock is taken or released for the caller's caller at most; what seems to go further up is a path not understood. */
const MAX_HOPS = 3;

/** A release by a callee: of a lock held here, or of our caller's if the path tells the caller which. */
export function releaseCalled(state: State, what: Released): State {
  const isOurs = isExpressible(what.path) && (what.hops ?? 0) <= MAX_HOPS;
  if (!isOurs && matchHeld(state.held, what) < 0) return state;
  return release(state, what);
}

function keyOf(frame: Frame, path: string): string {
  return path.startsWith('!') ? '' : classOf(frame.program, frame.id, frame.fn, path).key;
}

/** What a function leaves behind when it returns `value` in `state`. */
export function exitOf(frame: Frame, state: State, value: string): Exit {
  const returns = truthOf(value) & (state.facts.get(value) ?? Truth.Any);
  const root = value === '' || value.startsWith('#') ? undefined : value;
  const held = state.held
    .filter((lock) => lock.assumed === undefined && lock.via.length <= MAX_HOPS)
    .map((lock) => {
      if (root !== undefined && lock.path.startsWith(root) && /^[.[]/.test(lock.path.slice(root.length))) {
        if (!/^[$A-Za-z_]/.test(root)) return { ...lock, path: `@return${lock.path.slice(root.length)}` };
      }
      const { root: own, rest } = splitRoot(lock.path);
      return own.startsWith('%') ? { ...lock, path: `?${rest}` } : lock;
    });
  const left = state.held.filter((lock) => lock.leaves === true);
  const dropped = left.reduce(release, state).dropped.map((lock) => {
    const { root: own, rest } = splitRoot(lock.path);
    return own.startsWith('%') ? { ...lock, path: `?${rest}` } : lock;
  });
  return { held, dropped, returns: returns === 0 ? Truth.Any : returns, guards: guardsOf(frame, state) };
}

/** What is known of values that callers decide: parameters, comparisons of them, questions about the context. */
export function decidedByCallers(frame: Frame, state: State): ReadonlyMap<string, number> {
  if (state.facts.size === 0) return state.facts;
  return new Map(
    [...state.facts]
      .filter(([key]) => {
        const param = PARAM_EQUALS.exec(key)?.[1] ?? (/^\$\d+$/.test(key) ? key : undefined);
        return param === undefined ? QUESTIONS.has(key) : !frame.changed.has(param);
      })
      .sort(([a], [b]) => compareText(a, b)),
  );
}

/** Whether a type is a struct's tag: C's and the kernel's scalar types have other names. */
function isObject(type: string | undefined): boolean {
  return type !== undefined && !/_t$|^_*[us](?:8|16|32|64)$|^bool$|^_Bool$|^u?(?:int|long|short|char)$/.test(type);
}

/** What is known of the parameters. */
export function guardsOf(frame: Frame, state: State): Guard[] {
  const guards: Guard[] = [];
  for (const [key, value] of state.facts) {
    const question = QUESTIONS.get(key);
    if (question !== undefined) guards.push({ param: question, value });
    else if (/^\$\d+$/.test(key) && !frame.changed.has(key)) {
      const object = isObject(frame.fn.types[key]) ? { object: true } : {};
      guards.push({ param: Number(key.slice(1)), value, ...object });
    }
  }
  for (const [key, value] of state.facts) {
    const match = PARAM_EQUALS.exec(key);
    if (match?.[1] === undefined || match[2] === undefined || frame.changed.has(match[1])) continue;
    guards.push({ param: Number(match[1].slice(1)), value, equals: match[2] });
  }
  return guards.sort((a, b) => a.param - b.param || compareText(a.equals ?? '', b.equals ?? ''));
}
