import { grownInt32 } from './growable.js';
import { PathLevels } from './path-levels.js';
import type { Site } from './site.js';
import { TripleTable } from './triple-table.js';
import { Usage } from './usage.js';

/**
 * Kinds of a dependency prev -> next (DEP_*_BIT in kernel/locking/lockdep.c), as bits of a mask.
 * First letter: prev was held Exclusively or Shared; second: next was taken Recursively (a recursive reader) or Not.
 */
export const Dep = { SR: 1 << 0, ER: 1 << 1, SN: 1 << 2, EN: 1 << 3 } as const;

/** The kinds whose first end is exclusive: what may follow a step that ended in a recursive reader. */
export const DEP_E = Dep.ER | Dep.EN;
/** The kinds whose second end is not a recursive reader: what may precede a step that began with a shared one. */
export const DEP_N = Dep.SN | Dep.EN;

/** The kind of a dependency from how its ends were taken ({@link ReadKind} numbers). */
export function depKind(prevRead: number, nextRead: number): number {
  return 1 << ((prevRead === 0 ? 1 : 0) | (nextRead !== 2 ? 2 : 0));
}

/** `ER EN SR SN`, those that are set, in a fixed order. */
export function depKindNames(mask: number): string[] {
  return (['EN', 'ER', 'SN', 'SR'] as const).filter((kind) => mask & Dep[kind]);
}

/** Where a dependency was first seen: the held end and the taken end; of one that starts at an event the signal or the reader's begin. */
export interface DependencySites {
  held: Site;
  taken: Site;
  /** It starts at a grace period, and what it ends at is needed inside a reader. */
  isReader?: boolean;
}

/**
 * The dependency graph over lock classes: `prev -> next` when next was taken while prev was held. Integer tables only; edges of
 * a class are linked lists. Beside the edges it keeps, for each class, which interrupt usages lie before and behind it on
 * any path: a superset that lets nearly all interrupt searches be skipped.
 */
export class DependencyGraph {
  readonly #ids = new TripleTable();
  readonly #levels = new PathLevels(this);
  readonly #sites: DependencySites[] = [];
  #from = new Int32Array(1024);
  #to = new Int32Array(1024);
  #kinds = new Int32Array(1024);
  #direct = new Int32Array(1024);
  #nextOut = new Int32Array(1024);
  #nextIn = new Int32Array(1024);
  #firstOut = new Int32Array(256);
  #firstIn = new Int32Array(256);
  #usedInBefore = new Int32Array(256);
  #enabledBehind = new Int32Array(256);
  #alive = 0;

