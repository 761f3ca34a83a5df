import {
  AcquireHas,
  AllocEvent,
  EventHeader,
  type EventSink,
  type KernelReport,
  LockAcquire,
} from '../model/events.js';
import type { NameTable, StringNames } from '../model/names.js';
import type { MergedClasses } from './merged-classes.js';

/** Nanoseconds: what times of all recordings are brought to. */
export const MERGED_TICKS_PER_SECOND = 1e9;

/** What the translation of one recording needs. */
export interface Translation {
  /** The recording's own names and those common to all. */
  readonly from: NameTable;
  readonly to: StringNames;
  readonly ticksPerSecond: number;
  /** Added to line numbers: see {@link MergedLines}. */
  readonly firstLine: number;
  readonly classes: MergedClasses;
}

/**
 * Translates the events of one of several recordings into terms common to all, for a sink that takes them for one: name
 * ids, class keys, time in nanoseconds, line numbers that go on counting.
 */
export class TranslatingSink implements EventSink {
  readonly #sink: EventSink;
  readonly #translation: Translation;
  readonly #timeFactor: number;
  /** Ids common to all by the recording's own; filled as they come. */
  readonly #ids: number[] = [0];
  readonly #header = new EventHeader();
  readonly #acquire = new LockAcquire();
  readonly #alloc = new AllocEvent();
  #lastLine = 0;

  constructor(sink: EventSink, translation: Translation) {
    this.#sink = sink;
    this.#translation = translation;
    this.#timeFactor = MERGED_TICKS_PER_SECOND / translation.ticksPerSecond;
  }

  /** Highest line number that the recording itself used. */
  get lastLine(): number {
    return this.#lastLine;
  }

