import { Gfp } from '../../model/gfp.js';
import type { Machine } from '../machine.js';
import type { Op } from '../op.js';
import { type Area, Areas } from './areas.js';
import { step } from './note.js';
import { type MemoryObject, ObjectTracker } from './objects.js';
import { type Page, PageAllocator } from './page-allocator.js';
import { SlabCache, type SlabObject } from './slab.js';

/** Sizes of the kmalloc caches. */
const KMALLOC_SIZES = [8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096];

const TOUCH = step<MemoryObject, void>('touch', 5, (_machine, object, op) => (op.b as ObjectTracker).used(object));

/** The memory of the simulated kernel: `kernel.mm`. Masks are {@link Gfp}'s. */
export class Memory {
  readonly pages: PageAllocator;
  readonly #machine: Machine;
  readonly #tracker: ObjectTracker;
  readonly #caches = new Map<number, SlabCache>();
  readonly #areas: Areas;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#tracker = new ObjectTracker(machine);
    this.pages = new PageAllocator(machine, this.#tracker, machine.config.memory);
    this.#areas = new Areas(machine, this.pages, this.#tracker);
  }

  /** alloc_page(): one page, or null. */
  allocPage(gfp: number): Op<Page | null> {
    return this.pages.allocPages(gfp, 0);
  }

  /** alloc_pages(): 2^order pages, or null. */
  allocPages(gfp: number, order: number): Op<Page | null> {
    return this.pages.allocPages(gfp, order);
  }

  /** __free_page(), __free_pages() */
  freePage(page: Page): Op<void> {
    return this.pages.freePages(page);
  }

  /** alloc_pages_nolock(): the separate function for contexts where no lock may be waited for. */
  allocPagesNolock(order = 0): Op<Page | null> {
    return this.pages.allocPagesNolock(order);
  }

  /** free_pages_nolock() */
  freePagesNolock(page: Page): Op<void> {
    return this.pages.freePages(page, true);
  }

  /** kmalloc(): an object of at least `size` bytes, up to a page, or null. */
  kmalloc(size: number, gfp: number): Op<SlabObject | null> {
    return this.#cacheFor(size).allocSized(gfp, size, false);
  }

  /** kfree() */
  kfree(object: SlabObject): Op<void> {
    return object.cache.freeObject(object, false);
  }

  /** kmalloc_nolock() */
  kmallocNolock(size: number): Op<SlabObject | null> {
    return this.#cacheFor(size).allocSized(Gfp.GFP_RT_NOWAIT, size, true);
  }

  /** kfree_nolock() */
  kfreeNolock(object: SlabObject): Op<void> {
    return object.cache.freeObject(object, true);
  }

  /** kfree_bulk() */
  *kfreeBulk(objects: readonly SlabObject[]): Op<void> {
    for (const object of objects) yield* this.kfree(object);
  }

  /** kmem_cache_create() */
  kmemCache(name: string, size: number): SlabCache {
    return new SlabCache(this.#machine, this.pages, this.#tracker, name, size);
  }

  /** vmalloc() */
  vmalloc(size: number): Op<Area | null> {
    return this.#areas.vmalloc(size);
  }

  /** vfree() */
  vfree(area: Area): Op<void> {
    return this.#areas.vfree(area);
  }

  /** alloc_percpu_gfp() */
  allocPercpu(size: number, gfp: number = Gfp.GFP_KERNEL): Op<Area | null> {
    return this.#areas.allocPercpu(size, gfp);
  }

  /** free_percpu() */
  freePercpu(area: Area): Op<void> {
    return this.#areas.freePercpu(area);
  }

  /** Uses an object: a use after free is reported. */
  touch(object: MemoryObject): Op<void> {
    return this.#machine.arm(TOUCH, object, 0, this.#tracker);
  }

  /** {@link touch} as part of another operation. */
  touchNow(object: MemoryObject): void {
    this.#tracker.used(object);
  }

  /** kmemleak_ignore(): the object may outlive the scenario; no operation. */
  ignoreLeak(object: MemoryObject): void {
    this.#tracker.ignore(object);
  }

  /** Objects that were given out and not freed; no operation. */
  get liveObjects(): number {
    return this.#tracker.live.size;
  }

  #cacheFor(size: number): SlabCache {
    const fit = KMALLOC_SIZES.find((candidate) => candidate >= size);
    if (fit === undefined) throw new RangeError(`kmalloc(${size}): larger than a page, use allocPages or vmalloc`);
    let cache = this.#caches.get(fit);
    if (cache === undefined) {
      cache = new SlabCache(this.#machine, this.pages, this.#tracker, `kmalloc-${fit}`, fit, true);
      this.#caches.set(fit, cache);
    }
    return cache;
  }
}
