import { Access } from '../../explore/strategy.js';
import { WaitKind } from '../../model/events.js';
import { ScenarioError } from '../../sim/errors.js';
import { type Body, type Cpu, type Kernel, type LockdepLock, type Op, type RcuApi, Softirq } from '../../sim/index.js';
import { InterruptSource } from '../../sim/interrupt-source.js';
import { pushHardIrq } from '../../sim/irq/delivery.js';
import type { Machine } from '../../sim/machine.js';
import { instant, type OpKind } from '../../sim/op.js';
import { DEREFERENCE } from '../../sim/rcu.js';
import { WaitObject } from '../../sim/wait/wait-object.js';
import { waitForCallback } from '../wait-for-callback.js';
import type { TinyFaultName } from './faults.js';

/** Settings of Tiny RCU. */
export interface TinyOptions {
  /** Faults put in on purpose, for tests of what finds them. Default none. */
  faults?: readonly TinyFaultName[];
}

/** Counters of a run. */
export interface TinyStats {
  /** Quiescent states; with one CPU each of them is a grace period. */
  gracePeriods: number;
  queued: number;
  invoked: number;
}

/** A cookie for polling: the number of quiescent states when it was taken. */
export type TinyCookie = number;

interface TinyCallback {
  readonly invoke: Body;
  /** Quiescent states when it was queued, for checks only. */
  readonly queuedAt: number;
}

/** Appends a callback: two stores, which is why interrupts must be off. */
const APPEND: OpKind<TinyRcu, number> = {
  label: 'call_rcu',
  access: Access.Write,
  cost: 2,
  attempt(machine, rcu, op) {
    if (machine.tracksOrder) machine.ordering.release(rcu, op.frame);
    rcu.stats.queued++;
    op.value = rcu.list.length;
    return true;
  },
};

const LINK: OpKind<TinyRcu, void> = {
  label: 'call_rcu',
  access: Access.Write,
  cost: 2,
  attempt(_machine, rcu, op) {
    rcu.list[op.a] = { invoke: op.b as Body, queuedAt: rcu.gpSeq };
    return true;
  },
};

const INVOKE: OpKind<TinyRcu, void> = {
  label: 'rcu_process_callbacks',
  access: Access.Write,
  cost: 5,
  attempt(machine, rcu, op) {
    if (machine.tracksOrder) machine.ordering.acquire(rcu, op.frame);
    rcu.warn(op.a < rcu.gpSeq, 'a callback is invoked before its grace period is over');
    rcu.stats.invoked++;
    return true;
  },
};

const SYNCHRONIZE: OpKind<TinyRcu, void> = {
  label: 'synchronize_rcu',
  access: Access.Write,
  cost: 5,
  attempt(machine, rcu, op) {
    // Nothing is waited for, but the dependency is there: on more CPUs it would be.
    rcu.event.noteNoWait(op);
    rcu.gpSeq++;
    if (machine.tracksOrder) machine.ordering.acquire(rcu, op.frame);
    return true;
  },
};

/**
 * Tiny RCU (kernel/rcu/tiny.c): for kernels with one CPU and readers that are not preempted. Where the one CPU switches tasks there is
 * no reader, so every switch ends a grace period, and synchronize_rcu(), which may only be called outside readers, has nothing to
 * wait for. One list of callbacks; interrupts off guard it.
 */
export class TinyRcu implements RcuApi {
  readonly id: number;
  readonly kernel: Kernel;
  readonly machine: Machine;
  /** Callbacks in order; the first {@link ready} have a quiescent state behind them (donetail). */
  list: (TinyCallback | undefined)[] = [];
  ready = 0;
  /** Quiescent states so far. */
  gpSeq = 0;
  readonly map: LockdepLock;
  readonly event: WaitObject;
  readonly stats: TinyStats = { gracePeriods: 0, queued: 0, invoked: 0 };
  readonly #faults: ReadonlySet<TinyFaultName>;
  readonly #tick: InterruptSource;

