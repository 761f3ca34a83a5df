import type { Severity } from './finding.js';

/**
 * The event stream that every engine feeds: trace readers, the simulated kernel, replays.
 *
 * A producer owns one {@link EventHeader} and one record of each argument kind and reuses them for all events, so
 * nothing is allocated per event. A sink must copy what it wants to keep. Addresses are two signed 32-bit halves
 * (`hi`, `lo`), names and call sites are ids into the producer's {@link NameTable}.
 */

/** Bits of {@link EventHeader.context}; a bit says nothing unless its `...Known` companion is set. */
export const Ctx = {
  /** Whether interrupts are off, and which interrupt context runs, is known (ftrace's flags column, `common_flags`). */
  Known: 1 << 0,
  HardIrqsOff: 1 << 1,
  HardIrq: 1 << 2,
  SoftIrq: 1 << 3,
  Nmi: 1 << 4,
  /** Whether bottom halves are off is known too (kernels since 5.18 print `b`/`D`; the simulator always knows). */
  BhKnown: 1 << 5,
  BhOff: 1 << 6,
  NeedResched: 1 << 7,
} as const;

/** Where and when an event happened. */
export class EventHeader {
  cpu = 0;
  /** 0 is the idle task: one a CPU. */
  pid = 0;
  /** Name id of the comm; 0 when unknown. */
  comm = 0;
  /** Nanoseconds, or raw ticks where the recording's clock has no unit. */
  time = 0;
  /** 1-based line of a text input; 0 for binary inputs and simulations. */
  line = 0;
  /** {@link Ctx} bits. */
  context = 0;
  /** Preemption depth as the event prints it (PREEMPT bits only); -1 when unknown. */
  preemptDepth = -1;
}

/** Bits of {@link LockAcquire.lockdepContext}: lockdep's own view at the acquisition. */
export const LockdepCtx = {
  Known: 1 << 0,
  HardIrq: 1 << 1,
  SoftIrq: 1 << 2,
  /** The hard interrupt would run in a thread on PREEMPT_RT. */
  Threaded: 1 << 3,
  HardIrqsOn: 1 << 4,
  SoftIrqsOn: 1 << 5,
} as const;

/** How a lock is taken. */
export const ReadKind = { Write: 0, Shared: 1, SharedRecursive: 2 } as const;

/** Which fields of a {@link LockAcquire} the recording really had. */
export const AcquireHas = { Key: 1 << 0, Wait: 1 << 1, Subclass: 1 << 2, Check: 1 << 3, ReadKind: 1 << 4 } as const;

/** Arguments of a lock acquisition (lockdep's lock_acquire()). */
export class LockAcquire {
  /** Address of the lockdep_map. */
  hi = 0;
  lo = 0;
  name = 0;
  /** Address of the lock_class_key; 0:0 with AcquireHas.Key means that the lock is its own key. */
  keyHi = 0;
  keyLo = 0;
  subclass = 0;
  trylock = false;
  /** {@link ReadKind}; where the recording only says "read" it is Shared. */
  read = 0;
  /** 0: lockdep does not validate this acquisition. */
  check = 1;
  /** lockdep_map of the nest lock, or 0:0. */
  nestHi = 0;
  nestLo = 0;
  waitOuter = 0;
  waitInner = 0;
  lockType = 0;
  lockdepContext = 0;
  /** Call site, name id; 0 when unknown. */
  ip = 0;
  /** {@link AcquireHas} bits. */
  has = 0;
}

/** Which allocator an event speaks of. */
export const AllocKind = {
  Kmalloc: 0,
  KmemCache: 1,
  Page: 2,
  Percpu: 3,
  Vmalloc: 4,
  /** Functions made for any context: alloc_pages_nolock(), kmalloc_nolock() and their frees. */
  Lockless: 5,
  /** Bulk frees of pages (mm_page_free_batched). */
  PageBatch: 6,
} as const;
export type AllocKind = (typeof AllocKind)[keyof typeof AllocKind];

/** Whether the source of a mask names GFP_RT_NOWAIT, whose value 0 leaves no trace in it: alone, or ored with more. */
export const GfpSpelling = { Unknown: 0, Named: 1, Mixed: 2 } as const;

