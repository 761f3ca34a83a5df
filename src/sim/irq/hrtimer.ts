import { Access } from '../../explore/strategy.js';
import type { Cpu } from '../cpu.js';
import { InterruptSource } from '../interrupt-source.js';
import type { Machine } from '../machine.js';
import { type Body, instant, type Op, type OpKind } from '../op.js';
import { pushHardIrq } from './delivery.js';
import { Softirq } from './softirq-run.js';

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

/** struct hrtimer. By default its handler is a hard interrupt that PREEMPT_RT turns into a soft one. */
export class Hrtimer {
  readonly id: number;
  readonly label: string;
  readonly #machine: Machine;
  readonly #handler: Body;
  readonly #options: HrtimerOptions;
  readonly #source: InterruptSource;

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

  /** hrtimer_cancel(): true when it was pending. */
  cancel(): Op<boolean> {
    return this.#machine.arm(CANCEL, this);
  }

  get pending(): boolean {
    return this.#source.armed;
  }

  armNow(ns: number): void {
    this.#source.cpu = this.#machine.cpu.id;
    this.#source.arm(this.#machine, this.#machine.now + ns);
  }

  disarmNow(): boolean {
    return this.#source.disarm(this.#machine);
  }

  #expire(cpu: Cpu): void {
    const machine = this.#machine;
    const { hard = false, soft = false } = this.#options;
    if (!soft && (hard || !machine.config.preemptRt)) {
      pushHardIrq(machine, cpu, this.label, this.#handler, { threaded: !hard });
      return;
    }
    const handler = this.#handler;
    pushHardIrq(
      machine,
      cpu,
      'hrtimer_interrupt',
      instant('hrtimerInterrupt', () => {
        machine.hrtimers.add(cpu, handler);
        machine.softirqs.raise(cpu, Softirq.Hrtimer);
      }),
      { threaded: false },
    );
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