  /** Throws ScenarioError where the kernel would have Tree RCU: on several CPUs, on PREEMPT_RT. */
  constructor(kernel: Kernel, options: TinyOptions = {}) {
    if (kernel.cpus !== 1) throw new ScenarioError('Tiny RCU is for one CPU');
    if (kernel.preemptRt) throw new ScenarioError('PREEMPT_RT has preemptible RCU: no Tiny RCU');
    this.kernel = kernel;
    this.machine = kernel.machine;
    this.id = this.machine.newId();
    this.#faults = new Set(options.faults ?? []);
    this.map = this.machine.rcuReadMap();
    this.event = new WaitObject(this.machine, 'rcu_read_lock', WaitKind.GracePeriod);
    kernel.openSoftirq(Softirq.Rcu, () => this.#processCallbacks());
    const tick = instant('rcuSchedClockIrq', () => this.#clock());
    this.#tick = new InterruptSource(this.machine, 'tick_sched_timer', 0, (machine, cpu) =>
      pushHardIrq(machine, cpu, 'tick_sched_timer', tick, { threaded: false }),
    );
    const { hooks } = kernel;
    hooks.contextSwitch = () => void this.#quiescent();
    hooks.idleEnter = () => this.#quiescent();
  }

  /** rcu_read_lock(): preemption off. */
  *readLock(): Op<void> {
    if (!this.has('tiny-reader-preemptible')) yield* this.kernel.preemptDisable();
    yield* this.map.acquire(2);
  }

  *readUnlock(): Op<void> {
    if (this.machine.tracksOrder) this.machine.ordering.release(this, this.machine.frame);
    yield* this.map.release();
    if (!this.has('tiny-reader-preemptible')) yield* this.kernel.preemptEnable();
  }

  dereference(name: string, isProtected = false): Op<void> {
    return this.machine.arm(DEREFERENCE, this, isProtected ? 1 : 0, name);
  }

  /** synchronize_rcu(): must be called where waiting would be legal, and does not. */
  *synchronize(): Op<void> {
    yield* this.kernel.mightSleep();
    yield* this.machine.arm(SYNCHRONIZE, this);
  }

  /** call_rcu(): from any context but an NMI. */
  *call(callback: Body): Op<void> {
    const guarded = !this.has('tiny-list-unguarded');
    const flags = guarded ? yield* this.kernel.localIrqSave() : 0;
    const at = yield* this.machine.arm(APPEND, this);
    yield* this.machine.arm(LINK, this, at, callback);
    this.#wantTick();
    if (guarded) yield* this.kernel.localIrqRestore(flags);
  }

  /** rcu_barrier(): one callback behind all others. */
  *barrier(): Op<void> {
    yield* this.kernel.mightSleep();
    yield* waitForCallback(this.machine, this.event, (callback) => this.call(callback));
  }

  /** get_state_synchronize_rcu(); no operation. */
  getState(): TinyCookie {
    return this.gpSeq;
  }

  /** start_poll_synchronize_rcu() */
  *startPoll(): Op<TinyCookie> {
    yield* [];
    this.#wantTick();
    return this.getState();
  }

  /** poll_state_synchronize_rcu(); no operation. */
  poll(cookie: TinyCookie): boolean {
    return this.gpSeq !== cookie;
  }

  has(fault: TinyFaultName): boolean {
    return this.#faults.has(fault);
  }

  /** WARN_ON_ONCE(!condition) */
  warn(condition: boolean, message: string): void {
    if (!condition) this.kernel.assert(false, `rcu: ${message}`);
  }

  /** rcu_qs(): what is on the list by now is ready. */
  #quiescent(): void {
    const { cpu } = this.machine;
    this.gpSeq++;
    this.stats.gracePeriods++;
    if (this.ready === this.list.length) return;
    this.ready = this.list.length;
    if (!this.has('tiny-lost-softirq')) this.machine.softirqs.raise(cpu, Softirq.Rcu);
  }

  /** rcu_sched_clock_irq(): asks for a switch, which is the quiescent state, where the CPU does not go by by itself. */
  #clock(): void {
    const { cpu } = this.machine;
    if (this.#isQuiescent(cpu)) this.#quiescent();
    else if (this.ready < this.list.length) cpu.needResched = true;
  }

  /** The interrupt came upon the idle task or user mode. */
  #isQuiescent(cpu: Cpu): boolean {
    if (this.has('tiny-quiescent-in-reader')) return true;
    return cpu.hardirqDepth === 1 && cpu.servingSoftirq === 0 && (cpu.current.idle || cpu.current.userMode);
  }

  /** Lets the clock interrupt come in a jiffy. The simulator has no periodic tick: whoever may need one asks for it. */
  #wantTick(): void {
    if (!this.#tick.armed) this.#tick.arm(this.machine, this.machine.now + 1e9 / this.machine.config.hz);
  }

  /** RCU_SOFTIRQ. rcu_process_callbacks() */
  *#processCallbacks(): Op<void> {
    const flags = yield* this.kernel.localIrqSave();
    const batch = this.list.splice(0, this.has('tiny-invoke-all') ? this.list.length : this.ready);
    if (!this.has('tiny-ready-kept')) this.ready = 0;
    yield* this.kernel.localIrqRestore(flags);
    for (const callback of batch) {
      this.warn(callback !== undefined, 'the list of callbacks has a hole');
      if (callback === undefined) continue;
      yield* this.machine.arm(INVOKE, this, callback.queuedAt);
      yield* callback.invoke();
    }
  }
}

/** Puts Tiny RCU into a kernel, in place of the simulator's own small one. Called by a scenario's set-up, before tasks are made. */
export function installTinyRcu(kernel: Kernel, options: TinyOptions = {}): TinyRcu {
  const rcu = new TinyRcu(kernel, options);
  kernel.setRcu(rcu);
  return rcu;
}
