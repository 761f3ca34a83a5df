import { Area, Gfp, type Op, PAGE_SIZE, type Page } from '../../sim/index.js';
import type { IrqFlags } from '../../sim/lock/irq-mode.js';
import type { TreeRcu } from '../tree/tree-rcu.js';
import { ARRAY_HEAD, type KvObject, POINTER, type PointerArray } from './batch.js';
import { CpuBatches } from './cpu-batches.js';
import { kvfree } from './free.js';
import { type PageWay, pageFor } from './page-source.js';

/** Settings of kvfree_rcu(); everything has a default. */
export interface KvfreeOptions {
  /** Where the pages of the arrays come from. Default 'prefilled', as mainline. */
  way?: PageWay;
  /** Jiffies between a pointer's arrival and the look at what has gathered (KFREE_DRAIN_JIFFIES). Default 5. */
  drainJiffies?: number;
  /** Pages that a CPU keeps for later arrays (rcutree.rcu_min_cached_objs). Default 5. */
  minCached?: number;
  /** Pointers an array. Default: what fits into a page. */
  arraySize?: number;
  /** Work items that run at a time, over all CPUs. Default 4, enough for few CPUs. */
  maxActive?: number;
}

export type KvfreeConfig = Required<KvfreeOptions>;

/** Counters of a run. */
export interface KvfreeStats {
  /** Pointers that got a place in an array. */
  inArrays: number;
  /** Pointers that the list took. */
  inLists: number;
  /** Headless pointers whose caller waited for a grace period itself. */
  waited: number;
  /** Grace periods asked for. */
  batches: number;
  freed: number;
  /** Of those, freed without asking for a grace period: one of others was over. */
  polled: number;
}

/**
 * kvfree_rcu() with batching (kernel/rcu/tree.c, mm/slab_common.c): pointers gather in page-sized arrays a CPU, and a whole batch
 * waits for one grace period. No page: the list through the objects' own rcu_head takes over.
 */
export class KvfreeRcu {
  readonly stats: KvfreeStats = { inArrays: 0, inLists: 0, waited: 0, batches: 0, freed: 0, polled: 0 };
  readonly config: KvfreeConfig;
  readonly #rcu: TreeRcu;
  readonly #cpus: readonly CpuBatches[];

  /** Throws RangeError when the arrays are larger than a page. */
  constructor(rcu: TreeRcu, options: KvfreeOptions = {}) {
    const most = (PAGE_SIZE - ARRAY_HEAD) / POINTER;
    this.config = {
      way: options.way ?? 'prefilled',
      drainJiffies: options.drainJiffies ?? 5,
      minCached: options.minCached ?? 5,
      arraySize: options.arraySize ?? most,
      maxActive: options.maxActive ?? 4,
    };
    if (this.config.arraySize < 1 || this.config.arraySize > most)
      throw new RangeError(`arraySize: must be 1 to ${most}`);
    this.#rcu = rcu;
    const queue = rcu.kernel.workqueue('rcu_reclaim', { maxActive: this.config.maxActive });
    this.#cpus = rcu.machine.cpus.map(() => new CpuBatches(rcu, this.config, this.stats, queue));
  }

