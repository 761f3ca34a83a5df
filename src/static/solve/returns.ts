import { type IrBlock, type IrFunction, type IrNext, type LockKind, Truth } from '../ir/ir.js';
import { lastPart, splitRoot } from '../ir/paths.js';
import { follow } from './flow.js';
import { successors } from './mainline.js';
import type { Held, Site, State } from './state.js';
import { compareText, type Exit } from './summary.js';
import { exitOf, type Frame, siteAt } from './transfer.js';

/** A way through a function on which a lock that it took stays held when it returns, though other ways release it. */
export interface Leak {
  readonly lock: Held;
  /** The jump or the return that leaves without releasing. */
  readonly leaves: Site;
  /** Where it returns then; the same where it leaves by that return. */
  readonly returns: Site;
  /** A place where other ways release it; undefined where none does. */
  readonly released: Site | undefined;
  /** Not seen for sure: that way may be one that callers ask for. */
  readonly possible: boolean;
  /** What it returns tells callers that they hold the lock: it is forgotten if none of them releases it. */
  readonly told: boolean;
}

/** All states at the ends of a function's blocks, by the block that they go on to. */
interface Flow {
  readonly fn: IrFunction;
  readonly frame: Frame;
  readonly entering: readonly (readonly State[])[];
  readonly leaving: readonly (readonly State[])[];
}

/** Read sides and contexts that nest by counting, and locks that may be taken again, cannot be told apart by path. */
const UNCOUNTED: ReadonlySet<LockKind> = new Set<LockKind>(['seq', 'bh-off']);
/** Names of functions that take or release locks for others. */
const LOCKER = /lock|acquire|release/;
/** Names of functions that may do so as a part of what they are for: their callers tell. */
const HANDS_OVER =
  /enter|leave|begin|start|stop|(?:^|_)(?:end|get|put|next|hold|claim|grab|own|take|prepare|finish|freeze|thaw|suspend|resume|quiesce|save|restore|disable|enable|map|unmap)(?:_|$)/;
/** Members of operation tables that may release what they are not seen to. */
const MAY_RELEASE = /unlock|release|leave|exit|end|done|complete|put|finish|restore|enable|stop/;

/**
 * Finds locks that a function releases on some ways and forgets on others. A way is one that is taken for sure: whatever gets
 * to its branch holds the lock, and nothing behind it can release it, so it does not matter which conditions hang together.
 * Smatch reports the like as inconsistent returns.
 * @param entering states at the beginning of each block
 * @param run what a block's operations make of a state
 */
export function leaksOf(
  frame: Frame,
  entering: readonly (readonly State[])[],
  run: (block: IrBlock, state: State) => readonly State[],
): Leak[] {
  const { fn } = frame;
  if (fn.macro === true || fn.handsOver === true || LOCKER.test(fn.name)) return [];
  if ((fn.problems ?? 0) > 0 || fn.contract?.held.some((said) => said.released === true) === true) return [];
  const leaving = fn.blocks.map((block, i) => (entering[i] ?? []).flatMap((state) => run(block, state)));
  const flow: Flow = { fn, frame, entering, leaving };
  const leaks: Leak[] = [];
  for (const lock of suspects(flow)) {
    const leak = leakOf(flow, lock);
    if (leak !== undefined) leaks.push(leak);
  }
  leaks.push(...leftOff(flow));
  return leaks.sort((a, b) => a.leaves.line - b.leaves.line || compareText(a.lock.path, b.lock.path));
}

const isHeld = (state: State, lock: Held): Held | undefined =>
  state.held.find((other) => other.path === lock.path && other.kind === lock.kind && other.assumed === undefined);

