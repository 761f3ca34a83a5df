import type { Dependency, LockClass, LockGraph, Reach } from '../model/lock-graph.js';
import { WaitType } from '../model/wait-type.js';
import type { LockKind, LockOp } from './ir/ir.js';
import { type Irq, usagesOf } from './judge/usage.js';
import { whereOf } from './solve/places.js';
import { classOf, functionOf, headOf, type Program } from './solve/program.js';
import type { Solution } from './solve/solver.js';
import { compareText, siteOf } from './solve/summary.js';

/** Kinds that lockdep has classes of, and their wait types. */
const WAITS: Readonly<Partial<Record<LockKind, WaitType>>> = {
  raw: WaitType.Spin,
  spin: WaitType.Config,
  rwlock: WaitType.Config,
  local: WaitType.Config,
  mutex: WaitType.Sleep,
  rwsem: WaitType.Sleep,
  rtmutex: WaitType.Sleep,
};

/** What sources show of locks: the graph, and which functions take which class. */
export interface StaticLocks {
  readonly graph: LockGraph;
  readonly takers: readonly Taker[];
}

/** Places in a function that take a class. */
export interface Taker {
  /** {@link LockClass.id}. */
  readonly cls: number;
  readonly function: string;
  readonly count: number;
}

/**
 * The lock graph that sources allow: every order that some path of some function takes, whoever calls it. Classes and kinds of
 * dependencies are called what lockdep calls them, so that recordings can be compared with it. `acquisitions` are places that take a
 * lock, `count` is the places that are known to take it so.
 */
export function staticLocks(solution: Solution): StaticLocks {
  const classes = new Classes();
  const takers = new Map<string, Taker>();
  const { program } = solution;
  for (let id = 0; id < program.functionCount; id++) {
    const fn = functionOf(program, id);
    for (const block of fn.blocks) {
      for (const op of block.ops) {
        if (op.op !== 'lock' || op.path.startsWith('!')) continue;
        const { key, name } = classOf(program, id, fn, op.path);
        const cls = classes.taken(key, name, op);
        if (cls === undefined) continue;
        const { name: taker } = headOf(program, id);
        const place = `${cls} ${taker}`;
        takers.set(place, { cls, function: taker, count: (takers.get(place)?.count ?? 0) + 1 });
      }
    }
  }
  const dependencies = new Map<string, Dependency>();
  for (const { edge } of solution.edges) {
    const { from, effect } = edge;
    const op = effect.op as LockOp;
    if (!edge.near || from.assumed !== undefined || op.result !== undefined || from.key === effect.key) continue;
    const outer = classes.idOf(from.key, from.name, from.kind, levelOf(from.nested));
    const inner = classes.idOf(effect.key, effect.name, op.kind, levelOf(op.nested));
    if (outer === undefined || inner === undefined) continue;
    const kind = `${from.read ? 'S' : 'E'}${op.read === true && op.kind === 'rwlock' ? 'R' : 'N'}`;
    const key = `${outer} ${inner}`;
    const known = dependencies.get(key);
    const site = siteOf(effect);
    dependencies.set(key, {
      from: outer,
      to: inner,
      kinds: [...new Set([...(known?.kinds ?? []), kind])].sort(compareText),
      count: (known?.count ?? 0) + 1,
      direct: true,
      closesCycle: false,
      held: known?.held ?? whereOf(program, from.site),
      taken: known?.taken ?? whereOf(program, site),
    });
  }
  const graph = classes.graph([...dependencies.values()], usageTexts(program, solution));
  return { graph, takers: [...takers.values()] };
}

/** The lockdep subclass that a nesting level means; undefined where it is not a number that is known. */
function levelOf(nested: string | undefined): number | undefined {
  if (nested === undefined) return 0;
  const text = nested.replace(/^#i/, '');
  if (text === 'SINGLE_DEPTH_NESTING') return 1;
  return /^[0-7]$/.test(text) ? Number(text) : undefined;
}

interface Found {
  readonly key: string;
  readonly name: string;
  readonly wait: WaitType;
  readonly subclass: number;
  acquisitions: number;
}

/** Classes by key and subclass, numbered as they are met. */
class Classes {
  readonly #found: Found[] = [];
  readonly #ids = new Map<string, number>();

  taken(key: string, name: string, op: LockOp): number | undefined {
    const id = this.idOf(key, name, op.kind, levelOf(op.nested));
    const found = id === undefined ? undefined : this.#found[id];
    if (found !== undefined) found.acquisitions++;
    return id;
  }

  /** Undefined for what is no class of lockdep's, or not known to be which. */
  idOf(key: string, name: string, kind: LockKind, subclass: number | undefined): number | undefined {
    const wait = WAITS[kind];
    if (wait === undefined || key === '' || subclass === undefined) return undefined;
    const id = `${key} ${subclass}`;
    let number = this.#ids.get(id);
    if (number === undefined) {
      number = this.#found.length;
      this.#ids.set(id, number);
      const shown = subclass === 0 ? name : `${name}/${subclass}`;
      this.#found.push({ key, name: shown, wait, subclass, acquisitions: 0 });
    }
    return number;
  }

  graph(dependencies: readonly Dependency[], usage: (key: string) => string): LockGraph {
    const forward = neighbours(dependencies, ({ from, to }) => [from, to]);
    const backward = neighbours(dependencies, ({ from, to }) => [to, from]);
    const seen = new Map<string, number>();
    const classes = this.#found.map(({ key, name, wait, subclass, acquisitions }, id): LockClass => {
      const same = (seen.get(name) ?? 0) + 1;
      seen.set(name, same);
      return {
        id,
        name: same === 1 ? name : `${name}#${same}`,
        stableName: name,
        key: null,
        subclass,
        usage: usage(key),
        waitOuter: wait,
        waitInner: wait,
        acquisitions,
        get reach(): Reach {
          return { forward: reachable(forward, id), backward: reachable(backward, id) };
        },
      };
    });
    return { classes, dependencies };
  }
}

type Neighbours = ReadonlyMap<number, readonly number[]>;

function neighbours(
  dependencies: readonly Dependency[],
  ends: (one: Dependency) => readonly [near: number, far: number],
): Neighbours {
  const out = new Map<number, number[]>();
  for (const one of dependencies) {
    const [near, far] = ends(one);
    const list = out.get(near);
    if (list === undefined) out.set(near, [far]);
    else list.push(far);
  }
  return out;
}

/** How many classes can be reached from one, itself included. */
function reachable(next: Neighbours, start: number): number {
  const seen = new Set([start]);
  for (const one of seen) for (const to of next.get(one) ?? []) seen.add(to);
  return seen.size;
}

/** lockdep's usage characters, as far as locks that are variables tell: see {@link usagesOf}. */
function usageTexts(program: Program, solution: Solution): (key: string) => string {
  const usages = usagesOf(program, solution.uses);
  const character = (irq: Irq, key: string): string => {
    const usage = usages.get(irq);
    const inside = usage?.inside.has(key) === true;
    const enabled = usage?.enabled.has(key) === true;
    return enabled ? (inside ? '?' : '+') : inside ? '-' : '.';
  };
  // Readers are not told apart: what is known of them does not decide anything.
  return (key) => `${character('hardirq', key)}.${character('softirq', key)}.`;
}
