import { Access } from '../../explore/strategy.js';
import type { Cpu } from '../cpu.js';
import { InterruptSource } from '../interrupt-source.js';
import type { Machine } from '../machine.js';
import { type Body, instant, type Op, type OpKind } from '../op.js';
import { KickedThread } from '../work/kicked.js';
import { pushHardIrq } from './delivery.js';

export interface IrqOptions {
  /** CPU that takes it; default 0. */
  cpu?: number;
  /** IRQF_NO_THREAD: stays a hard interrupt on PREEMPT_RT. */
  noThread?: boolean;
  /** request_threaded_irq(): runs in a thread after each interrupt, on both kernels. */
  thread?: Body;
  /** The device raises it that often by itself. Default 0: only by {@link IrqLine.raise}. */
  times?: number;
  /** Nanoseconds from the start, and between, of what the device raises by itself. Default 10,000. */
  after?: number;
}

const RAISE: OpKind<IrqLine, void> = {
  label: 'raise_irq',
  access: Access.Write,
  cost: 5,
  attempt(_machine, line) {
    line.raiseNow(0);
    return true;
  },
};

/** A device's interrupt line. Its handler runs as a hard interrupt; on PREEMPT_RT in a thread, unless `noThread`. */
export class IrqLine {
  readonly id: number;
  readonly irq: number;
  readonly label: string;
  readonly #machine: Machine;
  readonly #handler: Body;
  readonly #options: IrqOptions;
  readonly #source: InterruptSource;
  readonly #thread: KickedThread | undefined;
  #timesLeft: number;

  constructor(machine: Machine, irq: number, name: string, handler: Body, options: IrqOptions) {
    this.#machine = machine;
    this.id = machine.newId();
    this.irq = irq;
    this.label = name;
    this.#handler = handler;
    this.#options = options;
    this.#source = new InterruptSource(machine, name, options.cpu ?? 0, (_machine, cpu) => this.#arrive(cpu));
    const threaded = this.#isForced ? () => this.#forced() : options.thread;
    if (threaded !== undefined) {
      this.#thread = new KickedThread(machine, `irq/${irq}-${name}`, { priority: 50, cpu: options.cpu ?? 0 }, threaded);
    }
    this.#timesLeft = options.times ?? 0;
    this.#again();
  }

  /** The device raises it: it arrives as soon as its CPU takes it. */
  raise(): Op<void> {
    return this.#machine.arm(RAISE, this);
  }

  /** Raises it in `after` ns; no operation. */
  raiseNow(after: number): void {
    this.#source.arm(this.#machine, this.#machine.now + after);
  }

  /** PREEMPT_RT moves the handler itself into the thread. */
  get #isForced(): boolean {
    return this.#machine.config.preemptRt && this.#options.noThread !== true && this.#options.thread === undefined;
  }

  #again(): void {
    if (this.#timesLeft === 0) return;
    this.#timesLeft--;
    this.raiseNow(this.#options.after ?? 10_000);
  }

  #arrive(cpu: Cpu): void {
    this.#again();
    const thread = this.#thread;
    const wake = instant('irqDefaultPrimaryHandler', () => thread?.kick());
    const { thread: threadFn, noThread = false } = this.#options;
    const handler = this.#handler;
    const both: Body = function* irqHandler() {
      yield* handler();
      thread?.kick();
    };
    const body = this.#isForced ? wake : threadFn === undefined ? handler : both;
    // Only a handler that would go to a thread counts as threaded; the primary half of a threaded one stays.
    pushHardIrq(this.#machine, cpu, this.label, body, {
      threaded: !noThread && threadFn === undefined && !this.#machine.config.preemptRt,
      irq: this.irq,
      source: this.#source,
    });
  }

  /** irq_forced_thread_fn(): bottom halves off, as in a hard interrupt. */
  *#forced(): Op<void> {
    yield* this.#machine.softirqs.bottomHalves.disable();
    yield* this.#handler();
    yield* this.#machine.softirqs.bottomHalves.enable();
  }
}

/** A non-maskable interrupt: arrives whatever is masked. */
export class NmiLine {
  readonly #machine: Machine;
  readonly #source: InterruptSource;

  constructor(machine: Machine, name: string, cpu: number, handler: Body) {
    this.#machine = machine;
    const deliver = (_machine: Machine, at: Cpu) =>
      pushHardIrq(machine, at, name, handler, { threaded: false, nmi: true });
    this.#source = new InterruptSource(machine, name, cpu, deliver, true);
  }

  /** Comes in `after` ns; no operation. */
  raiseNow(after = 0): void {
    this.#source.arm(this.#machine, this.#machine.now + after);
  }
}