  /** kvfree_rcu(ptr, rhf): from any context but an NMI, also under a raw_spinlock_t. */
  *free(object: KvObject): Op<void> {
    const flags = yield* this.#rcu.kernel.localIrqSave();
    const own = this.#own;
    yield* own.lock.lock();
    own.outstanding++;
    if (!(yield* this.#intoArray(own, object, false))) {
      yield* own.wantPages();
      this.#rcu.machine.chargeAccess(object.hi, object.lo, POINTER * 2, true);
      if (!this.#rcu.has('kvfree-drop-list')) own.filling.list.push(object);
      own.filling.listSnap = this.#rcu.getState();
      this.stats.inLists++;
    }
    yield* own.wantMonitor();
    yield* own.lock.unlock();
    yield* this.#rcu.kernel.localIrqRestore(flags);
  }

  /**
   * kvfree_rcu_mightsleep(ptr): for objects without an rcu_head. May sleep: gets a page with GFP_KERNEL, or else waits for a grace
   * period and frees at once, which throttles whoever floods.
   */
  *freeHeadless(object: KvObject): Op<void> {
    const { kernel } = this.#rcu;
    yield* kernel.mightSleep();
    let page: Page | null = null;
    let own: CpuBatches;
    let flags: IrqFlags;
    for (;;) {
      flags = yield* kernel.localIrqSave();
      own = this.#own;
      yield* own.lock.lock();
      if (page !== null) {
        own.cache.push(page);
        // It stays there when this has come to a CPU whose array has room.
        kernel.mm.ignoreLeak(page);
        break;
      }
      if (this.#hasRoom(own, object) || own.cache.length > 0) break;
      yield* own.lock.unlock();
      yield* kernel.localIrqRestore(flags);
      page = yield* kernel.mm.allocPage(Gfp.GFP_KERNEL | Gfp.NORETRY | Gfp.NOWARN);
      if (page === null) {
        yield* this.#waitAndFree(object);
        return;
      }
    }
    own.outstanding++;
    yield* this.#intoArray(own, object, true);
    yield* own.wantMonitor();
    yield* own.lock.unlock();
    yield* kernel.localIrqRestore(flags);
  }

  /** kvfree_rcu_barrier(): waits until everything handed in so far has been freed. */
  *barrier(): Op<void> {
    for (;;) {
      for (const batches of this.#cpus) yield* batches.drain();
      yield* this.#rcu.barrier();
      for (const batches of this.#cpus) yield* batches.flush();
      if (this.outstanding === 0) return;
      yield* this.#rcu.kernel.condResched();
    }
  }

  /**
   * The shrinker: gives the cached pages back, lets only one be cached anew by the next fill and delays that, and drains at once. Number
   * of pages given back. kfree_rcu_shrink_scan()
   */
  *shrink(): Op<number> {
    let pages = 0;
    for (const batches of this.#cpus) {
      batches.backOff = true;
      pages += yield* batches.emptyCache();
      yield* batches.monitorNow();
    }
    return pages;
  }

  /** Gives the cached pages back for good: the end of a scenario. */
  *destroy(): Op<void> {
    yield* this.barrier();
    for (const batches of this.#cpus) yield* batches.emptyCache();
  }

  /** Pages kept for later arrays; no operation. */
  get cached(): number {
    return this.#cpus.reduce((sum, batches) => sum + batches.cache.length, 0);
  }

  /** Pointers handed in and not yet freed; no operation. */
  get outstanding(): number {
    return this.#cpus.reduce((sum, batches) => sum + batches.outstanding, 0);
  }

  get #own(): CpuBatches {
    const own = this.#cpus[this.#rcu.machine.cpu.id];
    if (own === undefined) throw new RangeError('a CPU without batches');
    return own;
  }

  #arraysFor(own: CpuBatches, object: KvObject): PointerArray[] {
    return object instanceof Area ? own.filling.vmalloc : own.filling.slab;
  }

  #hasRoom(own: CpuBatches, object: KvObject): boolean {
    const arrays = this.#arraysFor(own, object);
    const last = arrays[arrays.length - 1];
    return last !== undefined && last.pointers.length < this.config.arraySize;
  }

  /** add_ptr_to_bulk_krc_lock(): false when there is no page for a new array. */
  *#intoArray(own: CpuBatches, object: KvObject, cacheOnly: boolean): Op<boolean> {
    const { machine } = this.#rcu;
    const arrays = this.#arraysFor(own, object);
    if (!this.#hasRoom(own, object)) {
      let page = own.cache.pop() ?? null;
      if (page === null && !cacheOnly) {
        const way = this.#rcu.has('kvfree-wrong-gfp') ? 'gfp-nowait' : this.config.way;
        page = yield* pageFor(this.#rcu.kernel, way);
      }
      if (page === null) return false;
      arrays.push({ page, pointers: [], snap: this.#rcu.getState() });
    }
    const array = arrays[arrays.length - 1];
    if (array === undefined) return false;
    const at = ARRAY_HEAD + array.pointers.length * POINTER;
    machine.chargeAccess(array.page.hi, (array.page.lo + at) | 0, POINTER, true);
    array.pointers.push(object);
    if (!this.#rcu.has('kvfree-first-snap')) array.snap = this.#rcu.getState();
    this.stats.inArrays++;
    return true;
  }

  *#waitAndFree(object: KvObject): Op<void> {
    this.stats.waited++;
    if (!this.#rcu.has('kvfree-headless-early')) yield* this.#rcu.synchronize();
    yield* kvfree(this.#rcu, object);
  }
}
