import { Validator, type ValidatorOptions } from '../../src/lockdep/index.js';
import {
  AcquireHas,
  Ctx,
  EventHeader,
  type EventSink,
  LockAcquire,
  LockdepCtx,
  NullSink,
  TaskState,
} from '../../src/model/events.js';
import type { Finding } from '../../src/model/finding.js';
import { StringNames } from '../../src/model/names.js';
import { type Context, type Kind, type Mode, READ_OF, traitsOf } from './kinds.js';

/** A lock instance. */
export interface Lock {
  readonly name: string;
  readonly kind: Kind;
  readonly hi: number;
  readonly lo: number;
  readonly keyHi: number;
  readonly keyLo: number;
}

export interface Take {
  mode?: Mode;
  trylock?: boolean;
  subclass?: number;
  nest?: Lock;
  /** Wait types that its lockdep_map has instead of those of its kind: outer, inner. */
  wait?: readonly [number, number];
  /** Function that takes it; 'NAME_user' when not given. */
  by?: string;
}

/** Which columns the recording has; all of them when not given. */
export interface Columns {
  /** The flags column, with the preemption depth. */
  flags?: boolean;
  /** Whether the flags column tells of bottom halves. */
  bh?: boolean;
  /** lockdep's own context bits. */
  lockdep?: boolean;
  /** AcquireHas bits. */
  has?: number;
}

const HAS_ALL = AcquireHas.Key | AcquireHas.Wait | AcquireHas.Subclass | AcquireHas.Check | AcquireHas.ReadKind;
const HEAP = 0xff110000 | 0;
const IMAGE = -1;

interface CpuContext {
  irqsOff: boolean;
  hardirq: boolean;
  softirq: boolean;
  threaded: boolean;
  nmi: boolean;
}

interface Task {
  preempt: number;
  bhOff: number;
}

/**
 * Feeds a sink the events that a kernel with lockdep would print, with headers that fit: interrupt flags, preemption
 * depth, lockdep's own context bits. One task runs at a time; {@link as} says which, on which CPU.
 */
export class Script {
  readonly names = new StringNames();
  readonly h = new EventHeader();
  sink: EventSink;
  /** lockdep's context bits stay these, as after a report of the recorded kernel. */
  frozen: number | undefined = undefined;
  readonly #columns: Required<Columns>;
  readonly #a = new LockAcquire();
  readonly #cpus = new Map<number, CpuContext>();
  readonly #tasks = new Map<number, Task>();
  #next = 1;

  constructor(sink: (names: StringNames) => EventSink, columns: Columns = {}) {
    this.sink = sink(this.names);
    this.#columns = { flags: true, bh: true, lockdep: true, has: HAS_ALL, ...columns };
    this.as(1);
  }

  /** Goes on as this task on this CPU, without an event. Pid 0 is the CPU's idle task. */
  as(pid: number, cpu = 0): this {
    this.h.pid = pid;
    this.h.cpu = cpu;
    this.h.comm = this.names.intern(pid === 0 ? '' : `task${pid}`);
    return this;
  }

  /** A lock with a class of its own; `like` gives it that lock's class. */
  lock(name: string, kind: Kind, like?: Lock): Lock {
    const lo = this.#next++ * 0x100;
    const lock = { name, kind, hi: HEAP, lo };
    return like === undefined
      ? { ...lock, keyHi: IMAGE, keyLo: lo | 0x40000000 }
      : { ...lock, keyHi: like.keyHi, keyLo: like.keyLo };
  }

  /** Another instance of a lock's class. */
  sibling(lock: Lock): Lock {
    return this.lock(lock.name, lock.kind, lock);
  }

  take(lock: Lock, how: Take = {}): this {
    const traits = traitsOf(lock.kind);
    const a = this.#a;
    const { has, lockdep } = this.#columns;
    a.hi = lock.hi;
    a.lo = lock.lo;
    a.name = this.names.intern(lock.name);
    a.keyHi = has & AcquireHas.Key ? lock.keyHi : 0;
    a.keyLo = has & AcquireHas.Key ? lock.keyLo : 0;
    a.subclass = has & AcquireHas.Subclass ? (how.subclass ?? 0) : 0;
    a.trylock = how.trylock ?? false;
    const read = READ_OF[how.mode ?? traits.modes[0] ?? 'W'];
    a.read = has & AcquireHas.ReadKind ? read : Math.min(read, 1);
    a.check = has & AcquireHas.Check ? traits.check : 1;
    a.nestHi = how.nest?.hi ?? 0;
    a.nestLo = how.nest?.lo ?? 0;
    const [outer, inner] = how.wait ?? [traits.outer, traits.inner];
    a.waitOuter = has & AcquireHas.Wait ? outer : 0;
    a.waitInner = has & AcquireHas.Wait ? inner : 0;
    a.lockType = has & AcquireHas.Wait ? traits.type : 0;
    a.has = has;
    a.ip = this.names.intern(`${how.by ?? `${lock.name}_user`}+0x10/0x40`);
    a.lockdepContext = lockdep ? (this.frozen ?? this.lockdepBits()) : 0;
    if (traits.preemptOff) this.task.preempt++;
    this.#stamp(traits.preemptOffInside ? 1 : 0);
    this.sink.lockAcquire(this.h, a);
    return this;
  }

