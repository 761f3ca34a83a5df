import { ScenarioError } from './errors.js';
import type { CacheOptions } from './mem/cache.js';
import type { MemoryOptions } from './mm/options.js';

/** What a scenario says of the machine and kernel it runs on; everything has a default. */
export interface KernelOptions {
  /** 1 to 64; default 2. */
  cpus?: number;
  /** PREEMPT_RT: spinlock_t, rwlock_t and local_lock sleep, interrupts and softirqs run in threads. Default false. */
  preemptRt?: boolean;
  /** CONFIG_PREEMPT_COUNT; false makes preemptible() always false and the kernel not preemptible. Default true. */
  preemptCount?: boolean;
  /** Ticks a second (jiffies). Default 250. */
  hz?: number;
  /** Nanoseconds that a fair task runs before an equal gets its turn. Default 4,000,000. */
  timeSlice?: number;
  /** Operations after which a run is given up as making no progress. Default 1,000,000. */
  maxOperations?: number;
  /** Memory of the machine. */
  memory?: MemoryOptions;
  /** Cache model; without it every access to memory costs the same. */
  cache?: CacheOptions;
  /** Nanoseconds of an operation, from its label and the simulator's own figure. Default: that figure. */
  operationCost?: (label: string, cost: number) => number;
  /** Whether unfreed objects of the scenario are reported when it ends. Default true. */
  reportLeaks?: boolean;
  /** Whether data races between plain accesses of shared variables are reported. Default true. */
  reportRaces?: boolean;
}

/** {@link KernelOptions} with every default filled in. */
export type KernelConfig = Required<Omit<KernelOptions, 'cache' | 'operationCost'>> &
  Record<'cache', CacheOptions | undefined> &
  Record<'operationCost', KernelOptions['operationCost'] | undefined>;

/** Resolves the options once. Throws ScenarioError on a value out of range. */
export function resolveConfig(options: KernelOptions): KernelConfig {
  const config: KernelConfig = {
    cpus: options.cpus ?? 2,
    preemptRt: options.preemptRt ?? false,
    preemptCount: options.preemptCount ?? true,
    hz: options.hz ?? 250,
    timeSlice: options.timeSlice ?? 4_000_000,
    maxOperations: options.maxOperations ?? 1_000_000,
    memory: options.memory ?? {},
    cache: options.cache,
    operationCost: options.operationCost,
    reportLeaks: options.reportLeaks ?? true,
    reportRaces: options.reportRaces ?? true,
  };
  if (!Number.isInteger(config.cpus) || config.cpus < 1 || config.cpus > 64)
    throw new ScenarioError('cpus: must be 1 to 64');
  if (config.hz < 1 || config.hz > 10_000) throw new ScenarioError('hz: must be 1 to 10000');
  if (config.preemptRt && !config.preemptCount) throw new ScenarioError('preemptCount: PREEMPT_RT needs it');
  return config;
}
