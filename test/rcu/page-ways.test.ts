import { describe, expect, it } from 'vitest';
import { installTreeRcu, KvfreeRcu, PAGE_WAYS, type PageWay } from '../../src/rcu/index.js';
import { Gfp, scenario } from '../../src/sim/index.js';
import { judgeRun } from '../../src/sim/run/judge-run.js';
import { cellOf, lawFor } from '../sim/shipped.js';

/** Kvfree_rcu() under a raw_spinlock_t, more often than the per-CPU list has pages. */
function underRaw(way: PageWay, preemptRt: boolean) {
  const zoneLock = way === 'raw-zone-lock' ? 'raw' : 'spinlock';
  return scenario({ name: way, preemptRt, memory: { pcpFill: 3, pcpBatch: 1, zoneLock } }, (kernel) => {
    const kvfree = new KvfreeRcu(installTreeRcu(kernel), { way, arraySize: 1 });
    const raw = kernel.rawSpinlock('raw');
    kernel.task('caller', function* freeUnderRaw() {
      for (let i = 0; i < 12; i++) {
        const object = yield* kernel.mm.kmalloc(1024, Gfp.GFP_KERNEL);
        if (object === null) continue;
        yield* raw.lock();
        yield* kvfree.free(object);
        yield* raw.unlock();
      }
      yield* kvfree.destroy();
      kernel.assert(kvfree.stats.freed === 12, 'an object was not freed');
    });
  });
}

/** Verdicts on PREEMPT, by policy: what the discussion said of each way. */
const VERDICTS: Record<PageWay, readonly [strict: string, gfpRtNowait: string, lockless: string]> = {
  'gfp-nowait': [
    'alloc-under-raw-spinlock; invalid-wait-context',
    'alloc-under-raw-spinlock; invalid-wait-context',
    'alloc-under-raw-spinlock; invalid-wait-context',
  ],
  'gfp-rt-nowait': ['alloc-under-raw-spinlock', '-', 'alloc-under-raw-spinlock'],
  'raw-zone-lock': ['alloc-under-raw-spinlock', 'alloc-under-raw-spinlock', 'alloc-under-raw-spinlock'],
  lockless: ['alloc-under-raw-spinlock', 'alloc-under-raw-spinlock', '-'],
  prefilled: ['-', '-', '-'],
  'list-only': ['-', '-', '-'],
};

describe('the ways to get a page under a raw_spinlock_t', () => {
  for (const preemptRt of [false, true]) {
    for (const way of PAGE_WAYS) {
      it(`${way} on ${preemptRt ? 'PREEMPT_RT' : 'PREEMPT'} gets the verdicts of the discussion`, () => {
        const found = ['strict', 'gfp-rt-nowait', 'lockless'].map((policy) => {
          const schedule = { strategy: 'rr', seed: 1, depth: 3, preemptRt } as const;
          const what = { path: way, scenario: underRaw(way, preemptRt) };
          return cellOf(judgeRun(what, { law: lawFor(policy), schedule, precise: false }).findings);
        });
        // A spinlock_t that is taken in atomic context is a place that sleeps there.
        const expected = VERDICTS[way].map((cell) =>
          preemptRt ? cell.replace('invalid-wait-context', 'invalid-wait-context; sleep-in-atomic') : cell,
        );
        expect(found).toEqual(expected);
      });
    }
  }
});
