import type { RawSpinlock, Spinlock } from '../../sim/index.js';
import { Gfp, type Hrtimer, type Kernel, type Op, type Page, type Work, type Workqueue } from '../../sim/index.js';
import type { TreeRcu } from '../tree/tree-rcu.js';
import { type Batch, emptyBatch, isEmpty, sizeOf, takeOver } from './batch.js';
import { freeBatch } from './free.js';
import type { KvfreeConfig, KvfreeStats } from './kvfree-rcu.js';

/** A batch whose grace period runs, and the work that frees it then (struct kfree_rcu_cpu_work). */
interface Channel {
  batch: Batch;
  readonly work: Work;
}

/** What kvfree_rcu() keeps of a CPU (struct kfree_rcu_cpu). `lock` guards all of it but the work items. */
export class CpuBatches {
  readonly lock: RawSpinlock | Spinlock;
  /** Pointers that no grace period has been asked for yet. */
  filling: Batch = emptyBatch();
  /** Free pages kept for arrays. */
  readonly cache: Page[] = [];
  /** Pointers handed in and not yet freed. */
  outstanding = 0;
  /** The shrinker has asked for memory: the next fill comes later, and gets one page only. */
  backOff = false;
  readonly monitor: Work;
  readonly #kernel: Kernel;
  readonly #rcu: TreeRcu;
  readonly #config: KvfreeConfig;
  readonly #stats: KvfreeStats;
  readonly #queue: Workqueue;
  readonly #channels: readonly Channel[];
  readonly #fill: Work;
  readonly #fillTimer: Hrtimer;
  #monitorQueued = false;
  #monitorDue = 0;
  #filling = false;

  constructor(rcu: TreeRcu, config: KvfreeConfig, stats: KvfreeStats, queue: Workqueue) {
    const { kernel } = rcu;
    this.#kernel = kernel;
    this.#rcu = rcu;
    this.#config = config;
    this.#stats = stats;
    this.#queue = queue;
    this.lock = rcu.has('kvfree-spinlock') ? kernel.spinlock('krcp->lock') : kernel.rawSpinlock('krcp->lock');
    this.monitor = kernel.work('krcp->monitor_work', () => this.#monitor());
    this.#channels = [0, 1].map(() => {
      const channel: Channel = { batch: emptyBatch(), work: kernel.work('krwp->rcu_work', () => this.#free(channel)) };
      return channel;
    });
    this.#fill = kernel.work('krcp->page_cache_work', () => this.#fillCache());
    const queueFill = () => queue.queueWork(this.#fill);
    this.#fillTimer = kernel.hrtimer('krcp->hrtimer', function* schedulePageWork() {
      yield* queueFill();
    });
  }

  /** Sees to it that what is being filled will be drained; lock held. schedule_delayed_monitor_work() */
  *wantMonitor(): Op<void> {
    if (this.#rcu.has('kvfree-no-monitor')) return;
    const delay = sizeOf(this.filling) >= this.#config.arraySize ? 1 : this.#config.drainJiffies;
    const due = this.#kernel.jiffies + delay;
    // A full array does not wait as long.
    if (this.#monitorQueued && (due >= this.#monitorDue || !this.monitor.isDelayed)) return;
    this.#monitorQueued = true;
    this.#monitorDue = due;
    yield* this.#queue.queueDelayedWork(this.monitor, delay);
  }

  /** Has the cache filled from where waiting is legal; lock held. run_page_cache_worker() */
  *wantPages(): Op<void> {
    if (this.#config.way !== 'prefilled' || this.#filling) return;
    this.#filling = true;
    if (this.backOff) yield* this.#queue.queueDelayedWork(this.#fill, Math.ceil(this.#rcu.machine.config.hz / 100));
    else yield* this.#fillTimer.start(0);
  }

  /** Hands the filled batch to a free channel and asks for its grace period. False: both are in use. */
  *drain(): Op<boolean> {
    const flags = yield* this.lock.lockIrqsave();
    const channel = this.#channels.find(({ batch }) => isEmpty(batch));
    if (channel !== undefined && !isEmpty(this.filling)) {
      channel.batch = this.filling;
      this.filling = emptyBatch();
    }
    yield* this.lock.unlockIrqrestore(flags);
    if (channel === undefined) return isEmpty(this.filling);
    if (isEmpty(channel.batch)) return true;
    this.#stats.batches++;
    const queue = this.#queue;
    const queueFree = function* rcuWorkRcufn(): Op<void> {
      yield* queue.queueWork(channel.work);
    };
    // queue_rcu_work()
    if (this.#rcu.has('kvfree-no-grace-period')) yield* queueFree();
    else yield* this.#rcu.call(queueFree);
    return true;
  }

  /** Waits for everything of this CPU that a grace period has been asked for. */
  *flush(): Op<void> {
    for (const channel of this.#channels) yield* this.#queue.flushWork(channel.work);
  }

  /** Gives the pages of the cache back: the shrinker's part, and what the end of a scenario needs. */
  *emptyCache(): Op<number> {
    const flags = yield* this.lock.lockIrqsave();
    const pages = this.cache.splice(0);
    yield* this.lock.unlockIrqrestore(flags);
    for (const page of pages) yield* this.#kernel.mm.freePage(page);
    return pages.length;
  }

  /** kfree_rcu_monitor() */
  *#monitor(): Op<void> {
    this.#monitorQueued = false;
    yield* this.monitorNow();
  }

  /** Frees what waits for no grace period any more, and asks for one for the rest. */
  *monitorNow(): Op<void> {
    const flags = yield* this.lock.lockIrqsave();
    const ready = takeOver(this.filling, (snap) => this.#rcu.poll(snap));
    yield* this.lock.unlockIrqrestore(flags);
    this.#stats.polled += yield* this.#freeAll(ready);
    yield* this.drain();
  }

  *#freeAll(batch: Batch): Op<number> {
    const count = yield* freeBatch(this.#rcu, batch, (page) => this.#keep(page));
    this.outstanding -= count;
    this.#stats.freed += count;
    return count;
  }

  /** kfree_rcu_work() */
  *#free(channel: Channel): Op<void> {
    const flags = yield* this.lock.lockIrqsave();
    const batch = channel.batch;
    channel.batch = emptyBatch();
    yield* this.lock.unlockIrqrestore(flags);
    yield* this.#freeAll(batch);
    // What found both channels in use. The kernel's monitor looks again by time; here the channel that is free now asks it to.
    if (isEmpty(this.filling)) return;
    const again = yield* this.lock.lockIrqsave();
    yield* this.wantMonitor();
    yield* this.lock.unlockIrqrestore(again);
  }

  /** Takes an array's page into the cache while that has room. put_cached_bnode() */
  *#keep(page: Page): Op<boolean> {
    const flags = yield* this.lock.lockIrqsave();
    const room = this.cache.length < this.#config.minCached;
    if (room) this.cache.push(page);
    // A page of the cache is nobody's leak.
    if (room) this.#kernel.mm.ignoreLeak(page);
    yield* this.lock.unlockIrqrestore(flags);
    return room;
  }

  /** fill_page_cache_func(): in a worker, where the allocator may wait. */
  *#fillCache(): Op<void> {
    const wanted = this.backOff ? 1 : this.#config.minCached;
    while (this.cache.length < wanted) {
      const page = yield* this.#kernel.mm.allocPage(Gfp.GFP_KERNEL | Gfp.NORETRY | Gfp.NOWARN);
      if (page === null) break;
      if (yield* this.#keep(page)) continue;
      yield* this.#kernel.mm.freePage(page);
      break;
    }
    this.#filling = false;
    this.backOff = false;
  }
}
