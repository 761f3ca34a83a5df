/**
 * The figures of `lockvet rcu bench` as plain data: what the engine (src/rcu/bench) works out and reports render. Sizes are bytes, times
 * nanoseconds of the model, unless a name says otherwise.
 */

/** A parameter of the model, as printed and as `--set NAME=VALUE` takes it. */
export interface BenchParameter {
  readonly name: string;
  /** One number, or several separated by commas. */
  readonly value: string;
  readonly unit: string;
  readonly meaning: string;
  /** Differs from the default. */
  readonly changed: boolean;
}

/** What one part of the bench measured the whole of. */
export interface RcuBench {
  readonly seed: number;
  readonly quick: boolean;
  readonly parameters: readonly BenchParameter[];
  readonly cache?: CacheFigures;
  readonly flood?: FloodFigures;
  readonly latency?: LatencyFigures;
  readonly oom?: OomFigures;
  /** Measured on the machine at hand: not the same from run to run. */
  readonly machine?: MachineFigures;
}

/** Where the lines are that callbacks need: in memory; half of them in the shared cache; all of them there. */
export type CacheState = 'cold' | 'mixed' | 'warm';

/** Finding the objects of one grace period in one cache state. */
export interface CacheWalk {
  readonly state: CacheState;
  /** Lines from memory, by the list and by the arrays. */
  readonly listMisses: number;
  readonly arrayMisses: number;
  /** Time a callback. */
  readonly listTime: number;
  readonly arrayTime: number;
}

/** List against arrays for one combination of sizes. */
export interface CacheRow {
  readonly lineSize: number;
  readonly pointerSize: number;
  readonly objectSize: number;
  /** Callbacks after one grace period. */
  readonly batch: number;
  /** Lines that the walk has to get from outside the CPU's own caches. The same in every state: only where they come from differs. */
  readonly listLines: number;
  readonly arrayLines: number;
  /** `listLines` for one of `arrayLines`. */
  readonly factor: number;
  readonly walks: readonly CacheWalk[];
}

/** How the arrays' lines of one row come about, by counting the lines that the walk touched. */
export interface CacheCount {
  readonly lineSize: number;
  readonly pointerSize: number;
  readonly batch: number;
  readonly arrays: number;
  readonly pointersAnArray: number;
  /** Lines with nothing but pointers. */
  readonly pointerLines: number;
  /** Lines with the head of an array, whole or in part. */
  readonly headLines: number;
  /** Pointers that lie in lines shared with a head. */
  readonly pointersBesideHead: number;
  readonly listLines: number;
  readonly factor: number;
  /** Lines that the free's own store into each object has to get besides, after a list and after arrays: not part of the factor. */
  readonly storesAfterList: number;
  readonly storesAfterArrays: number;
}

export interface CacheFigures {
  readonly rows: readonly CacheRow[];
  readonly counts: readonly CacheCount[];
}

/**
 * How objects are handed to RCU: each a callback of its own (what kfree_rcu() was), kvfree_rcu() with its list alone, kvfree_rcu() with
 * arrays.
 */
export type FloodMethod = 'call_rcu' | 'kvfree-list' | 'kvfree-arrays';

/** One flood at one rate. */
export interface FloodRun {
  readonly method: FloodMethod;
  readonly cpus: number;
  /** Objects a microsecond and CPU. */
  readonly rate: number;
  readonly produced: number;
  readonly peak: number;
  readonly gracePeriods: number;
  /** Share of the objects that went through arrays. */
  readonly inArrays: number;
  /** By how many objects the mean of the last third exceeds that of the middle third, for each object due in a third. */
  readonly growth: number;
  readonly runsAway: boolean;
  /** It is the interrupts that cannot hand in as much: what they did hand in was freed. */
  readonly behind: boolean;
  /** Nothing was left when all had come to rest. */
  readonly allFreed: boolean;
}