/** Locks that the function takes itself and that are held at some of its returns and not at others. */
function suspects({ fn, leaving }: Flow): Held[] {
  const atReturns = fn.blocks.flatMap((block, i) => (block.next.to === 'return' ? (leaving[i] ?? []) : []));
  const found = new Map<string, Held>();
  for (const state of atReturns) {
    for (const lock of state.held) {
      if (lock.assumed !== undefined || lock.via.length > 0 || lock.trylock === true || UNCOUNTED.has(lock.kind))
        continue;
      if (lock.unsure === true || !isStable(fn, lock.path)) continue;
      const key = `${lock.path} ${lock.kind}`;
      if (!found.has(key)) found.set(key, lock);
    }
  }
  // What a lock function switched off with its lock is a fault of its own only where the lock is released.
  const out = [...found.values()].filter((lock) => atReturns.some((state) => isHeld(state, lock) === undefined));
  return out.filter((lock) => lock.withLock !== true || !out.some((other) => other.api === lock.api && other !== lock));
}

/**
 * Interrupts or bottom halves that a lock function switched off with its lock, and that stay off when the lock is released:
 * the release is the wrong variant of its like.
 */
function leftOff({ fn, frame, leaving }: Flow): Leak[] {
  const atReturns = fn.blocks.flatMap((block, i) => (block.next.to === 'return' ? (leaving[i] ?? []) : []));
  const [first] = atReturns;
  const lock = first?.held.find((one) => one.withLock === true && one.assumed === undefined && one.via.length === 0);
  if (lock === undefined || atReturns.some((state) => state.held.some((one) => !one.path.startsWith('!')))) return [];
  const isSame = (one: Held): boolean => one.path === lock.path && one.site === lock.site;
  if (!atReturns.every((state) => state.held.some(isSame) && state.dropped.length === 0)) return [];
  const ops = fn.blocks.flatMap((block) => block.ops);
  if (ops.some((op) => op.op === 'unlock' && op.path === lock.path)) return [];
  const taken = ops.find(
    (op) => op.op === 'lock' && op.line === lock.site.line && op.api === lock.api && op.withLock !== true,
  );
  const release = ops.find((op) => op.op === 'unlock' && taken?.op === 'lock' && op.path === taken.path);
  if (release === undefined) return [];
  const leaves = siteAt(frame, release.line);
  return [{ lock, leaves, returns: leaves, released: undefined, possible: false, told: false }];
}

