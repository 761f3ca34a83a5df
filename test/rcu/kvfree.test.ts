import { describe, expect, it } from 'vitest';
import { installTreeRcu, KvfreeRcu } from '../../src/rcu/index.js';
import { Gfp, type Kernel, type Op, type SlabObject, scenario } from '../../src/sim/index.js';
import { judgeScenario } from './judge-torture.js';

/** Runs `body` with kvfree_rcu() by the clock on both kernels; it must be clean. */
function clean(body: (kernel: Kernel, kvfree: KvfreeRcu, object: () => Op<SlabObject | null>) => Op<void>) {
  for (const preemptRt of [false, true]) {
    let over = false;
    const it = scenario({ name: 'kvfree', cpus: 2 }, (kernel) => {
      const kvfree = new KvfreeRcu(installTreeRcu(kernel), { arraySize: 4, minCached: 3, drainJiffies: 10 });
      kernel.task(
        'user',
        function* useKvfree() {
          yield* body(kernel, kvfree, () => kernel.mm.kmalloc(64, Gfp.GFP_KERNEL));
          yield* kvfree.destroy();
          over = true;
        },
        { affinity: 0 },
      );
    });
    expect(judgeScenario(it, { strategy: 'rr', seed: 1, preemptRt }).problems).toEqual([]);
    expect(over).toBe(true);
  }
}

/** Hands `count` objects in. */
function* give(kvfree: KvfreeRcu, object: () => Op<SlabObject | null>, count: number): Op<void> {
  for (let i = 0; i < count; i++) {
    const memory = yield* object();
    if (memory !== null) yield* kvfree.free(memory);
  }
}

describe('kvfree_rcu()', () => {
  it('fills its cache after the list had to do, and uses arrays from then on', () => {
    clean(function* (kernel, kvfree, object) {
      yield* give(kvfree, object, 1);
      expect([kvfree.stats.inLists, kvfree.stats.inArrays]).toEqual([1, 0]);
      yield* kernel.scheduleTimeout(2);
      expect(kvfree.cached).toBe(3);
      yield* give(kvfree, object, 6);
      expect([kvfree.stats.inLists, kvfree.stats.inArrays]).toEqual([1, 6]);
    });
  });

  it('frees without a grace period of its own what another one is over for', () => {
    clean(function* (kernel, kvfree, object) {
      yield* give(kvfree, object, 3);
      yield* kernel.rcu.synchronize();
      yield* kernel.scheduleTimeout(12);
      expect([kvfree.stats.polled, kvfree.stats.freed, kvfree.stats.batches]).toEqual([3, 3, 0]);
    });
  });

  it('gives the cache back to the shrinker, and then fills it late and with one page only', () => {
    clean(function* (kernel, kvfree, object) {
      yield* give(kvfree, object, 1);
      yield* kernel.scheduleTimeout(2);
      expect(yield* kvfree.shrink()).toBe(3);
      expect(kvfree.cached).toBe(0);
      yield* give(kvfree, object, 1);
      expect(kvfree.stats.inLists).toBe(2);
      yield* kernel.scheduleTimeout(1);
      expect(kvfree.cached).toBe(0);
      yield* kernel.scheduleTimeout(5);
      expect(kvfree.cached).toBe(1);
      // Used up, and pressure is over: the next fill is a whole one.
      yield* give(kvfree, object, 5);
      yield* kernel.scheduleTimeout(2);
      expect(kvfree.cached).toBe(3);
    });
  });

  it('drains what the shrinker finds without waiting for the monitor', () => {
    clean(function* (kernel, kvfree, object) {
      yield* give(kvfree, object, 2);
      yield* kernel.rcu.synchronize();
      yield* kvfree.shrink();
      expect([kvfree.outstanding, kvfree.stats.polled]).toEqual([0, 2]);
    });
  });

  it('loses nothing when there is no memory at all for its pages', () => {
    clean(function* (kernel, kvfree, object) {
      const objects: SlabObject[] = [];
      for (let i = 0; i < 12; i++) objects.push(...[yield* object()].filter((it) => it !== null));
      kernel.mm.pages.failures.options = { percent: 100 };
      for (const memory of objects) yield* kvfree.free(memory);
      yield* kvfree.barrier();
      expect([kvfree.stats.inLists, kvfree.stats.inArrays, kvfree.stats.freed]).toEqual([12, 0, 12]);
    });
  });
});
