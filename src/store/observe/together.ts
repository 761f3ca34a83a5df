import type { Dependency, LockClass } from '../../model/lock-graph.js';
import type { Observation, ObservedChain } from '../../model/observation.js';

/**
 * What two schedules of one scenario showed, classes matched by name: counts are added, usage states joined. Times stay those of
 * `first`, since quantiles cannot be added.
 */
export function together(first: Observation, second: Observation): Observation {
  const classes = [...first.graph.classes];
  const known = new Map(classes.map(({ name }, at) => [name, at]));
  const ids = new Map<number, number>();
  for (const cls of second.graph.classes) {
    const at = known.get(cls.name);
    const old = at === undefined ? undefined : classes[at];
    if (at === undefined || old === undefined) {
      ids.set(cls.id, classes.length);
      classes.push({ ...cls, id: classes.length });
    } else {
      ids.set(cls.id, old.id);
      classes[at] = joined(old, cls);
    }
  }
  const idOf = (id: number): number => ids.get(id) ?? -1;
  const chains = new Chains(first.chains);
  const numbers = [0];
  for (const chain of second.chains) {
    numbers.push(chains.add({ ...chain, parent: numbers[chain.parent] ?? 0, cls: idOf(chain.cls) }));
  }
  const moved = <T extends { readonly chain: number }>(one: T): T => ({ ...one, chain: numbers[one.chain] ?? 0 });
  return {
    ...first,
    graph: { classes, dependencies: dependenciesOf(first, second, idOf) },
    chains: chains.list,
    acquisitions: summed([...first.acquisitions, ...second.acquisitions.map(moved)]),
    allocations: summed([...first.allocations, ...second.allocations.map(moved)]),
  };
}

function joined(a: LockClass, b: LockClass): LockClass {
  const usage = [...a.usage].map((character, at) => joinedUsage(character, b.usage[at] ?? '.')).join('');
  const { id, name, stableName, key, subclass, waitOuter, waitInner } = a;
  const same = { id, name, stableName, key, subclass, waitOuter, waitInner };
  return { ...same, usage, acquisitions: a.acquisitions + b.acquisitions, reach: { forward: 0, backward: 0 } };
}

function joinedUsage(a: string, b: string): string {
  if (a === b || b === '.') return a;
  return a === '.' ? b : '?';
}

function dependenciesOf(first: Observation, second: Observation, idOf: (id: number) => number): Dependency[] {
  const all = new Map(first.graph.dependencies.map((one) => [`${one.from} ${one.to}`, one]));
  for (const one of second.graph.dependencies) {
    const [from, to] = [idOf(one.from), idOf(one.to)];
    const old = all.get(`${from} ${to}`);
    const kinds = old === undefined ? one.kinds : [...new Set([...old.kinds, ...one.kinds])].sort();
    const count = one.count + (old?.count ?? 0);
    // A cycle is closed by the dependency that comes last, which differs from schedule to schedule.
    const direct = one.direct || old?.direct === true;
    all.set(`${from} ${to}`, { ...(old ?? { ...one, from, to }), kinds, count, direct });
  }
  return [...all.values()];
}

/** Sequences of locks, each once. */
class Chains {
  readonly list: ObservedChain[];
  readonly #numbers = new Map<string, number>();

  constructor(chains: readonly ObservedChain[]) {
    this.list = [...chains];
    for (const [at, chain] of chains.entries()) this.#numbers.set(keyOf(chain), at + 1);
  }

  add(chain: ObservedChain): number {
    const number = this.#numbers.get(keyOf(chain));
    const known = number === undefined ? undefined : this.list[number - 1];
    if (number !== undefined && known !== undefined) {
      this.list[number - 1] = { ...known, hits: known.hits + chain.hits };
      return number;
    }
    this.list.push(chain);
    this.#numbers.set(keyOf(chain), this.list.length);
    return this.list.length;
  }
}

function keyOf({ parent, cls, read, trylock, checked }: ObservedChain): string {
  return `${parent} ${cls} ${read} ${trylock} ${checked}`;
}

function summed<T extends { readonly count: number }>(rows: readonly T[]): T[] {
  const sums = new Map<string, T>();
  for (const row of rows) {
    const { count, ...rest } = row;
    const key = JSON.stringify(rest);
    const known = sums.get(key);
    sums.set(key, known === undefined ? row : { ...known, count: known.count + count });
  }
  return [...sums.values()];
}
