import { AcquireHas, type LockAcquire } from '../model/events.js';
import { stableClass } from '../model/finding.js';
import { LockType, WaitType } from '../model/wait-type.js';
import { grownFloat64, grownInt32 } from './growable.js';
import type { Site } from './site.js';
import { TripleTable } from './triple-table.js';
import type { UsageOrigin } from './usage-origin.js';

/** How surely a class is told apart from others. */
export const Identity = {
  /** Key and subclass are known: as sure as lockdep itself. */
  Exact: 0,
  /** The key is known, the subclass is not: levels of nesting fall together. */
  KeyOnly: 1,
  /** Only the name is known: unrelated locks of one name fall together. */
  NameOnly: 2,
} as const;
export type Identity = (typeof Identity)[keyof typeof Identity];

/** Stands in the subclass position of the look-up for classes that are known by name only. */
const BY_NAME = -1;

/** Third number of the look-up for events: minus 2 minus their WaitKind. */
const EVENTS = -2;

const Flag = {
  /** lockdep keeps no dependencies of it (__lockdep_no_validate__). */
  NoValidate: 1,
  /** More than one lock instance of the class was seen. */
  ManyInstances: 2,
  /** Two instances were held at once by one task: nesting levels exist, known or not. */
  Nested: 4,
  /** Some instances were given a subclass of their own. */
  Split: 8,
  /** Neither the recording nor the catalogue tells what kind of lock it is. */
  UnknownKind: 16,
  /** Taken outside NMIs, by a writer or by a reader. */
  Used: 32,
  UsedRead: 64,
} as const;

/** What a catalogue says of a lock name, for recordings that carry no wait types. */
export interface LockKind {
  waitOuter: number;
  waitInner: number;
  lockType: number;
}

/** Looks a lock name up in the catalogue; undefined when it is not there. */
export type Catalogue = (lockName: string) => LockKind | undefined;

/** Pseudo locks that mark RCU readers: taken with check=0, outer wait type free. */
/** Held by PREEMPT_RT wherever it runs soft interrupts (kernel/softirq.c); no other kernel has it. */
const RT_BOTTOM_HALVES = /^\(?softirq_ctrl\.lock\)?$/;
const RCU_READER = /^rcu_read_lock(_bh|_sched)?$|^rcu_tasks?_trace|^srcu/;

/**
 * Lock classes: a key and a subclass. A lock without a key is its own key; recordings of a stock kernel know names
 * only. Everything that is asked per event is an integer in a typed array.
 */
export class ClassTable {
  readonly #ids = new TripleTable();
  readonly #eventNames = new Map<string, number>();
  readonly #eventKinds = new Map<number, number>();
  /** Instances (hi, lo) of a class (third) that have the next subclass. */
  readonly #splitOff = new TripleTable();
  readonly #text: (name: number) => string;
  readonly #catalogue: Catalogue;
  readonly #names: number[] = [];
  readonly #versions: number[] = [];
  readonly #versionOfKey = new Map<string, number>();
  readonly #versionsOfName = new Map<string, number>();
  readonly #displayNames: string[] = [];
  readonly #waitingReads = new Map<number, number>();
  readonly #usageOrigins = new Map<number, UsageOrigin>();
  readonly #useSites = new Map<number, Site>();
  #noValidateHi: number;
  #noValidateLo: number;
  #knowsNoValidateKey: boolean;
  #waitOuter = new Int32Array(256);
  #waitInner = new Int32Array(256);
  #lockType = new Int32Array(256);
  #usage = new Int32Array(256);
  #observed = new Int32Array(256);
  #flags = new Int32Array(256);
  #identity = new Int32Array(256);
  #instanceHi = new Int32Array(256);
  #instanceLo = new Int32Array(256);
  #acquisitions = new Float64Array(256);
  /** The recording's spinlock_t and raw_spinlock_t share a wait type: the kernel lacks PROVE_RAW_LOCK_NESTING. */
  #flatWaitTypes = false;
  /** Names of locks whose kind neither the recording nor the catalogue tells. */
  readonly unknownKinds = new Set<string>();
  /** A lock of PREEMPT_RT alone was seen: soft interrupts are part of tasks, and lockdep does not count locks as used in them. */
  softirqsInTasks = false;

