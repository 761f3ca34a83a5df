import { type Call, type GotOut, type HeldLock, type Leave, type LockState, NOTHING_GOT_OUT } from './lock-state.js';
import type { Code, Thing } from './thing.js';

/** A branch that a path took. */
export interface Way {
  readonly line: number;
  /** The condition as the source spells it. */
  readonly text: string;
  readonly truth: boolean;
  readonly before: Way | undefined;
  readonly depth: number;
}

export function nextWay(before: Way | undefined, line: number, text: string, truth: boolean): Way {
  return { line, text, truth, before, depth: (before?.depth ?? 0) + 1 };
}

/** The branches that two paths have in common. */
export function commonWay(a: Way | undefined, b: Way | undefined): Way | undefined {
  let [one, other] = [a, b];
  while (one !== other) {
    const [oneDepth, otherDepth] = [one?.depth ?? 0, other?.depth ?? 0];
    if (oneDepth >= otherDepth) one = one?.before;
    if (otherDepth >= oneDepth) other = other?.before;
  }
  return one;
}

/** How an invocation ends. */
export interface Exit {
  readonly locks: LockState;
  readonly way: Way | undefined;
  readonly line: number;
  readonly isThrow: boolean;
}

/** Returns that are told of one lock. */
const MOST_TOLD = 3;

/** Where functions return with locks that they, or what they call, have taken: one return for a function and a lock. */
export class Leaves {
  readonly #known = new Map<string, Leave>();
  /** Functions and locks that they take and release in one invocation: with other arguments they may return with them. */
  readonly #balanced = new Set<string>();

  clear(): void {
    this.#known.clear();
  }

  /**
   * The ends of one invocation that began in `start`, and the locks that it released on some way. Returns for each end the returns that let
   * locks out which are released on other ways.
   */
  note(code: Code, start: LockState, exits: readonly Exit[], released: ReadonlySet<Thing>): (readonly Leave[])[] {
    for (const lock of released)
      if (countOf(start, lock) === 0 && exits.some(({ locks }) => countOf(locks, lock) === 0))
        this.#balanced.add(keyOf(code.unit.file, code.fn.name, lock));
    return exits.map(({ locks, ...exit }) => {
      if (locks === start) return [];
      const leaves: Leave[] = [];
      for (const lock of new Set(locks.held.map((held) => held.lock))) {
        const before = countOf(start, lock);
        if (countOf(locks, lock) <= before) continue;
        const key = keyOf(code.unit.file, code.fn.name, lock);
        const sometimes =
          this.#balanced.has(key) ||
          (released.has(lock) && exits.some((other) => countOf(other.locks, lock) <= before));
        const leave = leaveOf(code, lock, exit, sometimes);
        if (sometimes) leaves.push(leave);
        const known = this.#known.get(key);
        if (known === undefined || (!known.sometimes && sometimes)) this.#known.set(key, leave);
      }
      return leaves;
    });
  }

  /**
   * The returns that let a lock out, from the function that took it in `call` to the root's: those of functions that release it on other ways,
   * else the outermost.
   */
  of(lock: Thing, call: Call): readonly Leave[] {
    const all = new Set<Leave>();
    for (let at: Call | undefined = call; at !== undefined; at = at.parent) {
      const leave = this.#known.get(keyOf(at.file, at.function, lock));
      if (leave !== undefined) all.add(leave);
    }
    const telling = [...all].filter(({ sometimes }) => sometimes);
    return telling.length > 0 ? telling.slice(0, MOST_TOLD) : [...all].slice(-1);
  }
}

/** The locks of an end, with those marked that got out: what else got out there got out with the outermost of them. */
export function leaked(
  start: LockState,
  { held, ...end }: LockState,
  leaves: readonly Leave[],
): Pick<LockState, 'held'> {
  let isFirst = true;
  const marked = held.map((one): HeldLock => {
    const leave = start.held.includes(one) ? undefined : leaves.find(({ lock }) => lock === one.lock);
    if (leave === undefined) return one;
    const beside = isFirst ? gotOut(start, end) : NOTHING_GOT_OUT;
    isFirst = false;
    return { ...one, leak: { leaves: [...(one.leak?.leaves ?? []), leave].slice(-MOST_TOLD), ...beside } };
  });
  return { held: isFirst ? held : marked };
}

function gotOut(start: LockState, end: Omit<LockState, 'held'>): GotOut {
  return {
    irqsOff: end.irqsOff && !start.irqsOff,
    preempt: Math.max(0, end.preempt - start.preempt),
    bh: Math.max(0, end.bh - start.bh),
  };
}

/** Not where a loop went the other way before: which of the turns it was is not known. */
function isDecisive(way: Way): boolean {
  for (let at = way.before; at !== undefined; at = at.before)
    if (at.line === way.line && at.truth !== way.truth) return false;
  return true;
}

function leaveOf({ unit, fn }: Code, lock: Thing, exit: Omit<Exit, 'locks'>, sometimes: boolean): Leave {
  const { way, line, isThrow } = exit;
  const branch = way && isDecisive(way) ? { line: way.line, text: way.text, truth: way.truth } : undefined;
  const how = isThrow ? 'throws' : line === fn.end ? 'ends' : 'returns';
  return { file: unit.file, function: fn.name, line, how, lock, name: lock.sim?.lock?.name ?? '', branch, sometimes };
}

function countOf({ held }: LockState, lock: Thing): number {
  return held.filter((one) => one.lock === lock).length;
}

function keyOf(file: string, name: string, lock: Thing): string {
  return `${file}#${name}|${lock.id}`;
}
