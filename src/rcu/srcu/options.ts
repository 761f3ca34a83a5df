import type { SrcuFaultName } from './faults.js';

/** Settings of one srcu_struct, with the kernel's names; everything has a default. */
export interface SrcuOptions {
  /** CPUs a leaf node, 2 to 30. Default 16. */
  fanoutLeaf?: number;
  /** Children an interior node, 2 to 30. Default 16. */
  fanout?: number;
  /** Nanoseconds after a grace period in which synchronize_srcu() is not expedited by itself (srcutree.exp_holdoff). Default 25,000. */
  expHoldoff?: number;
  /** Microseconds between two looks at the counters in one go (srcutree.srcu_retry_check_delay). Default 5. */
  retryCheckDelay?: number;
  /** Times a jiffy that the work item of an expedited grace period comes again without delay (srcutree.srcu_max_nodelay). Default 100. */
  maxNodelay?: number;
  /** Faults put in on purpose, for tests of what finds them. Default none. */
  faults?: readonly SrcuFaultName[];
}

/** {@link SrcuOptions} with every default filled in. */
export type SrcuConfig = Readonly<Required<Omit<SrcuOptions, 'faults'>>> & {
  readonly faults: ReadonlySet<SrcuFaultName>;
};

/** Resolves the options once. Throws RangeError on a value out of range. */
export function resolveSrcu(options: SrcuOptions): SrcuConfig {
  const config: SrcuConfig = {
    fanoutLeaf: options.fanoutLeaf ?? 16,
    fanout: options.fanout ?? 16,
    expHoldoff: options.expHoldoff ?? 25_000,
    retryCheckDelay: options.retryCheckDelay ?? 5,
    maxNodelay: options.maxNodelay ?? 100,
    faults: new Set(options.faults ?? []),
  };
  for (const name of ['fanoutLeaf', 'fanout'] as const) {
    if (!Number.isInteger(config[name]) || config[name] < 2 || config[name] > 30)
      throw new RangeError(`${name}: must be 2 to 30`);
  }
  return config;
}
