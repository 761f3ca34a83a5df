import type { Cpu } from '../cpu.js';
import type { Machine } from '../machine.js';
import type { Op } from '../op.js';

/** Soft interrupt vectors, as the kernel numbers them. */
export const Softirq = {
  Hi: 0,
  Timer: 1,
  NetTx: 2,
  NetRx: 3,
  Block: 4,
  IrqPoll: 5,
  Tasklet: 6,
  Sched: 7,
  Hrtimer: 8,
  Rcu: 9,
} as const;

/** Rounds of pending work before the rest is left to ksoftirqd (MAX_SOFTIRQ_RESTART). */
const MAX_RESTART = 10;

/**
 * __do_softirq(): runs the pending vectors in order, several rounds. The caller has set up the context. What a handler leaves of
 * preempt_count() is put right after it.
 */
export function* runSoftirqs(machine: Machine, cpu: Cpu): Op<void> {
  for (let round = 0; round < MAX_RESTART && cpu.softirqPending !== 0; round++) {
    const pending = cpu.softirqPending;
    cpu.softirqPending = 0;
    for (let vector = 0; pending >> vector !== 0; vector++) {
      if ((pending & (1 << vector)) === 0) continue;
      const body = machine.softirqs.handler(vector);
      if (body === undefined) continue;
      machine.emit.sink.softirqEntry(machine.emit.stamp(cpu, machine.now), vector);
      const count = preemptCount(machine, cpu);
      yield* body();
      machine.emit.sink.softirqExit(machine.emit.stamp(cpu, machine.now), vector);
      setPreemptCount(machine, cpu, count);
    }
  }
}

/** What preempt_count() counts beside interrupts. On PREEMPT_RT bottom halves are counted elsewhere. */
export interface PreemptCount {
  readonly preempt: number;
  readonly bh: number;
}

export function preemptCount({ config }: Machine, { preemptCount, bhCount }: Cpu): PreemptCount {
  return { preempt: preemptCount, bh: config.preemptRt ? 0 : bhCount };
}

/** preempt_count_set() of {@link preemptCount} before a handler that did not leave it so (after handlers of soft interrupts and of timers). */
export function setPreemptCount({ config }: Machine, cpu: Cpu, { preempt, bh }: PreemptCount): void {
  if (cpu.preemptCount === preempt && (config.preemptRt || cpu.bhCount === bh)) return;
  cpu.preemptCount = preempt;
  if (!config.preemptRt) cpu.bhCount = bh;
  cpu.refresh();
}
