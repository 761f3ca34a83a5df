/**
 * Single faults that can be put into the RCU by name, each of a kind that was or could be a bug of the real one. They are there
 * to show that the checks find them. What each is caught by: `npm run campaign:rcu-mutants`.
 */
export const FAULTS = {
  'skip-qsmask': 'a grace period begins without the bit of the first CPU of each leaf',
  'release-node-early': 'the node lock is dropped before the quiescent state is noted',
  'advance-too-far': 'callbacks advance one segment too far',
  'lose-gp-wakeup': 'the wake-up of the grace-period kthread is lost',
  'qs-in-reader': 'the tick reports a quiescent state inside a reader',
  'qs-preempt-off': 'the tick reports a quiescent state where preemption is off',
  'snapshot-early': 'callbacks are tied to the running grace period, which may have begun before them',
  'invoke-early': 'callbacks that wait for a grace period are invoked with the ready ones',
  'locks-upside-down': 'the funnel takes the root before the leaf',
  'forget-blocked': 'a reader that is switched out is not put on its leaf',
  'unblock-unreported': 'a switched-out reader leaves its leaf and nobody is told',
  'idle-inverted': 'the scan takes busy CPUs for idle',
  'idle-exit-uncounted': 'a CPU that leaves idle does not count it',
  'no-forcing': 'quiescent states are never forced',
  'future-forgotten': 'the end of a grace period forgets who wants another',
  'cleanup-skips-leaf': 'the end of a grace period is not told to the last leaf',
  'stale-qs': 'a quiescent state of an earlier grace period counts for a new one',
  'parent-too-early': 'a node reports to its parent while children are missing',
  'never-accelerate': 'callbacks are not tied to a grace period',
  'deferred-lost': 'a reader that ends with interrupts off forgets its deferred quiescent state',
  'barrier-skips-cpu': 'rcu_barrier() leaves out a CPU',
  'barrier-uncounted': 'rcu_barrier() does not hold its own count while it queues',
  'callbacks-under-lock': 'callbacks are invoked with the leaf node locked',
  'sync-no-grace-period': 'synchronize_rcu() returns when the running grace period ends',
  'drop-on-blimit': 'callbacks beyond blimit are not put back',
  'kvfree-wrong-gfp': 'kvfree_rcu() asks for its page with GFP_NOWAIT',
  'kvfree-drop-list': 'kvfree_rcu() loses a pointer when there is no page for it',
  'kvfree-page-twice': 'the page of an array is freed although the cache has taken it',
  'kvfree-no-grace-period': 'a batch is freed without waiting for its grace period',
  'kvfree-no-monitor': 'nobody looks at what gathers',
  'kvfree-list-kept': 'the objects of the list are freed twice',
  'kvfree-spinlock': "kvfree_rcu()'s own lock is a spinlock_t",
  'kvfree-headless-early': 'the headless form frees without a grace period when there is no page',
} as const;

export type FaultName = keyof typeof FAULTS;
