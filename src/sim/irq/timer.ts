import { Access } from '../../explore/strategy.js';
import { ContextOps } from '../context-ops.js';
import type { Cpu } from '../cpu.js';
import { InterruptSource } from '../interrupt-source.js';
import { LockdepLock } from '../lock/lockdep-lock.js';
import type { Machine } from '../machine.js';
import { type Body, instant, type Op, type OpKind } from '../op.js';
import { pushHardIrq } from './delivery.js';
import { preemptCount, Softirq, setPreemptCount } from './softirq-run.js';

/** Of a timer whose handler is a soft interrupt's: the clock interrupt has come; it is on the list of that soft interrupt. */
export const Expiry = { None: 0, Due: 1, Listed: 2 } as const;
export type Expiry = (typeof Expiry)[keyof typeof Expiry];

/** The expired timers of each CPU, which TIMER_SOFTIRQ runs. */
export class TimerBases {
  readonly #machine: Machine;
  readonly #expired: Timer[][];

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#expired = machine.cpus.map(() => []);
    machine.softirqs.open(Softirq.Timer, () => this.#run());
  }

  /** The clock interrupt of an expired timer, which stays pending until the soft interrupt comes to it. */
  interrupt(cpu: Cpu, timer: Timer): void {
    timer.expiry = Expiry.Due;
    const expired = this.#expired[cpu.id];
    const machine = this.#machine;
    pushHardIrq(
      machine,
      cpu,
      'local_timer',
      instant('localTimer', () => {
        if (timer.expiry !== Expiry.Due) return;
        timer.expiry = Expiry.Listed;
        expired?.push(timer);
        machine.softirqs.raise(cpu, Softirq.Timer);
      }),
      { threaded: false },
    );
  }

  /** timers_dead_cpu(): what has expired on a CPU that is dead runs on another; true when there was any. */
  takeOver(dead: Cpu, by: Cpu): boolean {
    const left = this.#expired[dead.id]?.splice(0) ?? [];
    this.#expired[by.id]?.push(...left);
    return left.length > 0;
  }

  /** Takes a timer that has expired off the list on which it waits for the soft interrupt. */
  withdraw(timer: Timer): void {
    for (const expired of this.#expired) {
      const at = expired.indexOf(timer);
      if (at >= 0) expired.splice(at, 1);
    }
  }

  *#run(): Op<void> {
    for (;;) {
      const timer = this.#expired[this.#machine.cpu.id]?.shift();
      if (timer === undefined) return;
      yield* timer.expire();
    }
  }
}

const MOD: OpKind<Timer, void> = {
  label: 'mod_timer',
  access: Access.Write,
  cost: 15,
  attempt(_machine, timer, op) {
    timer.armNow(op.a);
    return true;
  },
};

const DELETE: OpKind<Timer, boolean> = {
  label: 'timer_delete',
  access: Access.Write,
  cost: 15,
  attempt(_machine, timer, op) {
    op.value = timer.disarmNow();
    return true;
  },
};

const RELAX: OpKind<Timer, void> = { label: 'cpu_relax', access: Access.Read, cost: 40, attempt: () => true };

/** struct timer_list: its handler runs in a soft interrupt, `(NAME)` held for lockdep as call_timer_fn() does. */
export class Timer {
  readonly id: number;
  readonly label: string;
  /** Its handler is running. */
  running = false;
  /** How far it is from the clock interrupt to its handler: pending all the way. */
  expiry: Expiry = Expiry.None;
  readonly #machine: Machine;
  readonly #map: LockdepLock;
  readonly #handler: Body;
  readonly #source: InterruptSource;

  constructor(machine: Machine, name: string, handler: Body) {
    this.#machine = machine;
    this.id = machine.newId();
    this.label = name;
    this.#handler = handler;
    this.#map = new LockdepLock(machine, `(${name})`);
    this.#source = new InterruptSource(machine, name, 0, (_machine, cpu) => machine.timers.interrupt(cpu, this));
  }

  /** timer_pending(); no operation. */
  get pending(): boolean {
    return this.#source.armed || this.expiry !== Expiry.None;
  }

  /** mod_timer(&timer, jiffies + n): on the running CPU. */
  modTimer(jiffies: number): Op<void> {
    return this.#machine.arm(MOD, this, jiffies);
  }

  /** timer_delete(): true when it was pending. Its handler may still be running. */
  delete(): Op<boolean> {
    return this.#machine.arm(DELETE, this);
  }

  /** timer_delete_sync(): also waits for the handler; not to be called while holding what the handler takes. */
  *deleteSync(): Op<boolean> {
    // Interrupts off: the look at the lock is no use of it outside of soft interrupts.
    const flags = yield* this.#machine.arm(ContextOps.irqSave, this.#machine);
    yield* this.#map.acquire();
    yield* this.#map.release();
    yield* this.#machine.arm(ContextOps.irqRestore, this.#machine, flags);
    const pending = yield* this.delete();
    while (this.running) yield* this.#machine.arm(RELAX, this);
    return pending;
  }

  /** Arms it as part of another operation. */
  armNow(jiffies: number): void {
    const machine = this.#machine;
    if (this.expiry !== Expiry.None) this.disarmNow();
    this.#source.cpu = machine.cpu.id;
    this.#source.arm(machine, machine.now + (Math.max(0, jiffies) * 1e9) / machine.config.hz);
  }

  /** Disarms it as part of another operation. */
  disarmNow(): boolean {
    const had = this.expiry !== Expiry.None;
    this.expiry = Expiry.None;
    if (had) this.#machine.timers.withdraw(this);
    return this.#source.disarm(this.#machine) || had;
  }

  /** call_timer_fn(): what the handler leaves of preempt_count() is put right. */
  *expire(): Op<void> {
    const machine = this.#machine;
    this.expiry = Expiry.None;
    this.running = true;
    const count = preemptCount(machine, machine.cpu);
    yield* this.#map.acquire();
    yield* this.#handler();
    yield* this.#map.release();
    setPreemptCount(machine, machine.cpu, count);
    this.running = false;
  }
}