/** Arguments of an allocation or a free. */
export class AllocEvent {
  kind: AllocKind = 0;
  /** Name id of the trace event or function: `kmalloc`, `mm_page_alloc`, ... */
  event = 0;
  /** Canonical gfp mask ({@link Gfp}); -1 when unknown or not applicable (frees). */
  gfp = -1;
  /** Bytes requested; -1 when unknown. */
  size = -1;
  /** Page order; -1 when not a page allocation. */
  order = -1;
  /** Call site, name id; 0 when unknown. */
  ip = 0;
  /** Address of the object, 0:0 for a failed allocation or when unknown. */
  hi = 0;
  lo = 0;
  /** {@link GfpSpelling}: only sources tell. */
  spelling: number = GfpSpelling.Unknown;
}

/**
 * A report of the kernel's own checkers, as KASAN, KCSAN or the hung-task detector would print it: what the simulated
 * kernel finds by running (a deadlock that happened, a use after free, a data race). Rare, so plain strings do.
 */
export interface KernelReport {
  /** Rule id. */
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  /** Lock class names, outermost first; cycles in order. */
  readonly locks: readonly string[];
  /** Call site as text, '' when unknown. */
  readonly callSite: string;
  readonly evidence: readonly { readonly what: string; readonly callSite: string; readonly task: string }[];
}

/** State letter of the previous task at a switch, as sched_switch prints it. */
export const TaskState = { Running: 0, Sleeping: 1, Dead: 2 } as const;

/**
 * What a task waits for, for dependencies between waits and wake-ups. The name of a grace period is that of its readers' lock
 * map: `rcu_read_lock` (any flavour of classic RCU), or the name of an srcu_struct.
 */
export const WaitKind = {
  WaitQueue: 0,
  Completion: 1,
  Rcuwait: 2,
  GracePeriod: 3,
  Work: 4,
  Swait: 5,
  WaitBit: 6,
  Thread: 7,
} as const;
export type WaitKind = (typeof WaitKind)[keyof typeof WaitKind];

/**
 * Receives events, in time order. One method an event kind; all optional work is the receiver's.
 * `ip` parameters are name ids of call sites, 0 when unknown.
 */
export interface EventSink {
  lockAcquire(h: EventHeader, a: LockAcquire): void;
  lockRelease(h: EventHeader, hi: number, lo: number, name: number): void;
  /** The lock could not be had at once (lock_contended). */
  lockContended(h: EventHeader, hi: number, lo: number, name: number): void;
  /** A contended lock was obtained (lock_acquired). */
  lockAcquired(h: EventHeader, hi: number, lo: number, name: number): void;
  lockSetClass(
    h: EventHeader,
    hi: number,
    lo: number,
    name: number,
    keyHi: number,
    keyLo: number,
    subclass: number,
    ip: number,
  ): void;
  lockDowngrade(h: EventHeader, hi: number, lo: number, ip: number): void;
  /** Memory [hi:lo, +len) is freed or a lock in it re-initialised: no lock there may be held. */
  lockFreeCheck(h: EventHeader, hi: number, lo: number, len: number): void;
  hardirqsOn(h: EventHeader, ip: number): void;
  hardirqsOff(h: EventHeader, ip: number): void;
  softirqsOn(h: EventHeader, ip: number): void;
  softirqsOff(h: EventHeader, ip: number): void;
  preemptOn(h: EventHeader, ip: number): void;
  preemptOff(h: EventHeader, ip: number): void;
  hardirqEntry(h: EventHeader, irq: number, name: number): void;
  hardirqExit(h: EventHeader, irq: number): void;
  softirqEntry(h: EventHeader, vector: number): void;
  softirqExit(h: EventHeader, vector: number): void;
  alloc(h: EventHeader, a: AllocEvent): void;
  free(h: EventHeader, a: AllocEvent): void;
  /** `prevState` is a {@link TaskState}. The header still names the previous task. */
  schedSwitch(h: EventHeader, prevPid: number, prevState: number, nextPid: number, nextComm: number): void;
  taskFork(h: EventHeader, childPid: number, childComm: number): void;
  taskExit(h: EventHeader, pid: number): void;
  /** The task is about to enter or has just left user mode: it holds no kernel lock. */
  userMode(h: EventHeader): void;
  /** A task starts to wait for an event object (`kind` is a {@link WaitKind}); it does not run until {@link waitEnd}. */
  waitBegin(h: EventHeader, hi: number, lo: number, name: number, kind: number, ip: number): void;
  waitEnd(h: EventHeader, hi: number, lo: number, name: number, kind: number): void;
  /** The event is signalled: complete(), wake_up(), end of a grace period or of a work item. */
  wakeUp(h: EventHeader, hi: number, lo: number, name: number, kind: number, ip: number): void;
  /** might_sleep() or a primitive that may block was reached, whether or not it blocked. */
  mightSleep(h: EventHeader, ip: number): void;
  /** rcu_dereference() or list_for_each_entry_rcu(); `isProtected` is what the expression's own condition said. */
  rcuDereference(h: EventHeader, isProtected: boolean, name: number, ip: number): void;
  /** lockdep_off()/lockdep_on() around a region of this task. */
  lockdepOff(h: EventHeader, ip: number): void;
  lockdepOn(h: EventHeader, ip: number): void;
  /** The kernel's locking selftest begins or ends a case: the kernel resets lockdep after it. */
  selftest(h: EventHeader, begin: boolean, name: number): void;
  /** The kernel's own checkers found something (simulations and their recordings). */
  kernelReport(h: EventHeader, report: KernelReport): void;
  /** The recorder dropped events on `cpu` (`count` 0: unknown how many). */
  lostEvents(cpu: number, count: number): void;
  /** No further event. */
  end(): void;
}

