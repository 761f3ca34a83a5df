/** Memory of the simulated machine; every field has a default. */
export interface MemoryOptions {
  /** Pages of the zone, a power of two. Default 4096. */
  pages?: number;
  /** Pages that a per-CPU list holds at most before it gives some back (pcp->high). Default 32. */
  pcpHigh?: number;
  /** Pages moved between list and zone at a time (pcp->batch). Default 8. */
  pcpBatch?: number;
  /** Pages on each CPU's list at the start. Default `pcpBatch`. */
  pcpFill?: number;
  /** zone->lock: the kernel's spinlock_t, or the raw lock that was tried and turned down. Default 'spinlock'. */
  zoneLock?: 'spinlock' | 'raw';
  /** What kswapd sleeps on. Default 'waitqueue', as in the kernel. */
  kswapdWait?: 'waitqueue' | 'rcuwait';
  /** Whether the page allocator knows GFP_RT_NOWAIT (mask 0) as proposed. Default true. */
  gfpRtNowait?: boolean;
  /** Pages that reclaim can free in all: page cache that nobody else needs. Default an eighth of `pages`. */
  reclaimable?: number;
  /** Nanoseconds that moving one page between zone and list costs with zone->lock held. Default 150. */
  pageCost?: number;
  /** Pages moved in one operation: between two an interrupt may come, and preemption where it is on. Default all at once. */
  pagesAStep?: number;
  /** Injected allocation failures. */
  failures?: FailureOptions;
}

/** Which allocations fail on purpose (fault injection); the first that says so decides. */
export interface FailureOptions {
  /** Every nth allocation fails; 256 is what the thread proposed for debug runs. */
  nth?: number;
  /** Per cent of allocations that fail, by the strategy's random numbers. */
  percent?: number;
  /** One character an allocation, repeated: `x` fails, anything else does not. */
  pattern?: string;
}
