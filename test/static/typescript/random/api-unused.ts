/** What of `lockvet/sim` random programs never use, and why. */
export interface Unused {
  readonly why: string;
  /** Matches `Class.member`. */
  readonly what: RegExp;
}

export const UNUSED: readonly Unused[] = [
  {
    why: 'a question like the others about interrupts, which all are asked',
    what: /^Kernel\.inNmi$/,
  },
  {
    why: 'for the simulator itself: who owns a lock, who waits for it, how it is handed on',
    what: /^(?!Rwsem\.canRead$).*\.(?:owners?|own|topPriority|reorder|canRead|canWrite|scoped|touched|label|id|giveTo|takeBack|toString)$/,
  },
  {
    why: 'parts of other operations, without an operation of their own',
    what: /^(?!Nmi).*\.(?:acquireNow|releaseNow|armNow|disarmNow|raiseNow|queueNow|touchNow|expire|run)$/,
  },
  { why: 'inside the small RCU', what: /^BasicRcu\.(?:begin|enqueue|enter|leave)$/ },
  {
    why: 'inside work queues; flush is what flush_work() does to a work item',
    what: /^(?:Work\.(?:delay|unqueue|flush)|Workqueue\.(?:enqueue|remove))$/,
  },
  { why: 'inside slab caches', what: /^SlabCache\.(?:allocSized|cpuSlab|eventOf|freeObject)$/ },
  {
    why: 'inner steps of allocators, named in rules/sim alone',
    what: /^Memory\.(?:mightAlloc|pageFree|pageList|pageTry|slabFree|slabRefill|vmapLock|zoneLock)$/,
  },
  { why: 'events that waits are made of', what: /^WaitObject\./ },
  { why: 'call sites and errors of the simulator', what: /^(?:Sites|ScenarioError)\./ },
  { why: 'for subsystems that are part of the kernel', what: /^Kernel\.(?:machine|hooks|setRcu|cache)$/ },
  { why: 'figures of memory, for tests', what: /^Memory\.(?:pages|liveObjects)$/ },
  {
    why: 'questions that decide nothing that locks depend on',
    what: /\.(?:isLocked|isDelayed|pending|dead|allows)$|^WaitBits\.test$/,
  },
  { why: 'done once, in the set-up', what: /\.setClass$/ },
  { why: 'as of the variables that they are', what: /^Atomic\.(?:read|write|writeOnce)$/ },
  { why: 'the kernel has no such forms', what: /^PercpuRwsem\.down\w*Nest/ },
  { why: 'the value without an operation: in conditions of waits', what: /^Variable\.value$/ },
];
