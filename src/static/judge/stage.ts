import { AcquireHas, AllocEvent, EventHeader, type EventSink, GfpSpelling, LockAcquire } from '../../model/events.js';
import type { StringNames } from '../../model/names.js';
import { WaitType } from '../../model/wait-type.js';
import { type Callers, pathOf, type WayTo } from '../walk/callers.js';
import type { Fact } from '../walk/facts.js';
import type { Bits, HeldLock, Leak, LockState, Moment } from '../walk/lock-state.js';
import type { LockFacts, Thing } from '../walk/thing.js';

const ALL_FIELDS = AcquireHas.Key | AcquireHas.Wait | AcquireHas.Subclass | AcquireHas.Check | AcquireHas.ReadKind;
/** High half of addresses in the kernel's image. */
export const IMAGE_HI = 0xffffffff | 0;
/** Key of locks that are not validated. */
export const NO_VALIDATE = { hi: IMAGE_HI, lo: 0x82fffff0 | 0 };

interface OwnLock {
  readonly name: string;
  /** Low half of its address. */
  readonly lo: number;
  /** Its acquisition tells lockdep's view of the context. */
  readonly seesContext: boolean;
}

/** Of the descriptor of an interrupt. */
export const DESCRIPTOR: OwnLock = { name: '&desc->lock', lo: 0x72000000, seesContext: true };
/** Of a run queue. */
export const RUN_QUEUE: OwnLock = { name: '&rq->__lock', lo: 0x71000000, seesContext: false };

/** Ids of acquisitions on the way to other operations come after those of operations. */
const FIRST_ON_WAY = 2 ** 40;

/** What tasks do to locks and memory, as the events that a run would make of it: the one place that fills their words. */
export class Stage {
  /** Operations by the time of their events. */
  readonly moments = new Map<number, Moment>();
  /** How locks got out of functions, by the same. */
  readonly leaks = new Map<number, Leak>();
  readonly #sink: EventSink;
  readonly #names: StringNames;
  readonly #h = new EventHeader();
  readonly #a = new LockAcquire();
  readonly #alloc = new AllocEvent();
  readonly #keys = new Map<string, number>();
  readonly #callers: Callers;
  /** Acquisitions as parts of ways to other operations, by these. */
  readonly #onWay = new Map<Moment, Map<Moment, Moment>>();
  /** The same where the lock got out of a function. */
  readonly #leaked = new Map<Moment, Map<Moment, Moment>>();
  #way: WayTo = { path: [], line: 0 };
  /** The operation at hand. */
  #toward: Moment | undefined;
  #made = 0;
  #pid = 0;
  #comm = 0;

  constructor(sink: EventSink, names: StringNames, callers: Callers) {
    this.#callers = callers;
    this.#sink = sink;
    this.#names = names;
    this.#a.has = ALL_FIELDS;
  }

