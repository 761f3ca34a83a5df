import type { Kernel, Op, RawSpinlock, Timer } from '../../sim/index.js';
import type { Callback } from '../callback-list.js';
import { KthreadWait } from '../kthread-wait.js';
import type { CpuData } from './cpu-data.js';

/** How urgently the rcuog thread is to be woken later (RCU_NOCB_WAKE_*). */
export const Defer = { Not: 0, Bypass: 1, Lazy: 2, Wake: 3, Force: 4 } as const;
export type Defer = (typeof Defer)[keyof typeof Defer];

/** CPUs that share an rcuog thread. `lock` guards `defer` and `sleeps`. */
export class NocbGroup {
  readonly lock: RawSpinlock;
  readonly wait: KthreadWait;
  readonly timer: Timer;
  readonly cpus: CpuData[] = [];
  defer: Defer = Defer.Not;
  /** The thread sleeps, or is about to (nocb_gp_sleep). */
  sleeps = true;
  /** Grace period that it waits for; undefined: for callbacks. */
  waitSeq: number | undefined = undefined;

  constructor(kernel: Kernel, expire: (group: NocbGroup) => Op<void>) {
    this.lock = kernel.rawSpinlock('&rdp->nocb_gp_lock');
    this.wait = new KthreadWait(kernel, '&rdp->nocb_gp_wq');
    this.timer = kernel.timer('&rdp->nocb_timer', () => expire(this));
  }
}

/**
 * What RCU keeps of an offloaded CPU beside its list of callbacks. `lock` guards that list, in place of interrupts being off;
 * `bypassLock`, taken inside it, the bypass list in front of it.
 */
export class NocbCpu {
  readonly lock: RawSpinlock;
  readonly bypassLock: RawSpinlock;
  readonly group: NocbGroup;
  /** Callbacks of a flood, or lazy ones, not in the list yet. */
  readonly bypass: Callback[] = [];
  /** Jiffies at which the first of them came. */
  bypassFirst = 0;
  /** How many of them are lazy. */
  lazyLen = 0;
  /** Callbacks that went into the list at once in the jiffy `nobypassLast`. */
  nobypassCount = 0;
  nobypassLast = 0;
  /** rcuop waits here. */
  readonly cbWait: KthreadWait;
  cbSleeps = true;

  constructor(kernel: Kernel, group: NocbGroup) {
    this.lock = kernel.rawSpinlock('&rdp->nocb_lock');
    this.bypassLock = kernel.rawSpinlock('&rdp->nocb_bypass_lock');
    this.group = group;
    this.cbWait = new KthreadWait(kernel, '&rdp->nocb_cb_wq');
  }

  /** All in the bypass list are lazy. */
  get onlyLazy(): boolean {
    return this.lazyLen === this.bypass.length;
  }
}
