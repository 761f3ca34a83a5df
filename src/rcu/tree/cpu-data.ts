import type { Cpu } from '../../sim/index.js';
import { InterruptSource } from '../../sim/interrupt-source.js';
import { pushHardIrq } from '../../sim/irq/delivery.js';
import type { Machine } from '../../sim/machine.js';
import type { Body } from '../../sim/op.js';
import { CallbackList } from '../callback-list.js';
import type { NocbCpu } from './nocb-cpu.js';
import type { RcuNode } from './node.js';

/** What RCU keeps of a CPU (struct rcu_data). Guarded by interrupts being off on that CPU; some also by the leaf's lock. */
export class CpuData {
  readonly cpu: Cpu;
  readonly node: RcuNode;
  /** Bit in the leaf's masks. */
  readonly grpmask: number;
  readonly callbacks = new CallbackList();
  /** What an offloaded CPU has beside; undefined: it invokes its callbacks itself. */
  nocb: NocbCpu | undefined = undefined;
  /** Grace period that this CPU knows to have begun or ended. */
  gpSeq = 0;
  /** Furthest grace period that its callbacks want. */
  gpSeqNeeded = 0;
  /** The running grace period wants a quiescent state, and has had none here (cpu_no_qs.b.norm). */
  cpuNoQs = false;
  /** The running grace period waits for this CPU (core_needs_qs). */
  coreNeedsQs = false;
  /** An expedited grace period waits for this CPU's reader (cpu_no_qs.b.exp). */
  cpuNoQsExp = false;
  /** Odd: RCU watches. Even: idle or user mode, where no reader can be (the context-tracking counter). */
  watching = 0;
  /** Depth of interrupts, counted so that those on an idle CPU make RCU watch. */
  irqNesting = 0;
  /** A task runs, not the idle task, and not in user mode. */
  busy = false;
  /** {@link watching} when quiescent states were last forced. */
  watchingSnap = 0;
  /** Callbacks that may be invoked in one go now. */
  blimit = 0;
  /** Callbacks there were when the list was last found long. */
  qlenLast = 0;
  readonly #machine: Machine;
  readonly #tick: InterruptSource;

  constructor(machine: Machine, cpu: Cpu, node: RcuNode, tick: Body) {
    this.#machine = machine;
    this.cpu = cpu;
    this.node = node;
    this.grpmask = node.bitOf(cpu.id);
    this.#tick = new InterruptSource(machine, 'tick_sched_timer', cpu.id, (_machine, at) =>
      pushHardIrq(machine, at, 'tick_sched_timer', tick, { threaded: false }),
    );
  }

  /** Callbacks taken off the list to be invoked, until the last of them has returned. */
  invoking = 0;

  /** All callbacks of the CPU: those that wait in front of its list and those that are being invoked too. */
  get queued(): number {
    return this.callbacks.length + (this.nocb?.bypass.length ?? 0) + this.invoking;
  }

  /** The CPU goes away: no more ticks. */
  stopTick(): void {
    this.#tick.disarm(this.#machine);
  }

  /** rcu_is_watching() */
  get isWatching(): boolean {
    return (this.watching & 1) === 1;
  }

  /**
   * Lets the clock interrupt come, in a jiffy or at once. The simulator has no periodic tick: whoever may need one here asks for it.
   */
  wantTick(soon = false): void {
    if (this.#tick.armed || !this.cpu.online) return;
    this.#tick.cpu = this.cpu.id;
    const delay = soon ? 0 : 1e9 / this.#machine.config.hz;
    this.#tick.arm(this.#machine, this.#machine.now + delay);
  }
}
