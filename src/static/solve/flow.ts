import type { IrBlock, IrFunction, IrNext, IrOp } from '../ir/ir.js';
import { Truth } from '../ir/ir.js';
import { truthOf } from '../ir/paths.js';
import { successors } from './mainline.js';
import { NO_FACTS, type State, stateKey, withFact } from './state.js';

/** States kept for one block; with more of them facts are given up, then paths. */
const MAX_STATES = 24;
/** Keys tracked in one function. */
const MAX_KEYS = 31;

/** Which values a function's branches depend on, and where they still matter. */
export interface Tracking {
  /** Bit of each tracked key. */
  readonly bits: ReadonlyMap<string, number>;
  readonly keys: readonly string[];
  /** Keys still tested at or after the beginning of each block. */
  readonly live: Int32Array;
  /** How many ways lead into each block. */
  readonly entries: Int32Array;
}

/** Decides what to track: values tested more than once, results that a lock state hangs on, parameters. */
export function trackingOf(fn: IrFunction, decides: (op: IrOp) => boolean): Tracking {
  const tested = new Map<string, number>();
  const set = new Set<string>();
  const wanted = new Set<string>();
  const freed = new Set<string>();
  const owners = new Set<string>();
  for (const block of fn.blocks) {
    for (const op of block.ops) {
      if (op.op === 'set' && (truthOf(op.value) !== Truth.Any || op.value.startsWith('@'))) set.add(op.path);
      if (op.op === 'lock' && op.result !== undefined) wanted.add(op.result);
      const owner = op.op === 'lock' ? ownerOf(op.path) : undefined;
      if (owner !== undefined) owners.add(owner);
      if (op.op === 'free' && /^[%$]\w+$/.test(op.path)) freed.add(op.path);
      if ((op.op === 'call' || op.op === 'icall') && decides(op)) wanted.add(op.result);
    }
    if (block.next.to === 'branch' && block.next.value !== '') {
      tested.set(block.next.value, (tested.get(block.next.value) ?? 0) + 1);
    }
  }
  for (const key of fn.when ?? []) wanted.add(`CONFIG.${key.replace('!', '')}`);
  const keys: string[] = [];
  const bits = new Map<string, number>();
  const add = (key: string): void => {
    if (keys.length >= MAX_KEYS || bits.has(key)) return;
    bits.set(key, 1 << keys.length);
    keys.push(key);
  };
  for (const key of tested.keys()) if (wanted.has(key) || owners.has(key)) add(key);
  for (const key of tested.keys()) if (set.has(key) || (tested.get(key) ?? 0) > 1) add(key);
  for (const key of tested.keys())
    if (/^\$\d+$|^@(?:in_|irqs_|preempt)\w*\(\)$|^@==\(\$\d+,(?:#i|[A-Z])/.test(key)) add(key);
  for (const key of freed) if (set.has(key) || tested.has(key)) add(key);
  // Values copied into a tested variable, and results that decide and are only copied or returned.
  for (const key of wanted) add(key);
  return { bits, keys, live: liveness(fn.blocks, bits), entries: entryCounts(fn.blocks) };
}

/** The local pointer to the object that a lock is in: it is not null once the lock is held. */
export function ownerOf(path: string): string | undefined {
  return /^(%\w+)\./.exec(path)?.[1];
}

function entryCounts(blocks: readonly IrBlock[]): Int32Array {
  const counts = new Int32Array(blocks.length);
  for (const block of blocks) for (const to of successors(block.next)) counts[to] = (counts[to] ?? 0) + 1;
  return counts;
}

function liveness(blocks: readonly IrBlock[], bits: ReadonlyMap<string, number>): Int32Array {
  const live = new Int32Array(blocks.length);
  const use = blocks.map((block) => {
    let mask = 0;
    for (const op of block.ops) {
      // A value copied on lives in its copy; arguments tell callees what they are given.
      if (op.op === 'set') mask |= bits.get(op.value) ?? 0;
      if (op.op === 'free') mask |= bits.get(op.path) ?? 0;
      if (op.op === 'call') for (const arg of op.args) mask |= bits.get(arg) ?? 0;
    }
    if (block.next.to === 'branch' || block.next.to === 'return') mask |= bits.get(block.next.value) ?? 0;
    return mask;
  });
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = blocks.length - 1; i >= 0; i--) {
      let mask = use[i] ?? 0;
      for (const to of successors((blocks[i] as IrBlock).next)) mask |= live[to] ?? 0;
      if (mask !== live[i]) {
        live[i] = mask;
        changed = true;
      }
    }
  }
  return live;
}

/** All states at the beginning of each block, and whether some were given up. */
export interface Explored {
  readonly states: readonly (readonly State[])[];
  readonly partial: boolean;
}

/**
 * Follows all paths of a function, keeping apart states that differ in locks or in facts that still matter.
 * @param step what a block's operations make of a state; several states where an outcome decides a lock state
 */
export function explore(
  fn: IrFunction,
  tracking: Tracking,
  start: State,
  step: (block: IrBlock, state: State) => readonly State[],
): Explored {
  const states: State[][] = fn.blocks.map(() => []);
  const seen: Set<string>[] = fn.blocks.map(() => new Set());
  const work: { block: number; state: State }[] = [];
  let partial = false;
  const arrive = (block: number, state: State): void => {
    const joined = (tracking.entries[block] ?? 0) > 1 ? forgetDead(state, tracking, block) : state;
    const known = seen[block] as Set<string>;
    const list = states[block] as State[];
    let arriving = joined;
    let key = stateKey(arriving);
    if (known.has(key)) return;
    if (list.length >= MAX_STATES) {
      arriving = { ...joined, facts: NO_FACTS };
      key = stateKey(arriving);
      partial = true;
      if (known.has(key) || list.length >= 2 * MAX_STATES) return;
    }
    known.add(key);
    list.push(arriving);
    work.push({ block, state: arriving });
  };
  arrive(0, start);
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    const block = fn.blocks[item.block] as IrBlock;
    for (const state of step(block, item.state)) follow(block.next, state, tracking, arrive);
  }
  return { states, partial };
}

