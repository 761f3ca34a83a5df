import type { KernelReport } from '../../model/events.js';
import type { MemoryRange } from '../lockdep-map.js';
import type { Machine } from '../machine.js';

/** A stretch of memory that the scenario was given: a page, a slab object, a vmalloc or per-CPU area. */
export abstract class MemoryObject implements MemoryRange {
  readonly hi: number;
  readonly lo: number;
  /** Bytes. */
  readonly size: number;
  /** What it is, for reports: `kmalloc-192`, `page`, ... */
  readonly what: string;
  freed = false;
  /** Call sites of its allocation and its free, as text. */
  readonly allocatedAt: string;
  freedAt = '';

  constructor(at: { hi: number; lo: number }, size: number, what: string, allocatedAt: string) {
    this.hi = at.hi;
    this.lo = at.lo;
    this.size = size;
    this.what = what;
    this.allocatedAt = allocatedAt;
  }
}

/** Follows what scenarios were given: finds use after free, double free and leaks. */
export class ObjectTracker {
  readonly #machine: Machine;
  readonly #live = new Set<MemoryObject>();

  constructor(machine: Machine) {
    this.#machine = machine;
    if (machine.config.reportLeaks) machine.atEnd.push(() => this.#reportLeaks());
  }

  /** Objects given out and not freed. */
  get live(): ReadonlySet<MemoryObject> {
    return this.#live;
  }

  given(object: MemoryObject): void {
    this.#live.add(object);
  }

  /** kmemleak_ignore(): the object may outlive the scenario. */
  ignore(object: MemoryObject): void {
    this.#live.delete(object);
  }

  /** False: it was free already, which is reported; the caller must not free it. */
  taken(object: MemoryObject): boolean {
    if (object.freed) {
      this.#complain('double-free', `${object.what} is freed again`, object);
      return false;
    }
    object.freed = true;
    object.freedAt = this.#machine.callSite;
    this.#live.delete(object);
    return true;
  }

  /** The running context uses the object. */
  used(object: MemoryObject): void {
    if (object.freed) this.#complain('use-after-free', `${object.what} is used after it was freed`, object);
  }

  #complain(rule: string, message: string, object: MemoryObject): void {
    this.#machine.report(this.#report(rule, message, object, this.#machine.callSite));
  }

  #report(rule: string, message: string, object: MemoryObject, callSite: string): KernelReport {
    const evidence = [{ what: `${object.what} allocated`, callSite: object.allocatedAt, task: '' }];
    if (object.freed) evidence.push({ what: `${object.what} freed`, callSite: object.freedAt, task: '' });
    return { rule, severity: rule === 'memory-leak' ? 'warning' : 'error', message, locks: [], callSite, evidence };
  }

  #reportLeaks(): void {
    for (const object of this.#live) {
      const message = `${object.what} is never freed`;
      this.#machine.report(this.#report('memory-leak', message, object, object.allocatedAt));
    }
  }
}
