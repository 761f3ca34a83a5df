import { AllocKind } from '../../model/events.js';
import { Gfp } from '../../model/gfp.js';
import { disablePreempt, enablePreempt } from '../irq/masking.js';
import { LockdepLock } from '../lock/lockdep-lock.js';
import { RawSpinlock } from '../lock/raw-spinlock.js';
import { Spinlock } from '../lock/spinlock.js';
import type { Machine } from '../machine.js';
import type { Op } from '../op.js';
import { Buddy } from './buddy.js';
import { Failures } from './failures.js';
import { Kswapd } from './kswapd.js';
import { MIGHT_SLEEP, noteAlloc, noteFree, noteFreed, step } from './note.js';
import { MemoryObject, type ObjectTracker } from './objects.js';
import type { MemoryOptions } from './options.js';

/** Bytes a page. */
export const PAGE_SIZE = 4096;

/** One block of 2^order pages, given to whoever allocated it. */
export class Page extends MemoryObject {
  readonly pfn: number;
  readonly order: number;

  constructor(pfn: number, order: number, allocatedAt: string) {
    super({ hi: 0xffff8881 | 0, lo: (pfn * PAGE_SIZE) | 0 }, PAGE_SIZE << order, 'page', allocatedAt);
    this.pfn = pfn;
    this.order = order;
  }
}

/** A CPU's own list of single pages (struct per_cpu_pages). */
interface PerCpuPages {
  readonly lock: Spinlock;
  readonly pages: number[];
}

type Allocator = PageAllocator;

interface Result {
  readonly pfn: number;
  readonly order: number;
  readonly gfp: number;
  readonly lockless: boolean;
}

/** A place between two pages that are moved where others may come in. */
const MOVE_ON = step<Machine, void>('rmqueue_bulk', 0, () => undefined);

/** The end of an allocation: the event, and what the caller gets. */
const HAND_OUT = step<Allocator, Page | null>('mm_page_alloc', 5, (machine, allocator, op) => {
  const { pfn, order, gfp, lockless } = op.b as Result;
  const page = pfn < 0 ? undefined : new Page(pfn, order, machine.callSite);
  const kind = lockless ? AllocKind.Lockless : AllocKind.Page;
  const event = lockless ? allocator.names.allocNolock : allocator.names.alloc;
  noteAlloc(machine, op, { kind, event, gfp, size: PAGE_SIZE << order, order, at: page });
  if (page !== undefined) allocator.tracker.given(page);
  op.value = page ?? null;
});

/** The beginning of a free. False: it was free already. */
const TAKE_BACK = step<Page, boolean>('mm_page_free', 5, (machine, page, op) => {
  const { allocator, lockless } = op.b as { allocator: Allocator; lockless: boolean };
  const kind = lockless ? AllocKind.Lockless : AllocKind.Page;
  const event = lockless ? allocator.names.freeNolock : allocator.names.free;
  noteFree(machine, op, { kind, event, size: page.size, order: page.order, at: page });
  op.value = allocator.tracker.taken(page);
  if (op.value === true) noteFreed(machine, page);
});

const SHOULD_FAIL = step<Failures, boolean>('should_fail_alloc_page', 1, (_machine, failures, op) => {
  op.value = failures.shouldFail();
});

/** get_page_from_freelist()'s pinning: the list must stay this CPU's. */
const PIN = step<Machine, void>('pcpu_task_pin', 2, (machine) => {
  if (machine.config.preemptRt) machine.cpu.current.migrateDisabled++;
  else disablePreempt(machine, machine.cpu);
});
const UNPIN = step<Machine, void>('pcpu_task_unpin', 2, (machine) => {
  if (machine.config.preemptRt) machine.cpu.current.migrateDisabled--;
  else enablePreempt(machine, machine.cpu);
});

/**
 * The page allocator (mm/page_alloc.c): one zone with buddy lists under `&zone->lock`, and a list of single pages a CPU
 * under `&pcp->lock`. Larger orders always go to the zone.
 */