/** Whether a path names one lock throughout the function. */
function isStable(fn: IrFunction, path: string): boolean {
  if (path.startsWith('!')) return true;
  if (/[?[]/.test(path)) return false;
  const { root } = splitRoot(path);
  let sets = 0;
  for (const block of fn.blocks) {
    for (const op of block.ops) {
      if (op.op !== 'set') continue;
      if (op.path === root) sets++;
      else if (path.startsWith(`${op.path}.`)) return false;
    }
  }
  return root.startsWith('%') ? sets <= 1 : sets === 0;
}

function leakOf(flow: Flow, lock: Held): Leak | undefined {
  const { fn, entering, leaving } = flow;
  const released = releasesOf(flow, lock);
  const releasing = new Set(released.map(({ block }) => block));
  const leaky = fn.blocks.map((_, i) => isLeaky(fn, i, releasing));
  for (const [i, block] of fn.blocks.entries()) {
    const before = entering[i] ?? [];
    const after = leaving[i] ?? [];
    if (after.length === 0 || before.length === 0) continue;
    const ways = successors(block.next);
    // Where it is taken and nothing behind that releases it.
    const isTaken = after.every((state) => isHeld(state, lock)) && !before.some((state) => isHeld(state, lock));
    if (isTaken && ways.every((to) => leaky[to] === true) && (ways.length > 0 || block.next.to === 'return')) {
      const leak = leakBy(flow, lock, released, i, i, after);
      if (leak !== undefined) return leak;
    }
    if (ways.length < 2 || ways.every((to) => leaky[to] === true)) continue;
    for (const to of ways) {
      if (leaky[to] !== true) continue;
      const leak = leakBy(flow, lock, released, i, to, statesTo(flow, block.next, after, to));
      if (leak !== undefined) return leak;
    }
  }
  return undefined;
}

/** The leak on the way from one block to another (the same: in the block), if all states on it hold the lock. */
function leakBy(
  flow: Flow,
  lock: Held,
  released: readonly Release[],
  from: number,
  to: number,
  crossing: readonly State[],
): Leak | undefined {
  const { fn, frame } = flow;
  const [first] = crossing;
  const held = first === undefined ? undefined : isHeld(first, lock);
  if (held === undefined || !crossing.every((state) => isHeld(state, lock) !== undefined)) return undefined;
  // A release that could not be matched to what is held means that we may not know the lock by its name.
  if (crossing.some((state) => state.dropped.some((other) => other.kind === lock.kind))) return undefined;
  const verdict = intended(flow, lock, to);
  // A function that releases it nowhere is there to take it, unless it fails.
  if (verdict === 'yes' || (released.length === 0 && verdict !== 'error')) return undefined;
  const line = lineOf(fn, from, to);
  // `if (flag) unlock();`: the flag may well be set here. That no case of a switch applies is often known not to happen.
  const isSkipped =
    !jumps(fn, from, to) &&
    successors((fn.blocks[from] as IrBlock).next).some((other) => other !== to && reachable(fn, other).has(to));
  const [where] = released.map((release) => release.line).sort((a, b) => a - b);
  const returned = returnLine(fn, to);
  const last = lastLine(fn, from);
  return {
    lock: held,
    leaves: siteAt(frame, [line, returned, last].find(isKnown) ?? 0),
    returns: siteAt(frame, [returned, line, last].find(isKnown) ?? 0),
    released: where === undefined ? undefined : siteAt(frame, where),
    possible: (verdict !== 'no' && verdict !== 'error') || isSkipped || where === undefined || HANDS_OVER.test(fn.name),
    told: verdict === 'told' || where === undefined || HANDS_OVER.test(fn.name),
  };
}

const isKnown = (line: number): boolean => line > 0;

interface Release {
  readonly block: number;
  readonly line: number;
}

/** Where the lock is released while it is held. */
function releasesOf({ fn, entering, leaving }: Flow, lock: Held): Release[] {
  const out: Release[] = [];
  for (const [i, block] of fn.blocks.entries()) {
    const before = entering[i] ?? [];
    const takes = block.ops.some((op) => op.op === 'lock' && op.path === lock.path && op.kind === lock.kind);
    if (!takes && !before.some((state) => isHeld(state, lock) !== undefined)) continue;
    for (const op of block.ops) {
      const matches = op.op === 'unlock' && op.kind === lock.kind && lastPart(op.path) === lastPart(lock.path);
      if (matches) out.push({ block: i, line: op.line });
      else if (op.op === 'icall' && MAY_RELEASE.test(lastPart(op.path))) out.push({ block: i, line: op.line });
    }
    const isGone = (leaving[i] ?? []).some((state) => isHeld(state, lock) === undefined);
    const wasHeld = before.some((state) => isHeld(state, lock) !== undefined);
    const known = out.at(-1)?.block === i;
    if (!known && wasHeld && isGone && before.every((state) => isHeld(state, lock) !== undefined)) {
      out.push({ block: i, line: block.ops.find((op) => op.op === 'call')?.line ?? lock.site.line });
    } else if (!known && wasHeld && isGone) {
      const kept = before.filter((state) => isHeld(state, lock) === undefined).length;
      const gone = (leaving[i] ?? []).filter((state) => isHeld(state, lock) === undefined).length;
      if (gone > kept) out.push({ block: i, line: block.ops.find((op) => op.op === 'call')?.line ?? lock.site.line });
    }
  }
  return out;
}

/** Whether control that gets to a block returns without passing a release. */
function isLeaky(fn: IrFunction, from: number, releasing: ReadonlySet<number>): boolean {
  const seen = new Set<number>([from]);
  const work = [from];
  let returns = false;
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    if (releasing.has(at)) return false;
    const { next } = fn.blocks[at] as IrBlock;
    if (next.to === 'return') returns = true;
    for (const to of successors(next)) {
      if (seen.has(to)) continue;
      seen.add(to);
      work.push(to);
    }
  }
  return returns;
}

