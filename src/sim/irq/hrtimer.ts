import { Access } from '../../explore/strategy.js';
import type { Cpu } from '../cpu.js';
import { InterruptSource } from '../interrupt-source.js';
import type { Machine } from '../machine.js';
import { type Body, instant, type Op, type OpKind } from '../op.js';
import { pushHardIrq } from './delivery.js';
import { Softirq } from './softirq-run.js';
import { Expiry } from './timer.js';

/** Where an hrtimer's handler runs: HRTIMER_MODE_*. */
export interface HrtimerOptions {
  /** HRTIMER_MODE_HARD: a hard interrupt, also on PREEMPT_RT. */
  hard?: boolean;
  /** HRTIMER_MODE_SOFT: a soft interrupt on both kernels. */
  soft?: boolean;
}

const START: OpKind<Hrtimer, void> = {
  label: 'hrtimer_start',
  access: Access.Write,
  cost: 15,
  attempt(_machine, timer, op) {
    timer.armNow(op.a);
    return true;
  },
};

const CANCEL: OpKind<Hrtimer, boolean> = {
  label: 'hrtimer_cancel',
  access: Access.Write,
  cost: 15,
  attempt(_machine, timer, op) {
    op.value = timer.disarmNow();
    return true;
  },
};

const RELAX: OpKind<Hrtimer, void> = { label: 'cpu_relax', access: Access.Read, cost: 40, attempt: () => true };

/** struct hrtimer. By default its handler is a hard interrupt that PREEMPT_RT turns into a soft one. */
export class Hrtimer {
  readonly id: number;
  readonly label: string;
  readonly #machine: Machine;
  readonly #handler: Body;
  readonly #options: HrtimerOptions;
  readonly #source: InterruptSource;
  /** In a soft interrupt only. */
  readonly #soft: Body = () => this.#handleSoft();
  #expiry: Expiry = Expiry.None;
  /** Its handler is running in a soft interrupt. */
  running = false;

  constructor(machine: Machine, name: string, handler: Body, options: HrtimerOptions) {
    this.#machine = machine;
    this.id = machine.newId();
    this.label = name;
    this.#handler = handler;
    this.#options = options;
    this.#source = new InterruptSource(machine, name, 0, (_machine, cpu) => this.#expire(cpu));
  }

  /** hrtimer_start(): in `ns` nanoseconds, on the running CPU. */
  start(ns: number): Op<void> {
    return this.#machine.arm(START, this, ns);
  }

  /** hrtimer_cancel(): true when it was pending. Waits for a handler that runs in a soft interrupt. */
  *cancel(): Op<boolean> {
    const was = yield* this.#machine.arm(CANCEL, this);
    while (this.running) yield* this.#machine.arm(RELAX, this);
    return was;
  }

  get pending(): boolean {
    return this.#source.armed || this.#expiry !== Expiry.None;
  }

  armNow(ns: number): void {
    if (this.#expiry !== Expiry.None) this.disarmNow();
    this.#source.cpu = this.#machine.cpu.id;
    this.#source.arm(this.#machine, this.#machine.now + ns);
  }

  disarmNow(): boolean {
    const had = this.#expiry !== Expiry.None;
    this.#expiry = Expiry.None;
    if (had) this.#machine.hrtimers.remove(this.#soft);
    return this.#source.disarm(this.#machine) || had;
  }

  #expire(cpu: Cpu): void {
    const machine = this.#machine;
    const { hard = false, soft = false } = this.#options;
    if (!soft && (hard || !machine.config.preemptRt)) {
      pushHardIrq(machine, cpu, this.label, this.#handler, { threaded: !hard });
      return;
    }
    this.#expiry = Expiry.Due;
    pushHardIrq(
      machine,
      cpu,
      'hrtimer_interrupt',
      instant('hrtimerInterrupt', () => {
        if (this.#expiry !== Expiry.Due) return;
        this.#expiry = Expiry.Listed;
        machine.hrtimers.add(cpu, this.#soft);
        machine.softirqs.raise(cpu, Softirq.Hrtimer);
      }),
      { threaded: false },
    );
  }

  *#handleSoft(): Op<void> {
    this.#expiry = Expiry.None;
    this.running = true;
    yield* this.#handler();
    this.running = false;
  }
}

/** Handlers that a CPU is to run in a soft interrupt of one vector, in order. */
export class SoftirqList {
  readonly #machine: Machine;
  readonly #lists: Body[][];

  constructor(machine: Machine, vector: number) {
    this.#machine = machine;
    this.#lists = machine.cpus.map(() => []);
    machine.softirqs.open(vector, () => this.#run());
  }

  add(cpu: Cpu, body: Body): void {
    this.#lists[cpu.id]?.push(body);
  }

  /** Takes one off that waits for its turn. */
  remove(body: Body): void {
    for (const list of this.#lists) {
      const at = list.indexOf(body);
      if (at >= 0) list.splice(at, 1);
    }
  }

  /** takeover_tasklets(): what a CPU that is dead was to run, another does; true when there was any. */
  takeOver(dead: Cpu, by: Cpu): boolean {
    const left = this.#lists[dead.id]?.splice(0) ?? [];
    this.#lists[by.id]?.push(...left);
    return left.length > 0;
  }

  *#run(): Op<void> {
    for (;;) {
      const body = this.#lists[this.#machine.cpu.id]?.shift();
      if (body === undefined) return;
      yield* body();
    }
  }
}
