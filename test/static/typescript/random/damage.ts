import {
  type AllocEvent,
  Ctx,
  type EventHeader,
  type KernelReport,
  type LockAcquire,
  NullSink,
  TaskState,
  WaitKind,
} from '../../../../src/model/events.js';
import type { NameTable } from '../../../../src/model/names.js';
import { WaitType } from '../../../../src/model/wait-type.js';

interface Entered {
  /** Nanoseconds. */
  readonly time: number;
  /** Held before. */
  readonly locks: number;
  /** Bottom halves are off in what it interrupts. */
  readonly bhOff: boolean;
}

/** A lock that a task has, or waits for. */
interface Had {
  readonly lock: string;
  readonly name: string;
  /** Nanoseconds. */
  readonly since: number;
  readonly spins: boolean;
  /** A hard interrupt handler had it with interrupts on. */
  withIrqsOn: boolean;
}

/** An operation, as findings name its place. */
interface Doing {
  readonly cpu: number;
  readonly pid: number;
  /** The id of its name, or what stands for it. */
  readonly callSite: number | string;
}

/** The first of its kind in a run. */
interface Moment {
  /** Nanoseconds. */
  readonly time: number;
  /** How many events of the run were heard before it, its own included. */
  readonly events: number;
  /** Places of the operations of the nanosecond after that one which came before all the same: see {@link placeKey}. */
  readonly places: ReadonlySet<string>;
}

/** An NMI is one, too. */
const HARD = Ctx.HardIrq | Ctx.Nmi;

const NEVER: Moment = {
  time: Number.POSITIVE_INFINITY,
  events: Number.POSITIVE_INFINITY,
  places: new Set(),
};

/** The place of an operation among those of one nanosecond; the call site is `function+0xLINE`, or the function alone. */
export function placeKey(cpu: number, pid: number, callSite: string): string {
  return `${cpu} ${pid} ${callSite}`;
}

/** What stands for the call site of a release, which no event tells. */
export function releasePlace(lock: string): string {
  return `release of ${lock}`;
}

/** What runs got to that lines do not tell. */
export interface Reached {
  /** Tasks that came to their ends. */
  readonly ended: Set<string>;
  /** Names of the events that were signalled. */
  readonly signalled: Set<string>;
}

/** Where and when something runs, time in nanoseconds. */
export interface Running {
  readonly pid: number;
  readonly cpu: number;
  readonly time: number;
  readonly inInterrupt: boolean;
  /** Hard interrupts and NMIs that it is in. */
  readonly hardirqs: number;
  /** Interrupts are off; false in a hard interrupt, behind which the kernel puts them right. */
  readonly irqsOff: boolean;
  /** Depth of preempt_disable(), and of local_bh_disable(); 0 where the kernel puts right what a handler leaves of them. */
  readonly preempt: number;
  readonly bh: number;
}

/** A handler that runs. */
export interface Handler {
  readonly begin: Running;
  /** How many locks the running task held, or the one that is interrupted. */
  readonly locks: number;
  /** No event tells that it came. */
  readonly isUntold: boolean;
}

/**
 * Notices when a run stops being what its code says: a handler leaves behind what it took, a task sleeps or ends while it keeps its CPU
 * from switching. What other contexts do wrong after that is the damage of the first, not a fault of theirs.
 */
export class Damage extends NullSink {
  /** When it happened first. */
  first = NEVER;
  /**
   * When something was left behind that changes what others are in. Until then only the order of what is done is not what the code says,
   * since a task or a handler waits where it must not.
   */
  left = NEVER;
  /** Tasks that ended after either, perhaps in the same nanosecond, as findings name them. */
  readonly endedLate = { damaged: new Set<string>(), left: new Set<string>() };
  /** When the interrupt handler began that waits at {@link first}; undefined: the damage is not such a wait. Nanoseconds. */
  waiterSince: number | undefined;
  /** Names of the locks that the waiting handler's task took before it was interrupted, and the handler did not. */
  interruptedHas: ReadonlySet<string> = new Set();
  /**
   * The first handler that left a lock behind which it had with interrupts off only, and when it began, nanoseconds: the lock is seen to be
   * held with interrupts on.
   */
  leaver: { readonly cpu: number; readonly since: number } | undefined;
  readonly #names: NameTable;
  /** Locks that are held, by {@link taskOf}, in the order in which they were taken. */
  readonly #locks = new Map<number, Had[]>();
  readonly #entered = new Map<number, Entered[]>();
  readonly #isRt: boolean;
  readonly #reached: Reached;
  readonly #heard: () => number;
  /** Operations of the nanosecond at hand. */
  readonly #now: Doing[] = [];
  /** Nanoseconds. */
  #nowTime = 0;