function statesTo({ frame }: Flow, next: IrNext, after: readonly State[], to: number): State[] {
  const out: State[] = [];
  for (const state of after) {
    follow(next, state, frame.tracking, (block, arriving) => {
      if (block === to) out.push(arriving);
    });
  }
  return out;
}

/** Whether returning with the lock looks like what the function is for, judged by what it returns then and otherwise. */
function intended(flow: Flow, lock: Held, from: number): 'yes' | 'no' | 'error' | 'perhaps' | 'told' {
  const { fn, leaving, frame } = flow;
  const behind = reachable(fn, from);
  const holding: Exit[] = [];
  const others: Exit[] = [];
  for (const [i, block] of fn.blocks.entries()) {
    if (block.next.to !== 'return') continue;
    for (const state of leaving[i] ?? []) {
      const exit = exitOf(frame, state, block.next.value);
      if (isHeld(state, lock) === undefined) others.push(exit);
      else if (behind.has(i)) holding.push(exit);
    }
  }
  const bits = (exits: readonly Exit[]): number => exits.reduce((all, exit) => all | exit.returns, 0);
  const kept = bits(holding);
  const freed = bits(others);
  if (holding.some((exit) => others.every((other) => guardsTell(exit, other)))) return 'yes';
  if (kept === Truth.Negative) return 'error';
  // An index that tells which grace period to wait for is handed on together with the read side.
  if (lock.kind === 'srcu') return 'told';
  // Success with the lock, failure without it: that is how a lock is handed to the caller.
  if (fn.returnsPointer === true) return kept === Truth.Zero ? 'perhaps' : 'told';
  // What was tested and is returned is an error code.
  if (kept === Truth.NonZero && freed === Truth.Zero) return 'no';
  if ((kept & freed) === 0) return 'told';
  if (freed === Truth.Negative) return 'perhaps';
  if (kept !== Truth.Any && (kept & ~Truth.Positive) === 0) return 'perhaps';
  return 'no';
}

function guardsTell(a: Exit, b: Exit): boolean {
  return a.guards.some((guard) =>
    b.guards.some((o) => o.param === guard.param && o.equals === guard.equals && (o.value & guard.value) === 0),
  );
}

function reachable(fn: IrFunction, from: number): Set<number> {
  const seen = new Set<number>([from]);
  const work = [from];
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    for (const to of successors((fn.blocks[at] as IrBlock).next)) {
      if (seen.has(to)) continue;
      seen.add(to);
      work.push(to);
    }
  }
  return seen;
}

/** Whether the source has a jump on the way from one block to another. */
function jumps(fn: IrFunction, from: number, to: number): boolean {
  const { next } = fn.blocks[from] as IrBlock;
  return next.to === 'branch' && next.lines !== undefined && next.lines[next.yes === to ? 0 : 1] !== 0;
}

/** Line of the jump or return by which control goes from one block to another. */
function lineOf(fn: IrFunction, from: number, to: number): number {
  const { next } = fn.blocks[from] as IrBlock;
  if (next.to === 'branch' && next.lines !== undefined) {
    const line = next.lines[next.yes === to ? 0 : 1];
    if (line !== 0) return line;
  }
  let at = to;
  for (let hops = 0; hops < 8; hops++) {
    const block = fn.blocks[at] as IrBlock;
    if (block.next.to === 'return') return block.next.line;
    if (block.next.to !== 'goto') return 0;
    if (block.next.line !== undefined) return block.next.line;
    at = block.next.block;
  }
  return 0;
}

/** Line of the return that control from a block comes to; 0 for the end of the function. */
function returnLine(fn: IrFunction, from: number): number {
  for (const i of reachable(fn, from)) {
    const { next } = fn.blocks[i] as IrBlock;
    if (next.to === 'return') return next.line;
  }
  return 0;
}

function lastLine(fn: IrFunction, block: number): number {
  return fn.blocks[block]?.ops.at(-1)?.line ?? 0;
}