  release(lock: Lock): this {
    this.#stamp();
    this.sink.lockRelease(this.h, lock.hi, lock.lo, this.names.intern(lock.name));
    if (traitsOf(lock.kind).preemptOff) this.task.preempt--;
    return this;
  }

  /** The lock is released in the kernel, but the recording has no event of it. */
  loseRelease(lock: Lock): this {
    if (traitsOf(lock.kind).preemptOff) this.task.preempt--;
    return this;
  }

  /** Takes the locks in order and releases them in reverse. */
  nested(...steps: readonly (Lock | readonly [Lock, Take])[]): this {
    const locks: Lock[] = [];
    for (const step of steps) {
      const [lock, how] = 'name' in step ? [step, {}] : step;
      this.take(lock, how);
      locks.push(lock);
    }
    for (const lock of locks.reverse()) this.release(lock);
    return this;
  }

  setClass(lock: Lock, name: string, like: Lock, subclass = 0): Lock {
    this.#stamp();
    this.sink.lockSetClass(
      this.h,
      lock.hi,
      lock.lo,
      this.names.intern(name),
      like.keyHi,
      like.keyLo,
      subclass,
      this.names.intern('set_class+0x1/0x2'),
    );
    return { ...lock, name, keyHi: like.keyHi, keyLo: like.keyLo };
  }

  downgrade(lock: Lock): this {
    this.#stamp();
    this.sink.lockDowngrade(this.h, lock.hi, lock.lo, this.names.intern('downgrade+0x1/0x2'));
    return this;
  }

  /** Frees memory that begins `before` bytes before the lock. */
  free(lock: Lock, before = 0, length = 64): this {
    this.#stamp();
    this.sink.lockFreeCheck(this.h, lock.hi, lock.lo - before, length);
    return this;
  }

  irqsOff(): this {
    this.#cpu.irqsOff = true;
    this.#stamp();
    this.sink.hardirqsOff(this.h, 0);
    return this;
  }

  /** As the kernel does it: lockdep is told first, then interrupts are switched on. */
  irqsOn(): this {
    this.#stamp();
    this.sink.hardirqsOn(this.h, 0);
    this.#cpu.irqsOff = false;
    return this;
  }

  bhOff(): this {
    if (this.task.bhOff++ === 0) {
      this.#stamp();
      this.sink.softirqsOff(this.h, 0);
    }
    return this;
  }

  /** local_bh_enable() switches interrupts off while it tells lockdep. */
  bhOn(): this {
    if (--this.task.bhOff > 0) return this;
    const wereOn = !this.#cpu.irqsOff;
    if (wereOn) this.irqsOff();
    this.#stamp();
    this.sink.softirqsOn(this.h, 0);
    return wereOn ? this.irqsOn() : this;
  }

  /** An interrupt on the running CPU; `threaded` when PREEMPT_RT would run its handler in a thread. */
  hardirq(handler: () => void, threaded = true): this {
    const leave = this.enterHardirq(threaded);
    handler();
    leave();
    return this;
  }

  /** As {@link hardirq}; the interrupt ends when the result is called. */
  enterHardirq(threaded = true): () => void {
    const cpu = this.#cpu;
    const saved = { ...cpu };
    if (!saved.irqsOff) this.irqsOff();
    Object.assign(cpu, { hardirq: true, threaded });
    this.#stamp();
    this.sink.hardirqEntry(this.h, 9, this.names.intern('eth0'));
    return () => {
      this.#stamp();
      this.sink.hardirqExit(this.h, 9);
      Object.assign(cpu, { hardirq: saved.hardirq, threaded: saved.threaded });
      if (!saved.irqsOff) this.irqsOn();
    };
  }

  softirq(handler: () => void): this {
    const leave = this.enterSoftirq();
    handler();
    leave();
    return this;
  }

  /** As {@link softirq}; it ends when the result is called. */
  enterSoftirq(): () => void {
    const cpu = this.#cpu;
    this.bhOff();
    cpu.softirq = true;
    this.#stamp();
    this.sink.softirqEntry(this.h, 3);
    return () => {
      this.#stamp();
      this.sink.softirqExit(this.h, 3);
      cpu.softirq = false;
      this.bhOn();
    };
  }

  /** Runs the body in a context as the kernel enters it. */
  within(context: Context, body: () => void): this {
    if (context === 'softirq') return this.softirq(body);
    if (context !== 'task') return this.hardirq(body, context === 'threaded hardirq');
    body();
    return this;
  }

  nmi(handler: () => void): this {
    const cpu = this.#cpu;
    const saved = { ...cpu };
    Object.assign(cpu, { nmi: true, irqsOff: true });
    handler();
    Object.assign(cpu, saved);
    return this;
  }