export class PageAllocator {
  readonly buddy: Buddy;
  readonly failures: Failures;
  readonly kswapd: Kswapd;
  readonly tracker: ObjectTracker;
  readonly zoneLock: Spinlock | RawSpinlock;
  /** Name ids of the events. */
  readonly names: { alloc: number; free: number; allocNolock: number; freeNolock: number };
  /** Free pages below which kswapd is woken, below which only reserves are left, and at which kswapd stops. */
  readonly low: number;
  readonly min: number;
  readonly high: number;
  /** Times that zone->lock was taken: what GFP_RT_NOWAIT must leave alone. */
  zoneLockTaken = 0;
  /** Pages that reclaim may free. */
  reclaimable: number;
  readonly #reclaimablePages: number[] = [];
  readonly #machine: Machine;
  readonly #options: Required<Omit<MemoryOptions, 'failures' | 'reclaimable'>>;
  readonly #pcp: readonly PerCpuPages[];
  readonly #fsReclaim: LockdepLock;

  constructor(machine: Machine, tracker: ObjectTracker, options: MemoryOptions) {
    const batch = options.pcpBatch ?? 8;
    this.#options = {
      pages: options.pages ?? 4096,
      pcpHigh: options.pcpHigh ?? 32,
      pcpBatch: batch,
      pcpFill: options.pcpFill ?? batch,
      zoneLock: options.zoneLock ?? 'spinlock',
      kswapdWait: options.kswapdWait ?? 'waitqueue',
      gfpRtNowait: options.gfpRtNowait ?? true,
      pageCost: options.pageCost ?? 150,
      pagesAStep: options.pagesAStep ?? Number.POSITIVE_INFINITY,
    };
    this.#machine = machine;
    this.tracker = tracker;
    this.buddy = new Buddy(this.#options.pages);
    this.failures = new Failures(options.failures ?? {}, machine.strategy);
    this.min = Math.max(1, this.#options.pages >> 6);
    this.low = this.min + (this.min >> 2) + 1;
    this.high = this.min + (this.min >> 1) + 2;
    const Lock = this.#options.zoneLock === 'raw' ? RawSpinlock : Spinlock;
    this.zoneLock = new Lock(machine, '&zone->lock');
    const intern = (text: string) => machine.names.intern(text);
    this.names = {
      alloc: intern('mm_page_alloc'),
      free: intern('mm_page_free'),
      allocNolock: intern('alloc_pages_nolock'),
      freeNolock: intern('free_pages_nolock'),
    };
    this.#fsReclaim = new LockdepLock(machine, 'fs_reclaim');
    this.#pcp = machine.cpus.map(() => {
      const pages = Array.from({ length: this.#options.pcpFill }, () => this.buddy.alloc(0)).filter((pfn) => pfn >= 0);
      return { lock: new Spinlock(machine, '&pcp->lock'), pages };
    });
    const reclaimable = options.reclaimable ?? this.#options.pages >> 3;
    for (let i = 0; i < reclaimable; i++) this.#reclaimablePages.push(this.buddy.alloc(0));
    this.reclaimable = reclaimable;
    this.kswapd = new Kswapd(machine, this, this.#options.kswapdWait);
  }

  /** Pages on the list of a CPU; no operation. */
  pcpCount(cpu: number): number {
    return this.#pcp[cpu]?.pages.length ?? 0;
  }

  /** alloc_pages(): 2^order pages, or null. */
  *allocPages(gfp: number, order: number): Op<Page | null> {
    const machine = this.#machine;
    if (this.#options.gfpRtNowait && gfp === Gfp.GFP_RT_NOWAIT && order === 0 && !machine.cpu.preemptible) {
      const pfn = (yield* machine.arm(SHOULD_FAIL, this.failures)) ? -1 : yield* this.#fromList(false);
      return yield* machine.arm(HAND_OUT, this, 0, { pfn, order, gfp, lockless: false });
    }
    yield* this.#mightAlloc(gfp);
    const fails = yield* machine.arm(SHOULD_FAIL, this.failures);
    const pfn = fails && (gfp & Gfp.NOFAIL) === 0 ? -1 : yield* this.#allocate(gfp, order);
    return yield* machine.arm(HAND_OUT, this, 0, { pfn, order, gfp, lockless: false });
  }

  /**
   * alloc_pages_nolock(): from any context, taking no lock that it would have to wait for; null when the list is busy or
   * empty and zone->lock is busy. On PREEMPT_RT it gives up where even a trylock is not allowed (hard interrupt, NMI).
   */
  *allocPagesNolock(order: number): Op<Page | null> {
    const machine = this.#machine;
    const { cpu } = machine;
    const hopeless = cpu.nmiDepth > 0 || (machine.config.preemptRt && cpu.hardirqDepth > 0);
    const denied = hopeless || (yield* machine.arm(SHOULD_FAIL, this.failures));
    let pfn = denied ? -1 : yield* this.#fromList(false);
    if (pfn < 0 && !denied && (yield* this.zoneLock.trylock())) {
      pfn = this.buddy.alloc(order);
      yield* this.zoneLock.unlock();
    }
    return yield* machine.arm(HAND_OUT, this, 0, { pfn, order, gfp: Gfp.GFP_RT_NOWAIT, lockless: true });
  }

  /** __free_pages() */
  *freePages(page: Page, lockless = false): Op<void> {
    const machine = this.#machine;
    if (!(yield* machine.arm(TAKE_BACK, page, 0, { allocator: this, lockless }))) return;
    if (page.order > 0) {
      yield* this.#toZone([page.pfn], page.order);
      return;
    }
    yield* machine.arm(PIN, machine);
    const pcp = this.#ownList();
    let surplus: number[] = [page.pfn];
    if (yield* pcp.lock.trylock()) {
      pcp.pages.push(page.pfn);
      surplus = pcp.pages.length > this.#options.pcpHigh ? pcp.pages.splice(0, this.#options.pcpBatch) : [];
      // free_pcppages_bulk() takes zone->lock inside pcp->lock.
      if (surplus.length > 0) yield* this.#toZone(surplus, 0);
      surplus = [];
      yield* pcp.lock.unlock();
    }
    if (surplus.length > 0) yield* this.#toZone(surplus, 0);
    yield* machine.arm(UNPIN, machine);
  }

  /** Frees up to `count` pages of page cache; the number freed. */
  *reclaim(count: number): Op<number> {
    const pages = this.#reclaimablePages.splice(0, count);
    this.reclaimable = this.#reclaimablePages.length;
    if (pages.length > 0) yield* this.#toZone(pages, 0);
    return pages.length;
  }

  /** might_alloc(): tells lockdep what reclaim could take, and that it may sleep. */
  *#mightAlloc(gfp: number): Op<void> {
    if ((gfp & Gfp.DIRECT_RECLAIM) === 0) return;
    if ((gfp & Gfp.FS) !== 0) {
      yield* this.#fsReclaim.acquire();
      yield* this.#fsReclaim.release();
    }
    yield* this.#machine.arm(MIGHT_SLEEP, this.#machine);
  }

  *#allocate(gfp: number, order: number): Op<number> {
    const reserve = (gfp & Gfp.HIGH) !== 0 ? this.min >> 1 : this.min;
    let pfn = this.#enough(order, this.low) ? yield* this.#freelist(order) : -1;
    if (pfn >= 0) return pfn;
    // __alloc_pages_slowpath()
    if ((gfp & Gfp.KSWAPD_RECLAIM) !== 0) yield* this.kswapd.wake();
    pfn = this.#enough(order, reserve) ? yield* this.#freelist(order) : -1;
    if (pfn >= 0 || (gfp & Gfp.DIRECT_RECLAIM) === 0) return pfn;
    for (;;) {
      const got = yield* this.#directReclaim(gfp);
      pfn = this.#enough(order, reserve) ? yield* this.#freelist(order) : -1;
      if (pfn >= 0) return pfn;
      // Out of memory: nothing to kill here, so that only __GFP_NOFAIL goes on trying.
      if (got === 0 && (gfp & Gfp.NOFAIL) === 0) return -1;
      if (got === 0) yield* this.kswapd.letOthersFree();
    }
  }

