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

/** __do_softirq(): runs the pending vectors in order, several rounds. The caller has set up the context. */
export function* runSoftirqs(machine: Machine, cpu: Cpu): Op<void> {
  for (let round = 0; round < MAX_RESTART && cpu.softirqPending !== 0; round++) {
    const pending = cpu.softirqPending;
    cpu.softirqPending = 0;
    for (let vector = 0; pending >> vector !== 0; vector++) {
      if ((pending & (1 << vector)) === 0) continue;
      const body = machine.softirqs.handler(vector);
      if (body === undefined) continue;
      machine.emit.sink.softirqEntry(machine.emit.stamp(cpu, machine.now), vector);
      yield* body();
      machine.emit.sink.softirqExit(machine.emit.stamp(cpu, machine.now), vector);
    }
  }
}
