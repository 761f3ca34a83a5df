import { AllocKind } from '../../model/events.js';
import { Gfp } from '../../model/gfp.js';
import { LocalLock } from '../lock/local-lock.js';
import { Spinlock } from '../lock/spinlock.js';
import type { Machine } from '../machine.js';
import type { Op } from '../op.js';
import { MIGHT_SLEEP, noteAlloc, noteFree, noteFreed, step } from './note.js';
import { MemoryObject, type ObjectTracker } from './objects.js';
import { PAGE_SIZE, type Page, type PageAllocator } from './page-allocator.js';

/** Empty slabs that a node keeps before it gives pages back. */
const MIN_PARTIAL = 2;

interface Slab {
  readonly page: Page;
  readonly free: { hi: number; lo: number }[];
  readonly objects: number;
}

/** An object of a slab cache, as kmalloc() and kmem_cache_alloc() return it. */
export class SlabObject extends MemoryObject {
  readonly cache: SlabCache;
  readonly slab: Slab;

  constructor(cache: SlabCache, slab: Slab, at: { hi: number; lo: number }, size: number, allocatedAt: string) {
    super(at, size, cache.name, allocatedAt);
    this.cache = cache;
    this.slab = slab;
  }
}

interface Request {
  readonly gfp: number;
  readonly size: number;
  readonly lockless: boolean;
}

/** slab_alloc_node()'s fast path: an object of this CPU's slab, without a lock; undefined when it has none. */
const FAST_ALLOC = step<SlabCache, SlabObject | undefined>('slab_alloc', 10, (machine, cache, op) => {
  const slab = cache.cpuSlab(machine.cpu.id);
  const at = slab?.free.pop();
  op.value =
    slab === undefined || at === undefined
      ? undefined
      : new SlabObject(cache, slab, at, (op.b as Request).size, machine.callSite);
});

/** The event at the end of an allocation. */
const NOTE_ALLOC = step<SlabCache, void>('kmalloc', 3, (machine, cache, op) => {
  const { object, request } = op.b as { object: SlabObject | undefined; request: Request };
  const { kind, event } = cache.eventOf('alloc', request.lockless);
  noteAlloc(machine, op, { kind, event, gfp: request.gfp, size: request.size, order: -1, at: object });
  if (object !== undefined) cache.tracker.given(object);
});

/** kfree()'s beginning and its fast path: `done` when the object went back to this CPU's slab. */
const FREE = step<SlabObject, 'done' | 'slow' | 'double'>('kfree', 10, (machine, object, op) => {
  const { cache } = object;
  const { kind, event } = cache.eventOf('free', op.a === 1);
  noteFree(machine, op, { kind, event, size: object.size, order: -1, at: object });
  if (!cache.tracker.taken(object)) {
    op.value = 'double';
    return;
  }
  noteFreed(machine, object);
  const own = cache.cpuSlab(machine.cpu.id) === object.slab;
  if (own) object.slab.free.push({ hi: object.hi, lo: object.lo });
  op.value = own ? 'done' : 'slow';
});

/**
 * A slab cache (mm/slub.c): the CPU's own slab is used without a lock, the slow path takes `&c->lock` (a local lock) and the
 * node's `&n->list_lock`, and new slabs come from the page allocator.
 */
export class SlabCache {
  readonly name: string;
  readonly size: number;
  readonly tracker: ObjectTracker;
  readonly #machine: Machine;
  readonly #pages: PageAllocator;
  readonly #kmalloc: boolean;
  readonly #cpuLock: LocalLock;
  readonly #listLock: Spinlock;
  readonly #cpuSlabs: (Slab | undefined)[];
  readonly #partial: Slab[] = [];

  constructor(
    machine: Machine,
    pages: PageAllocator,
    tracker: ObjectTracker,
    name: string,
    size: number,
    kmalloc = false,
  ) {
    this.#machine = machine;
    this.#pages = pages;
    this.tracker = tracker;
    this.name = name;
    this.size = size;
    this.#kmalloc = kmalloc;
    this.#cpuLock = new LocalLock(machine, '&c->lock');
    this.#listLock = new Spinlock(machine, '&n->list_lock');
    this.#cpuSlabs = machine.cpus.map(() => undefined);
  }

  /** The slab that a CPU allocates from. */
  cpuSlab(cpu: number): Slab | undefined {
    return this.#cpuSlabs[cpu];
  }