  switchTo(pid: number, state: number = TaskState.Sleeping): this {
    this.#stamp(1);
    this.sink.schedSwitch(this.h, this.h.pid, state, pid, this.names.intern(`task${pid}`));
    return this.as(pid, this.h.cpu);
  }

  fork(child: number): this {
    this.#stamp();
    this.sink.taskFork(this.h, child, this.names.intern(`task${child}`));
    return this;
  }

  userMode(): this {
    this.#stamp();
    this.sink.userMode(this.h);
    return this;
  }

  lose(cpu = 0, count = 0): this {
    this.sink.lostEvents(cpu, count);
    return this;
  }

  mightSleep(): this {
    this.#stamp();
    this.sink.mightSleep(this.h, 0);
    return this;
  }

  /** What the body does happens, but is not recorded. */
  quietly(body: () => void): this {
    const { sink } = this;
    this.sink = new NullSink();
    body();
    this.sink = sink;
    return this;
  }

  preemptOff(): this {
    this.task.preempt++;
    return this;
  }

  preemptOn(): this {
    this.task.preempt--;
    return this;
  }

  end(): this {
    this.sink.end();
    return this;
  }

  /** lockdep's context bits as they should be now. */
  lockdepBits(): number {
    const cpu = this.#cpu;
    return (
      LockdepCtx.Known |
      (cpu.hardirq ? LockdepCtx.HardIrq : 0) |
      (cpu.softirq ? LockdepCtx.SoftIrq : 0) |
      (cpu.threaded ? LockdepCtx.Threaded : 0) |
      (cpu.irqsOff ? 0 : LockdepCtx.HardIrqsOn) |
      (this.task.bhOff > 0 ? 0 : LockdepCtx.SoftIrqsOn)
    );
  }

  /** Puts time, place and flags of the next event into the header. */
  #stamp(extraPreempt = 0): void {
    const { h } = this;
    const cpu = this.#cpu;
    h.time += 1000;
    h.line++;
    if (!this.#columns.flags) {
      h.context = 0;
      h.preemptDepth = -1;
      return;
    }
    h.preemptDepth = this.task.preempt + extraPreempt;
    h.context =
      Ctx.Known |
      (cpu.irqsOff ? Ctx.HardIrqsOff : 0) |
      (cpu.hardirq ? Ctx.HardIrq : 0) |
      (cpu.softirq ? Ctx.SoftIrq : 0) |
      (cpu.nmi ? Ctx.Nmi : 0);
    if (this.#columns.bh) h.context |= Ctx.BhKnown | (this.task.bhOff > 0 && !cpu.softirq ? Ctx.BhOff : 0);
  }

  get task(): Task {
    const key = this.h.pid === 0 ? -1 - this.h.cpu : this.h.pid;
    let task = this.#tasks.get(key);
    if (task === undefined) {
      task = { preempt: 0, bhOff: 0 };
      this.#tasks.set(key, task);
    }
    return task;
  }

  get #cpu(): CpuContext {
    let cpu = this.#cpus.get(this.h.cpu);
    if (cpu === undefined) {
      cpu = { irqsOff: false, hardirq: false, softirq: false, threaded: false, nmi: false };
      this.#cpus.set(this.h.cpu, cpu);
    }
    return cpu;
  }
}

/** A script that feeds a validator of its own. Unless told otherwise no other lockdep watched, as in a simulation. */
export class Trial extends Script {
  readonly validator: Validator;

  constructor(columns: Columns = {}, options: Partial<ValidatorOptions> = {}) {
    let made: Validator | undefined;
    super((names) => {
      made = new Validator({ names, file: 'trial.txt', simulated: true, ...options });
      return made;
    }, columns);
    if (made === undefined) throw new Error('no validator');
    this.validator = made;
  }

  /** Ends the recording; its findings. */
  findings(): Finding[] {
    this.end();
    return this.validator.findings();
  }

  /** `rule: lock, lock` of each finding, sorted; ends the recording. */
  verdict(): string[] {
    return verdictOf(this.findings());
  }
}

/** `rule: lock, lock` of each finding, sorted. A circle of locks begins with the name that sorts first. */
export function verdictOf(findings: readonly Finding[]): string[] {
  return findings
    .map(({ rule, locks }) => `${rule}: ${(rule === 'lock-order-cycle' ? fromSmallest(locks) : locks).join(', ')}`)
    .sort();
}

function fromSmallest(circle: readonly string[]): string[] {
  const start = circle.indexOf([...circle].sort()[0] ?? '');
  return [...circle.slice(start), ...circle.slice(0, start)];
}

/** `A>B` of each dependency in force, sorted. */
export function edges({ validator }: Trial): string[] {
  const { graph, classes } = validator.state;
  const found: string[] = [];
  for (let edge = 0; edge < graph.edgeLimit; edge++) {
    if (graph.kindsOf(edge) === 0) continue;
    found.push(`${classes.displayName(graph.fromOf(edge))}>${classes.displayName(graph.toOf(edge))}`);
  }
  return found.sort();
}