  /** From here on events are this task's, on the way to an operation. */
  become(pid: number, comm: number, toward: Moment): void {
    this.#pid = pid;
    this.#comm = comm;
    if (toward === this.#toward) return;
    this.#toward = toward;
    this.#way = { path: pathOf(toward.call), line: toward.line || Number.MAX_SAFE_INTEGER };
  }

  /** Takes a lock of the kernel itself that the code does not show. */
  takeOwn(own: OwnLock, bits: Bits, moment: Moment): void {
    const a = this.#a;
    const kind = { waitInner: WaitType.Spin, waitOuter: 0, lockType: 0, check: false, noValidate: false, subclass: 0 };
    this.#fill(a, { ...kind, name: own.name, key: own.name, hi: IMAGE_HI, lo: own.lo }, 0);
    a.check = 0;
    if (own.seesContext) a.lockdepContext = bits.lockdep;
    this.#sink.lockAcquire(this.stamp(bits, moment), a);
  }

  releaseOwn({ name, lo }: OwnLock, bits: Bits, moment: Moment): void {
    this.#sink.lockRelease(this.stamp(bits, moment), IMAGE_HI, lo, this.#names.intern(name));
  }

  /** Takes what a fact's state holds. */
  establish({ state, bits, moment }: Fact): void {
    let off = false;
    let outer: readonly HeldLock[] = [];
    const seen = new Map<Thing, number>();
    for (const held of state.held) {
      const count = seen.get(held.lock) ?? 0;
      seen.set(held.lock, count + 1);
      if (held.unwatched !== off) {
        const h = this.stamp(held.bits, held.moment);
        if (held.unwatched) this.#sink.lockdepOff(h, this.site(held.moment));
        else this.#sink.lockdepOn(h, this.site(held.moment));
        off = held.unwatched;
      }
      outer = this.#under(outer, held, seen);
      this.acquire(held, count);
    }
    this.#drop(outer);
    for (const { contended } of state.held) {
      if (contended === undefined) continue;
      // Released where it was taken, with preemption off: an attempt that was given up.
      this.acquire(contended, 0);
      this.releaseAt(contended.lock, contended.bits, contended.moment, 0);
    }
    if (state.lockdepOff > 0 !== off) {
      const h = this.stamp(bits, moment);
      if (off) this.#sink.lockdepOn(h, 0);
      else this.#sink.lockdepOff(h, 0);
    }
  }

  /**
   * Takes what a lock was taken under and is no longer held, in the order in which it was taken: what is wrong with a lock is told with the
   * locks that were there. `outer` are those that are there now; returns those that are there then.
   */
  #under(outer: readonly HeldLock[], held: HeldLock, seen: ReadonlyMap<Thing, number>): readonly HeldLock[] {
    const wanted = (held.under ?? []).filter(({ lock }) => !seen.has(lock));
    const isIn = (list: readonly HeldLock[], one: HeldLock): boolean =>
      list.some(({ lock, moment }) => lock === one.lock && moment === one.moment);
    this.#drop(outer.filter((one) => !isIn(wanted, one)));
    const kept = outer.filter((one) => isIn(wanted, one));
    const fresh = wanted.filter((one) => !isIn(kept, one));
    for (const one of fresh) this.acquire(one, 0);
    return [...kept, ...fresh];
  }