/** A sink that ignores everything: extend it and override what matters. */
export class NullSink implements EventSink {
  lockAcquire(_h: EventHeader, _a: LockAcquire): void {}
  lockRelease(_h: EventHeader, _hi: number, _lo: number, _name: number): void {}
  lockContended(_h: EventHeader, _hi: number, _lo: number, _name: number): void {}
  lockAcquired(_h: EventHeader, _hi: number, _lo: number, _name: number): void {}
  lockSetClass(
    _h: EventHeader,
    _hi: number,
    _lo: number,
    _name: number,
    _keyHi: number,
    _keyLo: number,
    _subclass: number,
    _ip: number,
  ): void {}
  lockDowngrade(_h: EventHeader, _hi: number, _lo: number, _ip: number): void {}
  lockFreeCheck(_h: EventHeader, _hi: number, _lo: number, _len: number): void {}
  hardirqsOn(_h: EventHeader, _ip: number): void {}
  hardirqsOff(_h: EventHeader, _ip: number): void {}
  softirqsOn(_h: EventHeader, _ip: number): void {}
  softirqsOff(_h: EventHeader, _ip: number): void {}
  preemptOn(_h: EventHeader, _ip: number): void {}
  preemptOff(_h: EventHeader, _ip: number): void {}
  hardirqEntry(_h: EventHeader, _irq: number, _name: number): void {}
  hardirqExit(_h: EventHeader, _irq: number): void {}
  softirqEntry(_h: EventHeader, _vector: number): void {}
  softirqExit(_h: EventHeader, _vector: number): void {}
  alloc(_h: EventHeader, _a: AllocEvent): void {}
  free(_h: EventHeader, _a: AllocEvent): void {}
  schedSwitch(_h: EventHeader, _prevPid: number, _prevState: number, _nextPid: number, _nextComm: number): void {}
  taskFork(_h: EventHeader, _childPid: number, _childComm: number): void {}
  taskExit(_h: EventHeader, _pid: number): void {}
  userMode(_h: EventHeader): void {}
  waitBegin(_h: EventHeader, _hi: number, _lo: number, _name: number, _kind: number, _ip: number): void {}
  waitEnd(_h: EventHeader, _hi: number, _lo: number, _name: number, _kind: number): void {}
  wakeUp(_h: EventHeader, _hi: number, _lo: number, _name: number, _kind: number, _ip: number): void {}
  mightSleep(_h: EventHeader, _ip: number): void {}
  rcuDereference(_h: EventHeader, _isProtected: boolean, _name: number, _ip: number): void {}
  lockdepOff(_h: EventHeader, _ip: number): void {}
  lockdepOn(_h: EventHeader, _ip: number): void {}
  selftest(_h: EventHeader, _begin: boolean, _name: number): void {}
  kernelReport(_h: EventHeader, _report: KernelReport): void {}
  lostEvents(_cpu: number, _count: number): void {}
  end(): void {}
}
