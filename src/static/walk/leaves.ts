import type { Call, HeldLock, LockState } from './lock-state.js';
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

/** A return of a function with a lock that was not held when it was called. */
export interface Leave {
  readonly file: string;
  readonly function: string;
  readonly line: number;
  /** It is the end of the body. */
  readonly isEnd: boolean;
  /** Name of the lock. */
  readonly lock: string;
  /** The branch that leads here only. */
  readonly branch: { readonly line: number; readonly text: string; readonly truth: boolean } | undefined;
  /** On other ways it releases the lock. */
  readonly sometimes: boolean;
}

/** How an invocation ends. */
export interface Exit {
  readonly locks: LockState;
  readonly way: Way | undefined;
  readonly line: number;
}

/** Returns that are told of one lock. */
const MOST_TOLD = 3;

/** Where functions return with locks that they, or what they call, have taken: one return for a function and a lock. */
export class Leaves {
  readonly #known = new Map<string, Leave>();

  clear(): void {
    this.#known.clear();
  }

  /** The ends of one invocation that began in `start`, and the locks that it released on some way. */
  note(code: Code, start: LockState, exits: readonly Exit[], released: ReadonlySet<Thing>): void {
    const { unit, fn } = code;
    for (const { locks, way, line } of exits) {
      if (locks === start) continue;
      for (const { lock } of locks.held) {
        if (holds(start, lock)) continue;
        const key = keyOf(unit.file, fn.name, lock);
        const sometimes = released.has(lock) && exits.some((other) => !holds(other.locks, lock));
        const known = this.#known.get(key);
        if (known !== undefined && (known.sometimes || !sometimes)) continue;
        const branch = way && { line: way.line, text: way.text, truth: way.truth };
        const place = { file: unit.file, function: fn.name, line, isEnd: line === fn.end };
        this.#known.set(key, { ...place, lock: lock.sim?.lock?.name ?? '', branch, sometimes });
      }
    }
  }

  /**
   * The returns that let a lock out, from the function that took it to the root's: those of functions that release it on other ways, else the
   * outermost.
   */
  of({ lock, moment }: HeldLock): readonly Leave[] {
    const all = new Set<Leave>();
    for (let at: Call | undefined = moment.call; at !== undefined; at = at.parent) {
      const leave = this.#known.get(keyOf(at.file, at.function, lock));
      if (leave !== undefined) all.add(leave);
    }
    const telling = [...all].filter(({ sometimes }) => sometimes);
    return telling.length > 0 ? telling.slice(0, MOST_TOLD) : [...all].slice(-1);
  }
}

function holds({ held }: LockState, lock: Thing): boolean {
  return held.some((one) => one.lock === lock);
}

function keyOf(file: string, name: string, lock: Thing): string {
  return `${file}#${name}|${lock.id}`;
}
