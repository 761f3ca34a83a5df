import { Gfp, type Kernel, type Op, type Page } from '../../sim/index.js';

/**
 * Where kvfree_rcu() gets a page for its array of pointers, with its own raw lock held: the ways that were weighed.
 *
 * - `gfp-nowait`: the allocator with GFP_NOWAIT, as from anywhere else
 * - `gfp-rt-nowait`: the allocator with GFP_RT_NOWAIT, which stays off zone->lock
 * - `raw-zone-lock`: as `gfp-nowait`, on a kernel whose zone->lock is raw (memory option `zoneLock: 'raw'`)
 * - `lockless`: the separate function, alloc_pages_nolock()
 * - `prefilled`: only from the cache that a timer and work fill where waiting is legal: what mainline does
 * - `list-only`: never; no batching
 */
export const PAGE_WAYS = [
  'gfp-nowait',
  'gfp-rt-nowait',
  'raw-zone-lock',
  'lockless',
  'prefilled',
  'list-only',
] as const;
export type PageWay = (typeof PAGE_WAYS)[number];

/** A page in the given way, or null: the list takes over. The per-CPU cache has been looked at before. */
export function* pageFor(kernel: Kernel, way: PageWay): Op<Page | null> {
  switch (way) {
    case 'gfp-nowait':
    case 'raw-zone-lock':
      return yield* kernel.mm.allocPage(Gfp.GFP_NOWAIT);
    case 'gfp-rt-nowait':
      return yield* kernel.mm.allocPage(Gfp.GFP_RT_NOWAIT);
    case 'lockless':
      return yield* kernel.mm.allocPagesNolock();
    case 'prefilled':
    case 'list-only':
      return null;
  }
}
