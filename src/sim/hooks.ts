import type { Cpu } from './cpu.js';
import type { Op } from './op.js';
import type { Task } from './task.js';

/** Places where a subsystem such as RCU takes part in the kernel's own paths. At most one subscriber each. */
export class Hooks {
  /**
   * Before each switch, in the context of the task that leaves, interrupts off (rcu_note_context_switch()).
   * `preempted`: it goes involuntarily.
   */
  contextSwitch: ((cpu: Cpu, prev: Task, preempted: boolean) => Op<void> | undefined) | undefined = undefined;
  /** The CPU goes idle / leaves idle (dyntick); no operations. */
  idleEnter: ((cpu: Cpu) => void) | undefined = undefined;
  idleExit: ((cpu: Cpu) => void) | undefined = undefined;
  /** An interrupt begins / ends on the CPU; no operations. */
  irqEnter: ((cpu: Cpu) => void) | undefined = undefined;
  irqExit: ((cpu: Cpu) => void) | undefined = undefined;
  /** A task has exited; no operations. */
  taskExit: ((task: Task) => void) | undefined = undefined;
  /** CPU hotplug: before a CPU goes away, and after one came; run by the task that plugs. */
  cpuDown: ((cpu: Cpu) => Op<void>) | undefined = undefined;
  cpuUp: ((cpu: Cpu) => Op<void>) | undefined = undefined;
}
