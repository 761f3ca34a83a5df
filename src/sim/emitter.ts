import {
  AcquireHas,
  AllocEvent,
  type AllocKind,
  Ctx,
  EventHeader,
  type EventSink,
  type KernelReport,
  LockAcquire,
} from '../model/events.js';
import type { Cpu } from './cpu.js';
import type { LockdepMap } from './lockdep-map.js';

const ALL_FIELDS = AcquireHas.Key | AcquireHas.Wait | AcquireHas.Subclass | AcquireHas.Check | AcquireHas.ReadKind;

/** Fills the event records from the machine's state and hands them to the sink: one record of each kind, reused. */
export class Emitter {
  readonly sink: EventSink;
  /** Events handed over. */
  count = 0;
  readonly #h = new EventHeader();
  readonly #acquire = new LockAcquire();
  readonly #alloc = new AllocEvent();
  /** PREEMPT_COUNT is off: nobody knows the depth. */
  readonly #noPreemptCount: boolean;

  constructor(sink: EventSink, preemptCount: boolean) {
    this.sink = sink;
    this.#noPreemptCount = !preemptCount;
    this.#acquire.has = ALL_FIELDS;
  }

  /** The header of an event that happens now on `cpu`. */
  stamp(cpu: Cpu, now: number): EventHeader {
    const h = this.#h;
    const task = cpu.current;
    this.count++;
    h.cpu = cpu.id;
    h.pid = task.pid;
    h.comm = task.commId;
    h.time = now;
    h.context = cpu.needResched ? cpu.context | Ctx.NeedResched : cpu.context;
    h.preemptDepth = this.#noPreemptCount ? -1 : cpu.preemptCount;
    return h;
  }

  lockAcquire(
    cpu: Cpu,
    now: number,
    map: LockdepMap,
    subclass: number,
    trylock: boolean,
    read: number,
    nest: LockdepMap | undefined,
    ip: number,
  ): void {
    const a = this.#acquire;
    a.hi = map.hi;
    a.lo = map.lo;
    a.name = map.name;
    a.keyHi = map.keyHi;
    a.keyLo = map.keyLo;
    a.subclass = subclass === 0 ? map.subclass : subclass;
    a.trylock = trylock;
    a.read = read;
    a.check = map.check;
    a.nestHi = nest === undefined ? 0 : nest.hi;
    a.nestLo = nest === undefined ? 0 : nest.lo;
    a.waitOuter = map.waitOuter;
    a.waitInner = map.waitInner;
    a.lockType = map.lockType;
    a.lockdepContext = cpu.lockdepContext;
    a.ip = ip;
    this.sink.lockAcquire(this.stamp(cpu, now), a);
  }

  alloc(
    cpu: Cpu,
    now: number,
    kind: AllocKind,
    event: number,
    gfp: number,
    size: number,
    order: number,
    at: { hi: number; lo: number } | undefined,
    ip: number,
  ): void {
    this.sink.alloc(this.stamp(cpu, now), this.#fill(kind, event, gfp, size, order, at, ip));
  }

  free(
    cpu: Cpu,
    now: number,
    kind: AllocKind,
    event: number,
    size: number,
    order: number,
    at: { hi: number; lo: number } | undefined,
    ip: number,
  ): void {
    this.sink.free(this.stamp(cpu, now), this.#fill(kind, event, -1, size, order, at, ip));
  }

  report(cpu: Cpu, now: number, report: KernelReport): void {
    this.sink.kernelReport(this.stamp(cpu, now), report);
  }

  #fill(
    kind: AllocKind,
    event: number,
    gfp: number,
    size: number,
    order: number,
    at: { hi: number; lo: number } | undefined,
    ip: number,
  ): AllocEvent {
    const a = this.#alloc;
    a.kind = kind;
    a.event = event;
    a.gfp = gfp;
    a.size = size;
    a.order = order;
    a.ip = ip;
    a.hi = at === undefined ? 0 : at.hi;
    a.lo = at === undefined ? 0 : at.lo;
    return a;
  }
}