  *#directReclaim(gfp: number): Op<number> {
    const withFs = (gfp & Gfp.FS) !== 0;
    if (withFs) yield* this.#fsReclaim.acquire();
    const got = yield* this.reclaim(this.#options.pcpBatch);
    if (withFs) yield* this.#fsReclaim.release();
    return got;
  }

  #enough(order: number, watermark: number): boolean {
    return this.buddy.free - (1 << order) >= watermark || (order === 0 && this.#ownList().pages.length > 0);
  }

  *#freelist(order: number): Op<number> {
    return order === 0 ? yield* this.#fromList(true) : yield* this.#rmqueueBuddy(order);
  }

  /** rmqueue_pcplist(): a page of this CPU's list; `refill`: from the zone when it is empty. -1: none. */
  *#fromList(refill: boolean): Op<number> {
    const machine = this.#machine;
    yield* machine.arm(PIN, machine);
    const pcp = this.#ownList();
    let pfn = -1;
    if (yield* pcp.lock.trylock()) {
      if (pcp.pages.length === 0 && refill) yield* this.#rmqueueBulk(pcp);
      pfn = pcp.pages.pop() ?? -1;
      yield* pcp.lock.unlock();
    } else if (refill) {
      pfn = yield* this.#rmqueueBuddy(0);
    }
    yield* machine.arm(UNPIN, machine);
    return pfn;
  }

  *#rmqueueBulk(pcp: PerCpuPages): Op<void> {
    const flags = yield* this.zoneLock.lockIrqsave();
    this.zoneLockTaken++;
    for (let i = 0; i < this.#options.pcpBatch; i++) {
      const pfn = this.buddy.alloc(0);
      if (pfn >= 0) pcp.pages.push(pfn);
    }
    yield* this.#spendMoving(this.#options.pcpBatch);
    yield* this.zoneLock.unlockIrqrestore(flags);
  }

  *#rmqueueBuddy(order: number): Op<number> {
    const flags = yield* this.zoneLock.lockIrqsave();
    this.zoneLockTaken++;
    const pfn = this.buddy.alloc(order);
    this.#machine.charge(this.#options.pageCost);
    yield* this.zoneLock.unlockIrqrestore(flags);
    return pfn;
  }

  *#toZone(pfns: readonly number[], order: number): Op<void> {
    const flags = yield* this.zoneLock.lockIrqsave();
    this.zoneLockTaken++;
    for (const pfn of pfns) this.buddy.release(pfn, order);
    yield* this.#spendMoving(pfns.length);
    yield* this.zoneLock.unlockIrqrestore(flags);
  }

  /** The time that moving so many pages takes, zone->lock held; in pieces, between which interrupts and preemption come in. */
  *#spendMoving(pages: number): Op<void> {
    const { pagesAStep, pageCost } = this.#options;
    let left = pages;
    for (; left > pagesAStep; left -= pagesAStep) {
      this.#machine.charge(pagesAStep * pageCost);
      yield* this.#machine.arm(MOVE_ON, this.#machine);
    }
    this.#machine.charge(left * pageCost);
  }

  #ownList(): PerCpuPages {
    const pcp = this.#pcp[this.#machine.cpu.id];
    if (pcp === undefined) throw new RangeError(`no page list of cpu ${this.#machine.cpu.id}`);
    return pcp;
  }
}