  /** Makes room for classes up to `count`. */
  reserveClasses(count: number): void {
    if (count <= this.#firstOut.length) return;
    this.#firstOut = grownInt32(this.#firstOut, count);
    this.#firstIn = grownInt32(this.#firstIn, count);
    this.#usedInBefore = grownInt32(this.#usedInBefore, count);
    this.#enabledBehind = grownInt32(this.#enabledBehind, count);
  }

  /** Dependencies that are in force. */
  get count(): number {
    return this.#alive;
  }

  /** All edge ids are below this; withdrawn ones have no kinds. */
  get edgeLimit(): number {
    return this.#ids.size;
  }

  /** The edge id of from -> to, or -1 when there is no such dependency. */
  find(from: number, to: number): number {
    const edge = this.#ids.find(from, to, 0);
    return edge >= 0 && this.#kinds[edge] !== 0 ? edge : -1;
  }

  fromOf(edge: number): number {
    return this.#from[edge];
  }

  toOf(edge: number): number {
    return this.#to[edge];
  }

  /** Mask of {@link Dep} kinds; 0 for a withdrawn dependency. */
  kindsOf(edge: number): number {
    return this.#kinds[edge];
  }

  /** True when nothing validated lay between the two (distance 1): what /proc/lockdep lists. */
  isDirect(edge: number): boolean {
    return this.#direct[edge] !== 0;
  }

  sitesOf(edge: number): DependencySites {
    return this.#sites[edge];
  }

  /** First edge that leaves a class, or -1. */
  firstOut(cls: number): number {
    return this.#firstOut[cls] - 1;
  }

  nextOut(edge: number): number {
    return this.#nextOut[edge] - 1;
  }

  /** First edge that enters a class, or -1. */
  firstIn(cls: number): number {
    return this.#firstIn[cls] - 1;
  }

  nextIn(edge: number): number {
    return this.#nextIn[edge] - 1;
  }

  /** False only when there is certainly no path from `from` to `to`. */
  mayReach(from: number, to: number): boolean {
    return this.#levels.mayReach(from, to);
  }

  /** Usages UsedIn of the class and of all classes before it on any path (a superset). */
  usedInBefore(cls: number): number {
    return this.#usedInBefore[cls];
  }

  /** Usages Enabled of the class and of all classes behind it on any path (a superset). */
  enabledBehind(cls: number): number {
    return this.#enabledBehind[cls];
  }

  /** Adds kinds to a dependency that is already there. */
  strengthen(edge: number, kinds: number, direct: boolean): void {
    this.#kinds[edge] |= kinds;
    if (direct) this.#direct[edge] = 1;
  }

  /** Adds a dependency; whether it may be added is the caller's affair. Returns its edge id. */
  add(from: number, to: number, kinds: number, direct: boolean, sites: DependencySites): number {
    const known = this.#ids.size;
    const edge = this.#ids.intern(from, to, 0);
    this.#alive++;
    if (edge < known) {
      this.#kinds[edge] = kinds;
      this.#direct[edge] = direct ? 1 : 0;
      this.#sites[edge] = sites;
    } else {
      this.#reserveEdges(edge + 1);
      this.#from[edge] = from;
      this.#to[edge] = to;
      this.#kinds[edge] = kinds;
      this.#direct[edge] = direct ? 1 : 0;
      this.#sites.push(sites);
      this.#nextOut[edge] = this.#firstOut[from];
      this.#firstOut[from] = edge + 1;
      this.#nextIn[edge] = this.#firstIn[to];
      this.#firstIn[to] = edge + 1;
    }
    this.#levels.added(edge, from, to);
    this.#spreadEnabled(from, this.#enabledBehind[to]);
    this.#spreadUsedIn(to, this.#usedInBefore[from]);
    return edge;
  }

  /** Withdraws a dependency. The usage supersets stay: they may only be too large. */
  remove(edge: number): void {
    if (this.#kinds[edge] === 0) return;
    this.#kinds[edge] = 0;
    this.#direct[edge] = 0;
    this.#alive--;
  }

  /** Withdraws all dependencies of a class. */
  removeClass(cls: number): void {
    for (let edge = this.firstOut(cls); edge >= 0; edge = this.nextOut(edge)) this.remove(edge);
    for (let edge = this.firstIn(cls); edge >= 0; edge = this.nextIn(edge)) this.remove(edge);
  }

  /** Tells the graph of new usage bits of a class. */
  noteUsage(cls: number, bits: number): void {
    this.#spreadEnabled(cls, bits & Usage.Enabled);
    this.#spreadUsedIn(cls, bits & Usage.UsedIn);
  }

  #spreadEnabled(start: number, bits: number): void {
    if ((this.#enabledBehind[start] | bits) === this.#enabledBehind[start]) return;
    this.#enabledBehind[start] |= bits;
    const work = [start];
    for (let cls = work.pop(); cls !== undefined; cls = work.pop()) {
      for (let edge = this.firstIn(cls); edge >= 0; edge = this.nextIn(edge)) {
        const before = this.#from[edge];
        if ((this.#enabledBehind[before] | bits) === this.#enabledBehind[before]) continue;
        this.#enabledBehind[before] |= bits;
        work.push(before);
      }
    }
  }

  #spreadUsedIn(start: number, bits: number): void {
    if ((this.#usedInBefore[start] | bits) === this.#usedInBefore[start]) return;
    this.#usedInBefore[start] |= bits;
    const work = [start];
    for (let cls = work.pop(); cls !== undefined; cls = work.pop()) {
      for (let edge = this.firstOut(cls); edge >= 0; edge = this.nextOut(edge)) {
        const behind = this.#to[edge];
        if ((this.#usedInBefore[behind] | bits) === this.#usedInBefore[behind]) continue;
        this.#usedInBefore[behind] |= bits;
        work.push(behind);
      }
    }
  }

  #reserveEdges(count: number): void {
    if (count <= this.#from.length) return;
    this.#from = grownInt32(this.#from, count);
    this.#to = grownInt32(this.#to, count);
    this.#kinds = grownInt32(this.#kinds, count);
    this.#direct = grownInt32(this.#direct, count);
    this.#nextOut = grownInt32(this.#nextOut, count);
    this.#nextIn = grownInt32(this.#nextIn, count);
  }
}
