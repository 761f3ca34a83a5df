import { Depends, type Observation, type ObservedChain, type ObservedPair } from '../../model/observation.js';

/**
 * Every lock that was held at an acquisition, with the context, counted. What depends follows check_prevs_add() of
 * kernel/locking/lockdep.c: the locks below, up to and including the first that was checked and not taken by trylock.
 */
export function heldPairs({ chains, acquisitions, pairs: known }: Observation): readonly ObservedPair[] {
  if (known !== undefined) return known;
  const counts = new Map<number, number>();
  for (const { chain, context, count } of acquisitions) {
    const key = chain * CONTEXTS + context;
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  const pairs = new Map<number, ObservedPair>();
  for (const [key, count] of counts) {
    const top = chains[Math.floor(key / CONTEXTS) - 1];
    if (top === undefined) continue;
    const context = key % CONTEXTS;
    const to = top.cls;
    let isReached = top.checked && !top.trylock;
    let distance = 1;
    for (let below = chains[top.parent - 1]; below !== undefined; below = chains[below.parent - 1], distance++) {
      const dependency =
        !isReached || !below.checked ? Depends.No : distance === 1 ? Depends.Direct : Depends.OverTrylock;
      const from = below.cls;
      // Classes below 2^21: the whole key is exact.
      const pair = ((from * CLASSES + to) * CONTEXTS + context) * 4 + dependency;
      const same = pairs.get(pair);
      if (same === undefined) pairs.set(pair, { from, to, context, dependency, count });
      else same.count += count;
      if (below.checked && !below.trylock) isReached = false;
    }
  }
  return [...pairs.values()];
}

const CONTEXTS = 128;
const CLASSES = 2 ** 21;

/** The classes in a sequence of held locks, each once. */
export function classesOf(chains: readonly ObservedChain[], chain: number): Set<number> {
  const held = new Set<number>();
  for (let link = chains[chain - 1]; link !== undefined; link = chains[link.parent - 1]) held.add(link.cls);
  return held;
}
