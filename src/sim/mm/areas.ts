import { AllocKind } from '../../model/events.js';
import { Gfp } from '../../model/gfp.js';
import { Mutex } from '../lock/mutex.js';
import { Spinlock } from '../lock/spinlock.js';
import type { Machine } from '../machine.js';
import type { Op } from '../op.js';
import { MIGHT_SLEEP, noteAlloc, noteFree, noteFreed, step } from './note.js';
import { MemoryObject, type ObjectTracker } from './objects.js';
import { PAGE_SIZE, type Page, type PageAllocator } from './page-allocator.js';

/** A vmalloc() or per-CPU area. */
export class Area extends MemoryObject {
  /** Pages behind a vmalloc area. */
  readonly pages: readonly Page[];

  constructor(machine: Machine, size: number, what: string, pages: readonly Page[]) {
    super(machine.addresses.heap(size, PAGE_SIZE), size, what, machine.callSite);
    this.pages = pages;
  }
}

interface Style {
  readonly kind: AllocKind;
  readonly what: string;
  readonly alloc: string;
  readonly free: string;
}

const VMALLOC: Style = { kind: AllocKind.Vmalloc, what: 'vmalloc area', alloc: 'vmalloc', free: 'vfree' };
const PERCPU: Style = {
  kind: AllocKind.Percpu,
  what: 'per-CPU area',
  alloc: 'percpu_alloc_percpu',
  free: 'percpu_free_percpu',
};

const MAKE = step<ObjectTracker, Area | null>('area_alloc', 5, (machine, tracker, op) => {
  const { style, gfp, pages } = op.b as { style: Style; gfp: number; pages: readonly Page[] | null };
  const area = pages === null ? undefined : new Area(machine, op.a, style.what, pages);
  noteAlloc(machine, op, {
    kind: style.kind,
    event: machine.names.intern(style.alloc),
    gfp,
    size: op.a,
    order: -1,
    at: area,
  });
  if (area !== undefined) tracker.given(area);
  op.value = area ?? null;
});

const UNMAKE = step<Area, boolean>('area_free', 5, (machine, area, op) => {
  const { style, tracker } = op.b as { style: Style; tracker: ObjectTracker };
  noteFree(machine, op, {
    kind: style.kind,
    event: machine.names.intern(style.free),
    size: area.size,
    order: -1,
    at: area,
  });
  op.value = tracker.taken(area);
  if (op.value === true) noteFreed(machine, area);
});

/** vmalloc() and the per-CPU allocator: the ways of getting memory that take mutexes and more locks. */
export class Areas {
  readonly #machine: Machine;
  readonly #pages: PageAllocator;
  readonly #tracker: ObjectTracker;
  readonly #vmapLock: Spinlock;
  readonly #pcpuMutex: Mutex;
  readonly #pcpuLock: Spinlock;

  constructor(machine: Machine, pages: PageAllocator, tracker: ObjectTracker) {
    this.#machine = machine;
    this.#pages = pages;
    this.#tracker = tracker;
    this.#vmapLock = new Spinlock(machine, 'vmap_area_lock');
    this.#pcpuMutex = new Mutex(machine, 'pcpu_alloc_mutex');
    this.#pcpuLock = new Spinlock(machine, 'pcpu_lock');
  }

  /** vmalloc(): may sleep; null when pages run out. */
  *vmalloc(size: number): Op<Area | null> {
    const machine = this.#machine;
    yield* machine.arm(MIGHT_SLEEP, machine);
    yield* this.#vmapLock.lock();
    yield* this.#vmapLock.unlock();
    const pages: Page[] = [];
    for (let left = size; left > 0; left -= PAGE_SIZE) {
      const page = yield* this.#pages.allocPages(Gfp.GFP_KERNEL, 0);
      if (page === null) break;
      this.#tracker.ignore(page);
      pages.push(page);
    }
    const whole = pages.length * PAGE_SIZE >= size;
    if (!whole) for (const page of pages) yield* this.#pages.freePages(page);
    return yield* machine.arm(MAKE, this.#tracker, size, {
      style: VMALLOC,
      gfp: Gfp.GFP_KERNEL,
      pages: whole ? pages : null,
    });
  }

  /** vfree(): may sleep. */
  *vfree(area: Area): Op<void> {
    const machine = this.#machine;
    if (!(yield* machine.arm(UNMAKE, area, 0, { style: VMALLOC, tracker: this.#tracker }))) return;
    yield* machine.arm(MIGHT_SLEEP, machine);
    yield* this.#vmapLock.lock();
    yield* this.#vmapLock.unlock();
    for (const page of area.pages) yield* this.#pages.freePages(page);
  }

  /** alloc_percpu_gfp() */
  *allocPercpu(size: number, gfp: number = Gfp.GFP_KERNEL): Op<Area | null> {
    const sleeps = (gfp & Gfp.GFP_KERNEL) === Gfp.GFP_KERNEL;
    if (sleeps) yield* this.#pcpuMutex.lock();
    const flags = yield* this.#pcpuLock.lockIrqsave();
    yield* this.#pcpuLock.unlockIrqrestore(flags);
    if (sleeps) yield* this.#pcpuMutex.unlock();
    return yield* this.#machine.arm(MAKE, this.#tracker, size, { style: PERCPU, gfp, pages: [] });
  }

  /** free_percpu() */
  *freePercpu(area: Area): Op<void> {
    const flags = yield* this.#pcpuLock.lockIrqsave();
    yield* this.#machine.arm(UNMAKE, area, 0, { style: PERCPU, tracker: this.#tracker });
    yield* this.#pcpuLock.unlockIrqrestore(flags);
  }
}