  constructor(text: (name: number) => string, catalogue: Catalogue, noValidateKey?: { hi: number; lo: number }) {
    this.#text = text;
    this.#catalogue = catalogue;
    this.#knowsNoValidateKey = noValidateKey !== undefined;
    this.#noValidateHi = noValidateKey?.hi ?? 0;
    this.#noValidateLo = noValidateKey?.lo ?? 0;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** The class of an acquisition, registered at its first use. Also notes the instance and counts the acquisition. */
  classOf(a: LockAcquire): number {
    let id: number;
    if (a.has & AcquireHas.Key) {
      const own = a.keyHi === 0 && a.keyLo === 0;
      id = this.#ids.intern(own ? a.hi : a.keyHi, own ? a.lo : a.keyLo, a.subclass);
    } else {
      id = this.#ids.intern(a.name, 0, BY_NAME);
    }
    if (id < this.#names.length && this.#flags[id] & Flag.Split && this.#splitOff.find(a.hi, a.lo, id) >= 0) {
      return this.#subclassOf(id, a);
    }
    if (id >= this.#names.length) this.#register(id, a);
    else if (this.#names[id] !== a.name) this.#renamed(id, a);
    this.#acquisitions[id]++;
    if (this.#instanceLo[id] !== a.lo || this.#instanceHi[id] !== a.hi) this.#flags[id] |= Flag.ManyInstances;
    return id;
  }

  /** The class of an event that tasks wait for; all events of a name and kind are one. */
  eventClass(name: string, kind: number): number {
    const nameId = this.#eventNames.get(name) ?? this.#eventNames.size;
    this.#eventNames.set(name, nameId);
    const id = this.#ids.intern(nameId, 0, EVENTS - kind);
    if (id >= this.#names.length) {
      this.#reserve(id + 1);
      this.#names[id] = 0;
      this.#versions[id] = 1;
      this.#displayNames[id] = `(${EVENT_WORDS[kind] ?? 'event'})${name}`;
      this.#lockType[id] = LockType.PerCpu; // no lock: interrupts do not invert it
      this.#eventKinds.set(id, kind);
    }
    return id;
  }

  /** The WaitKind of an event class; undefined for locks. */
  eventKind(id: number): number | undefined {
    return this.#eventKinds.get(id);
  }

  /** An instance turns out to have a subclass that acquisitions do not show (lockdep_set_subclass()). */
  split(id: number, hi: number, lo: number): void {
    this.#flags[id] |= Flag.Split;
    this.#splitOff.intern(hi, lo, id);
  }

  #subclassOf(id: number, a: LockAcquire): number {
    const { subclass } = a;
    this.#flags[id] &= ~Flag.Split;
    a.subclass = subclass + 1;
    const own = this.classOf(a);
    a.subclass = subclass;
    this.#flags[id] |= Flag.Split;
    return own;
  }

  /** The class that lock_set_class() gives a lock: kinds come from the class that it had before. */
  reclassify(a: LockAcquire, from: number): number {
    const id = this.classOf(a);
    if (this.#waitInner[id] === WaitType.Unchecked) {
      this.#waitOuter[id] = this.#waitOuter[from];
      this.#waitInner[id] = this.#waitInner[from];
      this.#lockType[id] = this.#lockType[from];
    }
    return id;
  }

  #register(id: number, a: LockAcquire): void {
    this.#reserve(id + 1);
    if (RT_BOTTOM_HALVES.test(this.#text(a.name))) this.softirqsInTasks = true;
    this.#instanceHi[id] = a.hi;
    this.#instanceLo[id] = a.lo;
    this.#identity[id] = !(a.has & AcquireHas.Key)
      ? Identity.NameOnly
      : a.has & AcquireHas.Subclass
        ? Identity.Exact
        : Identity.KeyOnly;
    if ((a.has & AcquireHas.Key) !== 0 && this.#isNoValidateKey(a)) this.#flags[id] |= Flag.NoValidate;
    this.#name(id, a);
    this.#setKind(id, a);
  }

  /**
   * Where the recording has no symbols, the device core's lock, which has always been of this class, gives the key away:
   * it is the first of its name to be taken. (Input devices have a lock of the same name, which is validated.)
   */
  #isNoValidateKey(a: LockAcquire): boolean {
    if (!this.#knowsNoValidateKey && this.#text(a.name) === '&dev->mutex') {
      this.#noValidateHi = a.keyHi;
      this.#noValidateLo = a.keyLo;
      this.#knowsNoValidateKey = true;
    }
    return this.#knowsNoValidateKey && a.keyHi === this.#noValidateHi && a.keyLo === this.#noValidateLo;
  }

  /** As lockdep shows it: `name#2` for the second class of that name, `name/1` for subclass 1. */
  #name(id: number, a: LockAcquire): void {
    const name = this.#text(a.name);
    const key = `${this.#ids.first(id)}:${this.#ids.second(id)}:${name}`;
    let version = this.#versionOfKey.get(key);
    if (version === undefined) {
      version = (this.#versionsOfName.get(name) ?? 0) + 1;
      this.#versionsOfName.set(name, version);
      this.#versionOfKey.set(key, version);
    }
    this.#names[id] = a.name;
    this.#versions[id] = version;
    this.#displayNames[id] = `${name}${version > 1 ? `#${version}` : ''}${a.subclass > 0 ? `/${a.subclass}` : ''}`;
  }

  #setKind(id: number, a: LockAcquire): void {
    const name = this.#text(a.name);
    if (a.has & AcquireHas.Wait) {
      this.#lockType[id] = a.lockType;
      this.#noteWaitScale(name, a);
      this.#waitOuter[id] = this.#scaled(a.waitOuter);
      this.#waitInner[id] = this.#scaled(a.waitInner);
      return;
    }
    const kind = this.#catalogue(name) ?? (RCU_READER.test(name) ? RCU_KIND : undefined);
    if (kind === undefined) {
      this.unknownKinds.add(name);
      this.#flags[id] |= Flag.UnknownKind;
      return;
    }
    this.#lockType[id] = kind.lockType;
    this.#waitOuter[id] = kind.waitOuter;
    this.#waitInner[id] = kind.waitInner;
  }

  /**
   * Without PROVE_RAW_LOCK_NESTING the kernel numbers spin and config alike (2) and sleep 3. rcu_read_lock, whose inner
   * type is config, tells which it is.
   */
  #noteWaitScale(name: string, a: LockAcquire): void {
    if (name === 'rcu_read_lock' && a.waitInner === WaitType.Spin) this.#flatWaitTypes = true;
  }

  #scaled(wait: number): number {
    if (!this.#flatWaitTypes || wait < WaitType.Spin) return wait;
    return wait === WaitType.Spin ? WaitType.Config : wait + 1;
  }

  /**
   * Another name on a known key. `__lockdep_no_validate__` is the one key that locks of different names share; it is a
   * static object, so in the kernel image, while keys in allocated memory may come to be used for another class.
   */
  #renamed(id: number, a: LockAcquire): void {
    const shared = !this.#knowsNoValidateKey && isImageAddress(a.keyHi) && (a.keyHi !== a.hi || a.keyLo !== a.lo);
    if (shared) this.#flags[id] |= Flag.NoValidate;
    else if (!(this.#flags[id] & Flag.NoValidate)) this.#name(id, a);
  }

  #reserve(count: number): void {
    this.#waitOuter = grownInt32(this.#waitOuter, count);
    this.#waitInner = grownInt32(this.#waitInner, count);
    this.#lockType = grownInt32(this.#lockType, count);
    this.#usage = grownInt32(this.#usage, count);
    this.#observed = grownInt32(this.#observed, count);
    this.#flags = grownInt32(this.#flags, count);
    this.#identity = grownInt32(this.#identity, count);
    this.#instanceHi = grownInt32(this.#instanceHi, count);
    this.#instanceLo = grownInt32(this.#instanceLo, count);
    this.#acquisitions = grownFloat64(this.#acquisitions, count);
  }

  /** Name as lockdep shows it, unique among the classes of a recording. */
  displayName(id: number): string {
    return this.#displayNames[id];
  }

  /** Name for fingerprints: without `#2`, which depends on the order of registration, with `/1`, which does not. */
  stableName(id: number): string {
    return stableClass(this.#displayNames[id]);
  }

  /** Name id that events of this class carry. */
  nameId(id: number): number {
    return this.#names[id];
  }

  keyHi(id: number): number {
    return this.#ids.first(id);
  }

  keyLo(id: number): number {
    return this.#ids.second(id);
  }

  /** Inner wait type ({@link WaitType}); 0 when lockdep does not check it or it is unknown. */
  waitInner(id: number): number {
    return this.#waitInner[id];
  }

  /** Outer wait type: the inner one where none was given. */
  waitOuter(id: number): number {
    return this.#waitOuter[id] || this.#waitInner[id];
  }

  lockType(id: number): number {
    return this.#lockType[id];
  }

  /** The class is taken outside NMIs. Returns whether that is new of it. */
  noteUse(id: number, read: boolean): boolean {
    const use = read ? Flag.UsedRead : Flag.Used;
    if (this.#flags[id] & use) return false;
    this.#flags[id] |= use;
    return true;
  }

  /** Where that was. */
  setUseSite(id: number, read: boolean, site: Site): void {
    this.#useSites.set(id * 2 + (read ? 1 : 0), site);
  }

  /** Where the class was taken as an NMI that takes it can find it held: by a writer, or, if it writes itself, by a reader. */
  useInWayOfNmi(id: number, read: boolean): Site | undefined {
    return this.#useSites.get(id * 2) ?? (read ? undefined : this.#useSites.get(id * 2 + 1));
  }

  isKindKnown(id: number): boolean {
    return (this.#flags[id] & Flag.UnknownKind) === 0;
  }

  /** A lock that really excludes others, not the map of an RCU reader, a timer or a work item. */
  isReal(id: number): boolean {
    return this.#waitInner[id] >= WaitType.Spin && this.#waitOuter[id] !== WaitType.Free;
  }

  /** raw_spinlock_t, spinlock_t or rwlock_t (not local_lock_t). */
  isSpinning(id: number): boolean {
    const inner = this.#waitInner[id];
    return (inner === WaitType.Spin || inner === WaitType.Config) && this.#waitOuter[id] !== WaitType.Free;
  }

  isPerCpu(id: number): boolean {
    return this.#lockType[id] === LockType.PerCpu;
  }

  isNoValidate(id: number): boolean {
    return (this.#flags[id] & Flag.NoValidate) !== 0;
  }

  noteNesting(id: number): void {
    this.#flags[id] |= Flag.Nested;
  }

  /**
   * Whether findings about this class are certain: not when different locks, or nesting levels, may hide behind it.
   */
  isCertain(id: number): boolean {
    const identity = this.#identity[id];
    if (identity === Identity.Exact) return true;
    const flags = this.#flags[id];
    return !(flags & (identity === Identity.KeyOnly ? Flag.Nested : Flag.ManyInstances));
  }

  identity(id: number): number {
    return this.#identity[id];
  }

  subclassKnown(id: number): boolean {
    return this.#identity[id] === Identity.Exact;
  }

  /** Usage bits that are in force: a bit that would contradict them is reported, and kept out. */
  usage(id: number): number {
    return this.#usage[id];
  }

  /** Usage bits that were seen, contradictions included: what /proc/lockdep shows. */
  observedUsage(id: number): number {
    return this.#observed[id];
  }

  observe(id: number, bits: number): void {
    this.#observed[id] |= bits;
  }

  setUsage(id: number, bit: number): void {
    this.#usage[id] |= 1 << bit;
  }

  /** Of `IN-...-R` bits those that a reader has who waits behind writers: he is no recursive one. */
  waitingReads(id: number): number {
    return this.#waitingReads.get(id) ?? 0;
  }

  noteWaitingReads(id: number, bits: number): void {
    const known = this.waitingReads(id);
    if ((known | bits) !== known) this.#waitingReads.set(id, known | bits);
  }

  /** What gave the class the state; the first time counts. */
  setUsageOrigin(id: number, bit: number, origin: UsageOrigin): void {
    const at = id * 8 + bit;
    if (!this.#usageOrigins.has(at)) this.#usageOrigins.set(at, origin);
  }

  usageOrigin(id: number, bit: number): UsageOrigin | undefined {
    return this.#usageOrigins.get(id * 8 + bit);
  }

  acquisitions(id: number): number {
    return this.#acquisitions[id];
  }
}

/** Words for WaitKind numbers, as event classes show them. */
const EVENT_WORDS = ['wait', 'completion', 'rcuwait', 'grace period', 'work', 'swait', 'wait bit', 'thread'] as const;

const RCU_KIND: LockKind = { waitOuter: WaitType.Free, waitInner: WaitType.Config, lockType: LockType.Normal };

/** Kernel images lie in the top 2 GiB on x86-64 and in the top half of the upper 32 bits elsewhere; heaps do not. */
function isImageAddress(hi: number): boolean {
  return hi === -1;
}