/** The highest rate that a method keeps up with. */
export interface FloodLimit {
  readonly method: FloodMethod;
  readonly cpus: number;
  /** Objects a microsecond and CPU: the highest of the steps tried that did not run away (0: none), and the lowest that did. */
  readonly holds: number;
  readonly runsAway: number;
  /** At the latter it was the interrupts that fell behind: RCU may be able to do more. */
  readonly ofInterrupts: boolean;
}

/** Objects outstanding over time. */
export interface FloodSeries {
  readonly method: FloodMethod;
  readonly cpus: number;
  readonly rate: number;
  /** Microseconds and objects. */
  readonly points: readonly (readonly [time: number, outstanding: number])[];
}

/** Grace periods of the same steady load with and without batching. */
export interface GracePeriodCount {
  readonly method: FloodMethod;
  readonly cpus: number;
  /** Ticks a second. */
  readonly hz: number;
  readonly objects: number;
  /** Simulated milliseconds. */
  readonly time: number;
  readonly gracePeriods: number;
}

export interface FloodFigures {
  readonly runs: readonly FloodRun[];
  readonly limits: readonly FloodLimit[];
  readonly series: readonly FloodSeries[];
  readonly gracePeriods: readonly GracePeriodCount[];
}

/** What one way of getting the page did to latency under memory stress. */
export interface LatencyRow {
  readonly way: string;
  readonly cpus: number;
  /** Longest time that a CPU had preemption or hard interrupts off. */
  readonly longestOff: number;
  /** The raw lock that took most of it, and how much of it was waiting for that lock. */
  readonly lock: string;
  readonly waited: number;
  /** Longest time from a timer's due time until the real-time task that it wakes ran. */
  readonly longestWakeup: number;
  readonly wakeups: number;
  /** Times that a context slept with preemption or interrupts off: what PREEMPT_RT must never see. */
  readonly sleptInAtomic: number;
  /** Share of the objects that went through arrays. */
  readonly inArrays: number;
}

export interface LatencyFigures {
  /** The six ways on the same machine. */
  readonly ways: readonly LatencyRow[];
  /** The raw zone->lock and a clean way on machines of several sizes: contention. */
  readonly scaling: readonly LatencyRow[];
}

/** One rate of failing allocations. */
export interface OomRow {
  readonly way: string;
  /** Per cent of page allocations that failed on purpose. */
  readonly failing: number;
  readonly objects: number;
  readonly freed: number;
  /** Objects never freed: must be none. */
  readonly lost: number;
  /** Share of the objects that the list took. */
  readonly listShare: number;
  /** Page allocations that were made to fail. */
  readonly failed: number;
  /** CPU time for each object, of everything: handing it in, grace periods, freeing it. */
  readonly cost: number;
  /** `cost` for each of the same way without failures. */
  readonly slowdown: number;
}

/** What happened while memory was gone and after it had come back. */
export interface OomRecovery {
  readonly way: string;
  /** Microseconds at which memory went and came back. */
  readonly gone: number;
  readonly back: number;
  /** Microseconds from its return until an object went into an array again; -1: never. */
  readonly firstArray: number;
  /** Microseconds from its return until the last object of the list had been freed. */
  readonly drained: number;
  readonly lost: number;
  /** Share of the list by time. */
  readonly points: readonly (readonly [time: number, listShare: number])[];
}

export interface OomFigures {
  readonly rows: readonly OomRow[];
  readonly recovery: readonly OomRecovery[];
}

/** Walks over real memory; times in nanoseconds a callback, the best of several rounds. */
export interface MachineFigures {
  readonly workingSet: number;
  readonly objectSize: number;
  readonly lineSize: number;
  readonly rounds: number;
  /** A list whose next link is anywhere. */
  readonly list: number;
  /** Arrays whose lines are visited in an order that only the line before tells: every line is waited for, as on the list. */
  readonly arrayLinesApart: number;
  /** Arrays front to back, as they are walked: the hardware fetches ahead. */
  readonly arrays: number;
}
