import type { FaultName } from './faults.js';

/** Settings of Tree RCU, with the kernel's names; everything has a default. */
export interface RcuOptions {
  /** CPUs a leaf node (RCU_FANOUT_LEAF), 2 to 30. Default 16. */
  fanoutLeaf?: number;
  /** Children an interior node (RCU_FANOUT), 2 to 30. Default 16. */
  fanout?: number;
  /** Callbacks invoked in one go (rcutree.blimit). Default 10. */
  blimit?: number;
  /** Callbacks on a CPU above which blimit is lifted and quiescent states are forced (rcutree.qhimark). Default 10000. */
  qhimark?: number;
  /** Callbacks on a CPU below which blimit holds again (rcutree.qlowmark). Default 100. */
  qlowmark?: number;
  /** Jiffies before quiescent states are forced first (rcutree.jiffies_till_first_fqs). Default 1. */
  jiffiesTillFirstFqs?: number;
  /** Jiffies between later scans (rcutree.jiffies_till_next_fqs). Default 1. */
  jiffiesTillNextFqs?: number;
  /** Jiffies of a grace period after which a stall is reported (rcupdate.rcu_cpu_stall_timeout). Default 5250. */
  stallTimeout?: number;
  /** Faults put in on purpose, for tests of what finds them. Default none. */
  faults?: readonly FaultName[];
}

/** {@link RcuOptions} with every default filled in. */
export type RcuConfig = Readonly<Required<Omit<RcuOptions, 'faults'>>> & { readonly faults: ReadonlySet<FaultName> };

/** Resolves the options once. Throws RangeError on a value out of range. */
export function resolveRcu(options: RcuOptions): RcuConfig {
  const config: RcuConfig = {
    fanoutLeaf: options.fanoutLeaf ?? 16,
    fanout: options.fanout ?? 16,
    blimit: options.blimit ?? 10,
    qhimark: options.qhimark ?? 10_000,
    qlowmark: options.qlowmark ?? 100,
    jiffiesTillFirstFqs: options.jiffiesTillFirstFqs ?? 1,
    jiffiesTillNextFqs: options.jiffiesTillNextFqs ?? 1,
    stallTimeout: options.stallTimeout ?? 5250,
    faults: new Set(options.faults ?? []),
  };
  // Masks of children are 31-bit numbers here.
  for (const name of ['fanoutLeaf', 'fanout'] as const) {
    if (!Number.isInteger(config[name]) || config[name] < 2 || config[name] > 30)
      throw new RangeError(`${name}: must be 2 to 30`);
  }
  if (config.blimit < 1) throw new RangeError('blimit: must be at least 1');
  return config;
}