  eventOf(what: 'alloc' | 'free', lockless: boolean): { kind: AllocKind; event: number } {
    const intern = (text: string) => this.#machine.names.intern(text);
    if (lockless)
      return { kind: AllocKind.Lockless, event: intern(what === 'alloc' ? 'kmalloc_nolock' : 'kfree_nolock') };
    if (this.#kmalloc) return { kind: AllocKind.Kmalloc, event: intern(what === 'alloc' ? 'kmalloc' : 'kfree') };
    return { kind: AllocKind.KmemCache, event: intern(what === 'alloc' ? 'kmem_cache_alloc' : 'kmem_cache_free') };
  }

  /** kmem_cache_alloc() */
  alloc(gfp: number): Op<SlabObject | null> {
    return this.allocSized(gfp, this.size, false);
  }

  /** kmem_cache_free() */
  free(object: SlabObject): Op<void> {
    return this.freeObject(object, false);
  }

  /** `size`: bytes asked for. `lockless`: gives up instead of waiting for a lock (kmalloc_nolock()). */
  *allocSized(gfp: number, size: number, lockless: boolean): Op<SlabObject | null> {
    const machine = this.#machine;
    const request: Request = { gfp, size, lockless };
    if ((gfp & Gfp.DIRECT_RECLAIM) !== 0 && !lockless) yield* machine.arm(MIGHT_SLEEP, machine);
    let object = yield* machine.arm(FAST_ALLOC, this, 0, request);
    // Again where it was moved to another CPU after it got this one a slab.
    while (object === undefined) {
      const refilled = lockless ? yield* this.#refillNolock() : yield* this.#refill(gfp);
      if (!refilled) break;
      object = yield* machine.arm(FAST_ALLOC, this, 0, request);
    }
    yield* machine.arm(NOTE_ALLOC, this, 0, { object, request });
    return object ?? null;
  }

  *freeObject(object: SlabObject, lockless: boolean): Op<void> {
    const how = yield* this.#machine.arm(FREE, object, lockless ? 1 : 0);
    if (how !== 'slow') return;
    if (lockless) {
      // Left to irq_work in the kernel: it takes no lock here.
      object.slab.free.push({ hi: object.hi, lo: object.lo });
      return;
    }
    const empty = yield* this.#slowFree(object);
    if (empty !== undefined) yield* this.#pages.freePages(empty.page);
  }

  /** __slab_free(): the node's list is touched when a full slab gets its first free object or an empty one is given up. */
  *#slowFree(object: SlabObject): Op<Slab | undefined> {
    const { slab } = object;
    const flags = yield* this.#listLock.lockIrqsave();
    if (slab.free.length === 0 && !this.#cpuSlabs.includes(slab)) this.#partial.push(slab);
    slab.free.push({ hi: object.hi, lo: object.lo });
    const at = this.#partial.indexOf(slab);
    const give = at >= 0 && slab.free.length === slab.objects && this.#partial.length > MIN_PARTIAL;
    if (give) this.#partial.splice(at, 1);
    yield* this.#listLock.unlockIrqrestore(flags);
    return give ? slab : undefined;
  }

  /** ___slab_alloc(): gets this CPU a slab with free objects. False: no memory. */
  *#refill(gfp: number): Op<boolean> {
    const flags = yield* this.#cpuLock.lockIrqsave();
    const inner = yield* this.#listLock.lockIrqsave();
    const partial = this.#partial.pop();
    yield* this.#listLock.unlockIrqrestore(inner);
    if (partial !== undefined) this.#use(partial);
    yield* this.#cpuLock.unlockIrqrestore(flags);
    if (partial !== undefined) return true;
    const page = yield* this.#pages.allocPages(gfp, 0);
    if (page === null) return false;
    yield* this.#install(page);
    return true;
  }

  /** As {@link #refill} without waiting for anything. */
  *#refillNolock(): Op<boolean> {
    const page = yield* this.#pages.allocPagesNolock(0);
    if (page === null) return false;
    this.#put(page);
    return true;
  }

  *#install(page: Page): Op<void> {
    const flags = yield* this.#cpuLock.lockIrqsave();
    this.#put(page);
    yield* this.#cpuLock.unlockIrqrestore(flags);
  }

  #put(page: Page): void {
    // The page is the cache's, not the scenario's.
    this.tracker.ignore(page);
    const objects = Math.max(1, Math.floor(PAGE_SIZE / this.size));
    const free = Array.from({ length: objects }, (_, i) => ({
      hi: page.hi,
      lo: (page.lo + i * this.size) | 0,
    })).reverse();
    this.#use({ page, free, objects });
  }

  /** The running CPU allocates from this slab from now on. */
  #use(slab: Slab): void {
    const { id } = this.#machine.cpu;
    const old = this.#cpuSlabs[id];
    if (old !== undefined && old.free.length > 0) this.#partial.push(old);
    this.#cpuSlabs[id] = slab;
  }
}