  /**
   * @param reached is given what happens before
   * @param heard how many events of the run were heard
   */
  constructor(names: NameTable, isRt: boolean, reached: Reached, heard: () => number = () => 0) {
    super();
    this.#reached = reached;
    this.#heard = heard;
    this.#names = names;
    this.#isRt = isRt;
  }

  override lockAcquire(h: EventHeader, a: LockAcquire): void {
    this.#does(h, a.ip);
    const limit = this.#isRt ? WaitType.Spin : WaitType.Config;
    const isSpinning = a.waitInner !== WaitType.Unchecked && a.waitInner <= limit;
    this.#of(taskOf(h)).push({
      lock: `${a.hi} ${a.lo}`,
      name: this.#names.text(a.name),
      since: h.time,
      // A reader of preemptible RCU leaves its CPU like any other task.
      spins: isSpinning && this.#names.text(a.name) !== 'rcu_read_lock',
      withIrqsOn: (h.context & HARD) !== 0 && (h.context & Ctx.HardIrqsOff) === 0,
    });
  }

  override lockRelease(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#does(h, releasePlace(this.#names.text(name)));
    const lock = `${hi} ${lo}`;
    const had = this.#of(taskOf(h));
    const at = had.findLastIndex((one) => one.lock === lock);
    if (at >= 0) had.splice(at, 1);
    // Who has it goes on without.
    else if ([...this.#locks.values()].some((list) => list.some((one) => one.lock === lock))) this.#left(h);
  }

  override mightSleep(h: EventHeader, ip: number): void {
    this.#does(h, ip);
  }

  override alloc(h: EventHeader, a: AllocEvent): void {
    this.#does(h, a.ip);
  }

  override free(h: EventHeader, a: AllocEvent): void {
    this.#does(h, a.ip);
  }

  override rcuDereference(h: EventHeader, _isProtected: boolean, _name: number, ip: number): void {
    this.#does(h, ip);
  }

  /** A hard interrupt handler that switches them on where it found them off does so to what it interrupts, with what that holds. */
  override softirqsOn(h: EventHeader, ip: number): void {
    if ((h.context & HARD) !== 0 && this.#entered.get(h.cpu)?.at(-1)?.bhOff === true) this.#left(h, 1);
    this.#does(h, ip);
  }

  override hardirqsOn(h: EventHeader, ip: number): void {
    this.#does(h, ip);
    // What a handler has when it turns interrupts on itself is held so by what the code says.
    if ((h.context & HARD) !== 0) for (const one of this.#of(taskOf(h))) one.withIrqsOn = true;
  }

  override hardirqEntry(h: EventHeader): void {
    this.#entry(h);
  }

  override softirqEntry(h: EventHeader): void {
    this.#entry(h);
  }

  override hardirqExit(h: EventHeader): void {
    this.#entered.get(h.cpu)?.pop();
  }

  override softirqExit(h: EventHeader): void {
    this.#entered.get(h.cpu)?.pop();
  }

  override schedSwitch(h: EventHeader, prevPid: number, prevState: number): void {
    const isOff = (h.context & (Ctx.BhOff | Ctx.SoftIrq | HARD)) !== 0;
    const isSpinning = this.#of(taskOf(h, prevPid)).some((one) => one.spins);
    // Who still runs gives its CPU away by cond_resched(): nobody preempts it there. PREEMPT_RT does where only bottom halves are off.
    if (isSpinning || (isOff && (prevState !== TaskState.Running || !this.#isRt))) this.#happened(h);
  }

  /**
   * A handler that waits for an event does so as the task that it interrupted: what that one holds or reads is held, and its own wait is
   * no more. A handler that finds what it wants at once, or only lets time go by, has not harmed anyone.
   */
  override waitBegin(h: EventHeader, _hi: number, _lo: number, _name: number, _kind: number, ip: number): void {
    this.#does(h, ip);
    if ((h.context & (HARD | Ctx.SoftIrq)) === 0) return;
    const isOnTop = !this.#isRt || (h.context & HARD) !== 0;
    const entered = this.#entered.get(h.cpu)?.at(-1);
    if (h.time < this.first.time && isOnTop && entered !== undefined) {
      this.waiterSince = entered.time;
      const names = this.#of(taskOf(h)).map(({ name }) => name);
      const own = new Set(names.slice(entered.locks));
      this.interruptedHas = new Set(names.filter((name) => !own.has(name)));
    }
    this.#happened(h);
  }

  /** A handler that goes to user mode does so as the task that it interrupted, with what that one holds. */
  override userMode(h: EventHeader): void {
    if ((h.context & (HARD | Ctx.SoftIrq)) !== 0) this.#happened(h, 1);
  }

  /** How many locks the running task holds, or the one that is interrupted. */
  heldBy(running: Running): number {
    return this.#of(taskAt(running)).length;
  }

  /** Whether the running context itself has a lock: a handler has nothing of what it interrupts. */
  holds(running: Running, { hi, lo }: { readonly hi: number; readonly lo: number }): boolean {
    const before = running.inInterrupt ? (this.#entered.get(running.cpu)?.at(-1)?.locks ?? 0) : 0;
    return this.#of(taskAt(running))
      .slice(before)
      .some((one) => one.lock === `${hi} ${lo}`);
  }

  /** A handler begins; `isTold`: an event says so where it is a hard interrupt. */
  handlerBegan(begin: Running, { isTold, isNmi }: { readonly isTold: boolean; readonly isNmi: boolean }): Handler {
    const locks = this.heldBy(begin);
    const isUntold = begin.hardirqs > 0 && !isTold;
    // A handler that turned interrupts on is interrupted by another, which runs with what it holds. An NMI comes wherever it likes.
    if (begin.hardirqs > 1 && !isNmi) this.first = this.#earlier(this.first, begin.time);
    if (isUntold) this.#enter(begin.cpu, { time: begin.time, locks, bhOff: begin.bh > 0 });
    return { begin, locks, isUntold };
  }

  /** A handler ends that {@link handlerBegan} told of. What follows can come at the same time. */
  handlerEnded({ begin, locks, isUntold }: Handler, end: Running): void {
    if (isUntold) this.#entered.get(begin.cpu)?.pop();
    const leavesLocks = this.heldBy(end) !== locks;
    const leavesOff = end.irqsOff !== begin.irqsOff || end.preempt !== begin.preempt || end.bh !== begin.bh;
    if (!leavesLocks && !leavesOff) return;
    const time = end.inInterrupt ? end.time - 1 : end.time;
    if (end.inInterrupt && leavesLocks) this.#leaves(taskAt(end), end.cpu, begin.time);
    this.left = this.#earlier(this.left, time);
    this.first = this.#earlier(this.first, time);
  }

  override kernelReport(h: EventHeader, report: KernelReport): void {
    if (report.rule === 'deadlock') this.#happened(h);
  }

  /** A work item ends, and the next one runs with what it has left. */
  override wakeUp(h: EventHeader, _hi: number, _lo: number, name: number, kind: number, ip: number): void {
    this.#does(h, ip);
    if (this.first === NEVER) this.#reached.signalled.add(this.#names.text(name));
    if (kind === WaitKind.Work && this.#of(taskOf(h)).length > 0) this.#left(h);
  }

  override taskExit(h: EventHeader): void {
    const comm = this.#names.text(h.comm);
    if (this.first === NEVER) this.#reached.ended.add(comm);
    else this.endedLate.damaged.add(`${comm}-${h.pid}`);
    if (this.left !== NEVER) this.endedLate.left.add(`${comm}-${h.pid}`);
    if (h.preemptDepth > 0 || (h.context & (Ctx.HardIrqsOff | Ctx.BhOff)) !== 0) this.#happened(h);
  }

  #entry(h: EventHeader): void {
    this.#enter(h.cpu, { time: h.time, locks: this.#of(taskOf(h)).length, bhOff: (h.context & Ctx.BhOff) !== 0 });
  }

  #enter(cpu: number, entered: Entered): void {
    const stack = this.#entered.get(cpu) ?? [];
    stack.push(entered);
    this.#entered.set(cpu, stack);
  }

  #leaves(task: number, cpu: number, since: number): void {
    const isOn = this.#of(task).some((one) => one.since >= since && one.withIrqsOn);
    if (!isOn) this.leaver ??= { cpu, since };
  }

  #of(task: number): Had[] {
    let had = this.#locks.get(task);
    if (had === undefined) {
      had = [];
      this.#locks.set(task, had);
    }
    return had;
  }

  #left(h: EventHeader, before = 0): void {
    this.left = this.#earlier(this.left, h.time - before);
    this.#happened(h, before);
  }

  #happened(h: EventHeader, before = 0): void {
    this.first = this.#earlier(this.first, h.time - before);
  }

  /** The first of a moment and now, which counts as `time`. */
  #earlier(known: Moment, time: number): Moment {
    if (time >= known.time) return known;
    if (known !== NEVER) return { ...known, time };
    const places = this.#now.map(({ cpu, pid, callSite }) =>
      placeKey(cpu, pid, typeof callSite === 'string' ? callSite : this.#names.text(callSite)),
    );
    return { time, events: this.#heard(), places: new Set(time < this.#nowTime ? places : []) };
  }

  #does(h: EventHeader, callSite: number | string): void {
    if (h.time !== this.#nowTime) this.#now.length = 0;
    this.#nowTime = h.time;
    this.#now.push({ cpu: h.cpu, pid: h.pid, callSite });
  }
}

/** The task of an event; of the idle tasks, which share a number, the CPU's. */
function taskOf(h: EventHeader, pid = h.pid): number {
  return pid === 0 ? -1 - h.cpu : pid;
}

function taskAt({ pid, cpu }: Running): number {
  return pid === 0 ? -1 - cpu : pid;
}