/** The ways on from the end of a block that what is known allows. */
export function follow(
  next: IrNext,
  state: State,
  tracking: Tracking,
  arrive: (block: number, state: State) => void,
): void {
  switch (next.to) {
    case 'goto':
      arrive(next.block, state);
      break;
    case 'choose':
      for (const block of next.blocks) arrive(block, state);
      break;
    case 'branch': {
      const value = state.facts.get(next.value) ?? Truth.Any;
      const yes = value & next.when;
      const no = value & ~next.when & Truth.Any;
      const tracked = tracking.bits.has(next.value);
      if (yes !== 0) arrive(next.yes, tracked ? withFact(state, next.value, yes) : state);
      if (no !== 0) arrive(next.no, tracked ? withFact(state, next.value, no) : state);
      break;
    }
    default:
  }
}

/** Where paths join, facts that nothing tests any more are forgotten, so that the paths become one again. */
function forgetDead(state: State, tracking: Tracking, block: number): State {
  if (state.facts.size === 0) return state;
  const live = tracking.live[block] ?? 0;
  let facts: Map<string, number> | undefined;
  for (const key of state.facts.keys()) {
    if (((tracking.bits.get(key) ?? 0) & live) !== 0) continue;
    facts ??= new Map(state.facts);
    facts.delete(key);
  }
  return facts === undefined ? state : { ...state, facts };
}

/** What an assignment does to the facts. */
export function assignFact(state: State, tracking: Tracking, path: string, value: string): State {
  if (tracking.keys.length === 0) return state;
  let next = state;
  for (const key of state.facts.keys()) {
    if (key !== path && mentions(key, path)) next = withFact(next, key, Truth.Any);
  }
  if (tracking.bits.has(path)) {
    const constant = truthOf(value);
    next = withFact(next, path, constant !== Truth.Any ? constant : (state.facts.get(value) ?? Truth.Any));
  }
  return next;
}

/** Whether `path` occurs in `key` as a path of its own, not as a part of a longer name. */
function mentions(key: string, path: string): boolean {
  for (let at = key.indexOf(path); at >= 0; at = key.indexOf(path, at + 1)) {
    const after = key[at + path.length];
    if (after === undefined || !/\w/.test(after)) return true;
  }
  return false;
}
