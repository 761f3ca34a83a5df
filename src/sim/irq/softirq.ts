import type { Cpu } from '../cpu.js';
import { Frame, FrameKind } from '../frame.js';
import { Spinlock } from '../lock/spinlock.js';
import type { Machine } from '../machine.js';
import type { Body } from '../op.js';
import type { Task } from '../task.js';
import { BottomHalves } from './bottom-halves.js';
import { softirqThread } from './softirq-thread.js';

/** The soft interrupts of a machine: handlers, and one ksoftirqd a CPU made when first needed. */
export class Softirqs {
  readonly #machine: Machine;
  readonly bottomHalves: BottomHalves;
  readonly #handlers: (Body | undefined)[] = [];
  readonly #threads: (Task | undefined)[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
    const locks = machine.config.preemptRt ? machine.cpus.map(() => new Spinlock(machine, 'softirq_ctrl.lock')) : [];
    this.bottomHalves = new BottomHalves(machine, locks);
  }

  /** On PREEMPT_RT soft interrupts that a hard one raised are left to ksoftirqd. */
  get inlineAtExit(): boolean {
    return !this.#machine.config.preemptRt;
  }

  /** open_softirq(): `body` runs the vector; it finds what to do itself. */
  open(vector: number, body: Body): void {
    this.#handlers[vector] = body;
  }

  handler(vector: number): Body | undefined {
    return this.#handlers[vector];
  }

  /** raise_softirq_irqoff() on `cpu`: outside of interrupts and bottom-half sections the thread must run it. */
  raise(cpu: Cpu, vector: number): void {
    cpu.softirqPending |= 1 << vector;
    if (cpu.hardirqDepth === 0 && cpu.servingSoftirq === 0 && cpu.bhCount === 0) this.wakeThread(cpu);
  }

  /** Something is pending still after the last round: ksoftirqd's. */
  leftOver(cpu: Cpu): void {
    if (cpu.softirqPending !== 0) this.wakeThread(cpu);
  }

  /** wakeup_softirqd(). */
  wakeThread(cpu: Cpu): void {
    const machine = this.#machine;
    const known = this.#threads[cpu.id];
    if (known !== undefined) {
      const frame = known.frames[0];
      if (frame?.waitingFor?.isEvent === true) machine.resume(frame);
      return;
    }
    const name = `ksoftirqd/${cpu.id}`;
    this.#threads[cpu.id] = machine.newTask(
      name,
      { affinity: cpu.id, kthread: true, perCpu: true },
      (task) => new Frame(machine, FrameKind.Task, name, task, () => softirqThread(machine, cpu)),
    );
  }
}