  #drop(outer: readonly HeldLock[]): void {
    for (const { lock, bits, moment } of outer.toReversed()) this.release(lock, bits, moment, 0);
  }

  /** Releases what a state holds, the last lock first. */
  leave(state: LockState, fact: Fact): void {
    if (state.lockdepOff > 0) this.#sink.lockdepOn(this.stamp(fact.bits, fact.moment), 0);
    const seen = new Map<Thing, number>();
    const counts = state.held.map((held) => {
      const count = seen.get(held.lock) ?? 0;
      seen.set(held.lock, count + 1);
      return count;
    });
    for (let i = state.held.length - 1; i >= 0; i--) {
      const held = state.held[i] as HeldLock;
      const { lock, bits, moment, unwatched } = held;
      if (unwatched) this.#sink.lockdepOff(this.stamp(bits, moment), this.site(moment));
      this.release(lock, bits, moment, offsetOf(held, counts[i] ?? 0));
      if (unwatched) this.#sink.lockdepOn(this.stamp(bits, moment), this.site(moment));
    }
  }

  memory(fact: Fact, deed: Fact['deed'] & { readonly do: 'alloc' | 'free' }): void {
    const a = this.#alloc;
    const h = this.stamp(fact.bits, fact.moment);
    const memory = deed.object?.sim?.memory;
    a.kind = deed.kind as AllocEvent['kind'];
    a.event = this.#names.intern(deed.event);
    a.gfp = deed.gfp;
    a.size = memory?.size ?? -1;
    a.order = deed.order;
    a.ip = this.site(fact.moment);
    a.hi = memory?.hi ?? 0;
    a.lo = memory?.lo ?? 0;
    a.spelling =
      deed.spelling === '' ? GfpSpelling.Unknown : deed.spelling === 'alone' ? GfpSpelling.Named : GfpSpelling.Mixed;
    if (deed.do === 'alloc') {
      this.#sink.alloc(h, a);
      return;
    }
    this.#sink.free(h, a);
    if (memory !== undefined) this.#sink.lockFreeCheck(h, memory.hi, memory.lo, memory.size);
  }

  /** @param instance which of several objects that are one to the walk */
  acquire(held: HeldLock, instance: number): void {
    const lock = held.lock.sim?.lock;
    if (lock === undefined) return;
    const a = this.#a;
    this.#fill(a, lock, offsetOf(held, instance));
    a.subclass = held.subclass;
    a.trylock = held.trylock;
    a.read = held.read;
    const nest = held.nest?.sim?.lock;
    a.nestHi = nest?.hi ?? 0;
    a.nestLo = nest?.lo ?? 0;
    a.lockdepContext = held.bits.lockdep;
    a.ip = this.site(held.moment);
    this.#sink.lockAcquire(this.stamp(held.bits, this.#reached(held)), a);
  }

  /** An acquisition as part of the way to the operation at hand. */
  #reached({ moment, leak }: HeldLock): Moment {
    const call = this.#callers.within(moment.call, this.#way);
    if (this.#toward === undefined || (call === moment.call && leak === undefined)) return moment;
    const ways = leak === undefined ? this.#onWay : this.#leaked;
    const onWay = ways.get(moment) ?? new Map<Moment, Moment>();
    ways.set(moment, onWay);
    let reached = onWay.get(this.#toward);
    if (reached === undefined) {
      reached = { ...moment, call, id: FIRST_ON_WAY + this.#made++ };
      onWay.set(this.#toward, reached);
    }
    if (leak !== undefined) this.leaks.set(reached.id, leak);
    return reached;
  }

  #fill(a: LockAcquire, lock: LockFacts, instance: number): void {
    const key = this.#keyOf(`${lock.waitInner}:${lock.key}`);
    a.hi = lock.hi;
    a.lo = lock.lo + instance;
    a.name = this.#names.intern(lock.name);
    a.keyHi = lock.noValidate ? NO_VALIDATE.hi : IMAGE_HI;
    a.keyLo = lock.noValidate ? NO_VALIDATE.lo : key;
    a.subclass = lock.subclass;
    a.trylock = false;
    a.read = 0;
    a.check = lock.check ? 1 : 0;
    a.nestHi = 0;
    a.nestLo = 0;
    a.waitOuter = lock.waitOuter;
    a.waitInner = lock.waitInner;
    a.lockType = lock.lockType;
  }

  #keyOf(text: string): number {
    let key = this.#keys.get(text);
    if (key === undefined) {
      key = (0x83000000 + 16 * (this.#keys.size + 1)) | 0;
      this.#keys.set(text, key);
    }
    return key;
  }

  /** Mutexes keep preemption off while they are taken, not until they are released. */
  release(object: Thing, bits: Bits, moment: Moment, offset: number): void {
    const isMutex = object.sim?.lock?.waitInner === WaitType.Sleep && bits.depth > 0;
    this.releaseAt(object, isMutex ? { ...bits, depth: bits.depth - 1 } : bits, moment, offset);
  }

  releaseAt(object: Thing, bits: Bits, moment: Moment, offset: number): void {
    const lock = object.sim?.lock;
    if (lock === undefined) return;
    const lo = lock.lo + offset;
    this.#sink.lockRelease(this.stamp(bits, moment), lock.hi, lo, this.#names.intern(lock.name));
  }

  /** The header of an event of the task at hand. */
  stamp(bits: Bits, moment: Moment): EventHeader {
    const h = this.#h;
    this.moments.set(moment.id, moment);
    h.cpu = 0;
    h.pid = this.#pid;
    h.comm = this.#comm;
    h.time = moment.id;
    h.context = bits.context;
    h.preemptDepth = bits.depth;
    return h;
  }

  /** A call site, as runs name theirs. */
  site(moment: Moment): number {
    return this.#names.intern(`${moment.function}+0x${moment.line.toString(16)}`);
  }
}

/** Addresses tell objects apart that are one to the walk. */
export function offsetOf(held: HeldLock, instance: number): number {
  return held.lock.many || held.guessed ? instance : 0;
}
