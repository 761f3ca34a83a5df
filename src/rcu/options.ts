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
  /** CPUs whose callbacks threads invoke (rcu_nocbs=). Default none. */
  nocbs?: readonly number[];
  /** CPUs that share an rcuog thread (rcutree.rcu_nocb_gp_stride). Default the square root of their number. */
  nocbGpStride?: number;
  /** Callbacks a jiffy that an offloaded CPU queues without its bypass list (rcutree.nocb_nobypass_lim_per_jiffy). Default 64. */
  nobypassLimit?: number;
  /** call_rcu() of an offloaded CPU is in no hurry (CONFIG_RCU_LAZY). Default false. */
  lazy?: boolean;
  /** Jiffies that lazy callbacks may wait (jiffies_lazy_flush). Default 2500. */
  jiffiesLazyFlush?: number;
  /** SCHED_FIFO priority of RCU's threads: rcu_preempt, rcuc, rcub (rcutree.kthread_prio). Default 1. */
  kthreadPrio?: number;
  /** Readers that hold a grace period up are boosted (CONFIG_RCU_BOOST). Default: on PREEMPT_RT. */
  boost?: boolean;
  /** Jiffies of a grace period before that (CONFIG_RCU_BOOST_DELAY). Default 125. */
  boostDelay?: number;
  /** synchronize_rcu() waits in a list of the grace period, not by a callback (rcutree.rcu_normal_wake_from_gp). Default false. */
  wakeFromGp?: boolean;
  /** Faults put in on purpose, for tests of what finds them. Default none. */
  faults?: readonly FaultName[];
}

/** {@link RcuOptions} with every default filled in. */
export type RcuConfig = Readonly<Required<Omit<RcuOptions, 'faults' | 'nocbs'>>> & {
  readonly faults: ReadonlySet<FaultName>;
  readonly nocbs: ReadonlySet<number>;
};

/** Resolves the options once, for a kernel of so many CPUs. Throws RangeError on a value out of range. */
export function resolveRcu(options: RcuOptions, kernel: { cpus: number; preemptRt: boolean }): RcuConfig {
  const config: RcuConfig = {
    fanoutLeaf: options.fanoutLeaf ?? 16,
    fanout: options.fanout ?? 16,
    blimit: options.blimit ?? 10,
    qhimark: options.qhimark ?? 10_000,
    qlowmark: options.qlowmark ?? 100,
    jiffiesTillFirstFqs: options.jiffiesTillFirstFqs ?? 1,
    jiffiesTillNextFqs: options.jiffiesTillNextFqs ?? 1,
    stallTimeout: options.stallTimeout ?? 5250,
    nocbs: new Set(options.nocbs ?? []),
    nocbGpStride: options.nocbGpStride ?? Math.ceil(Math.sqrt(kernel.cpus)),
    nobypassLimit: options.nobypassLimit ?? 64,
    lazy: options.lazy ?? false,
    jiffiesLazyFlush: options.jiffiesLazyFlush ?? 2500,
    kthreadPrio: options.kthreadPrio ?? 1,
    boost: options.boost ?? kernel.preemptRt,
    boostDelay: options.boostDelay ?? 125,
    wakeFromGp: options.wakeFromGp ?? false,
    faults: new Set(options.faults ?? []),
  };
  // Masks of children are 31-bit numbers here.
  for (const name of ['fanoutLeaf', 'fanout'] as const) {
    if (!Number.isInteger(config[name]) || config[name] < 2 || config[name] > 30)
      throw new RangeError(`${name}: must be 2 to 30`);
  }
  for (const cpu of config.nocbs) if (cpu >= kernel.cpus) throw new RangeError(`nocbs: the machine has no cpu ${cpu}`);
  if (config.nocbGpStride < 1) throw new RangeError('nocbGpStride: must be at least 1');
  if (config.kthreadPrio < 1 || config.kthreadPrio > 98) throw new RangeError('kthreadPrio: must be 1 to 98');
  if (config.blimit < 1) throw new RangeError('blimit: must be at least 1');
  return config;
}