  lockAcquire(h: EventHeader, a: LockAcquire): void {
    const own = Object.assign(this.#acquire, a);
    own.name = this.#name(a.name);
    own.ip = this.#name(a.ip);
    this.#translation.classes.translate(own);
    this.#sink.lockAcquire(this.#at(h), own);
  }

  lockSetClass(
    h: EventHeader,
    hi: number,
    lo: number,
    name: number,
    keyHi: number,
    keyLo: number,
    subclass: number,
    ip: number,
  ): void {
    const own = this.#acquire;
    own.hi = hi;
    own.lo = lo;
    own.name = this.#name(name);
    own.keyHi = keyHi;
    own.keyLo = keyLo;
    own.has = AcquireHas.Key;
    this.#translation.classes.translate(own);
    this.#sink.lockSetClass(this.#at(h), hi, lo, own.name, own.keyHi, own.keyLo, subclass, this.#name(ip));
  }

  alloc(h: EventHeader, a: AllocEvent): void {
    this.#sink.alloc(this.#at(h), this.#allocation(a));
  }

  free(h: EventHeader, a: AllocEvent): void {
    this.#sink.free(this.#at(h), this.#allocation(a));
  }

  kernelReport(h: EventHeader, report: KernelReport): void {
    this.#sink.kernelReport(this.#at(h), report);
  }

  lostEvents(cpu: number, count: number): void {
    this.#sink.lostEvents(cpu, count);
  }

  end(): void {
    this.#sink.end();
  }

  lockRelease(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#sink.lockRelease(this.#at(h), hi, lo, this.#name(name));
  }

  lockContended(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#sink.lockContended(this.#at(h), hi, lo, this.#name(name));
  }

  lockAcquired(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#sink.lockAcquired(this.#at(h), hi, lo, this.#name(name));
  }

  lockDowngrade(h: EventHeader, hi: number, lo: number, ip: number): void {
    this.#sink.lockDowngrade(this.#at(h), hi, lo, this.#name(ip));
  }

  lockFreeCheck(h: EventHeader, hi: number, lo: number, len: number): void {
    this.#sink.lockFreeCheck(this.#at(h), hi, lo, len);
  }

  hardirqsOn(h: EventHeader, ip: number): void {
    this.#sink.hardirqsOn(this.#at(h), this.#name(ip));
  }

  hardirqsOff(h: EventHeader, ip: number): void {
    this.#sink.hardirqsOff(this.#at(h), this.#name(ip));
  }

  softirqsOn(h: EventHeader, ip: number): void {
    this.#sink.softirqsOn(this.#at(h), this.#name(ip));
  }

  softirqsOff(h: EventHeader, ip: number): void {
    this.#sink.softirqsOff(this.#at(h), this.#name(ip));
  }

  preemptOn(h: EventHeader, ip: number): void {
    this.#sink.preemptOn(this.#at(h), this.#name(ip));
  }

  preemptOff(h: EventHeader, ip: number): void {
    this.#sink.preemptOff(this.#at(h), this.#name(ip));
  }

  hardirqEntry(h: EventHeader, irq: number, name: number): void {
    this.#sink.hardirqEntry(this.#at(h), irq, this.#name(name));
  }

  hardirqExit(h: EventHeader, irq: number): void {
    this.#sink.hardirqExit(this.#at(h), irq);
  }

  softirqEntry(h: EventHeader, vector: number): void {
    this.#sink.softirqEntry(this.#at(h), vector);
  }

  softirqExit(h: EventHeader, vector: number): void {
    this.#sink.softirqExit(this.#at(h), vector);
  }

  schedSwitch(h: EventHeader, prevPid: number, prevState: number, nextPid: number, nextComm: number): void {
    this.#sink.schedSwitch(this.#at(h), prevPid, prevState, nextPid, this.#name(nextComm));
  }

  taskFork(h: EventHeader, childPid: number, childComm: number): void {
    this.#sink.taskFork(this.#at(h), childPid, this.#name(childComm));
  }

  taskExit(h: EventHeader, pid: number): void {
    this.#sink.taskExit(this.#at(h), pid);
  }

  userMode(h: EventHeader): void {
    this.#sink.userMode(this.#at(h));
  }

  waitBegin(h: EventHeader, hi: number, lo: number, name: number, kind: number, ip: number): void {
    this.#sink.waitBegin(this.#at(h), hi, lo, this.#name(name), kind, this.#name(ip));
  }

  waitEnd(h: EventHeader, hi: number, lo: number, name: number, kind: number): void {
    this.#sink.waitEnd(this.#at(h), hi, lo, this.#name(name), kind);
  }

  wakeUp(h: EventHeader, hi: number, lo: number, name: number, kind: number, ip: number): void {
    this.#sink.wakeUp(this.#at(h), hi, lo, this.#name(name), kind, this.#name(ip));
  }

  mightSleep(h: EventHeader, ip: number): void {
    this.#sink.mightSleep(this.#at(h), this.#name(ip));
  }

  rcuDereference(h: EventHeader, isProtected: boolean, name: number, ip: number): void {
    this.#sink.rcuDereference(this.#at(h), isProtected, this.#name(name), this.#name(ip));
  }

  lockdepOff(h: EventHeader, ip: number): void {
    this.#sink.lockdepOff(this.#at(h), this.#name(ip));
  }

  lockdepOn(h: EventHeader, ip: number): void {
    this.#sink.lockdepOn(this.#at(h), this.#name(ip));
  }

  selftest(h: EventHeader, begin: boolean, name: number): void {
    this.#sink.selftest(this.#at(h), begin, this.#name(name));
  }

  #at(h: EventHeader): EventHeader {
    const own = Object.assign(this.#header, h);
    own.comm = this.#name(h.comm);
    own.time = h.time * this.#timeFactor;
    if (h.line > this.#lastLine) this.#lastLine = h.line;
    own.line = this.#translation.firstLine + h.line;
    return own;
  }

  #allocation(a: AllocEvent): AllocEvent {
    const own = Object.assign(this.#alloc, a);
    own.event = this.#name(a.event);
    own.ip = this.#name(a.ip);
    return own;
  }

  #name(id: number): number {
    const known = this.#ids[id];
    if (known !== undefined) return known;
    const { from, to } = this.#translation;
    const common = to.intern(from.text(id));
    this.#ids[id] = common;
    return common;
  }
}
