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
  /** The CPU goes to user mode / comes back into the kernel (context tracking); no operations. */
  userEnter: ((cpu: Cpu) => void) | undefined = undefined;
  userExit: ((cpu: Cpu) => void) | undefined = undefined;
  /** An interrupt begins / ends on the CPU; no operations. */
  irqEnter: ((cpu: Cpu) => void) | undefined = undefined;
  irqExit: ((cpu: Cpu) => void) | undefined = undefined;
  /** A task has exited, its last switch is to come; no operations. */
  taskExit: ((task: Task) => void) | undefined = undefined;
  /** CPU hotplug, by the task that plugs: before the CPU starts, and when it is dead (CPUHP_*_PREPARE, CPUHP_*_DEAD). */
  cpuPrepare: ((cpu: Cpu) => Op<void>) | undefined = undefined;
  cpuDead: ((cpu: Cpu) => Op<void>) | undefined = undefined;
  /** On the CPU itself, interrupts off: the first thing it does, and the last (CPUHP_AP_*_STARTING, ..._DYING). */
  cpuStarting: ((cpu: Cpu) => Op<void>) | undefined = undefined;
  cpuDying: ((cpu: Cpu) => Op<void>) | undefined = undefined;
  /** In the CPU's own thread cpuhp/N, which may sleep: it has come, it will go (CPUHP_AP_*_ONLINE). */
  cpuOnline: ((cpu: Cpu) => Op<void>) | undefined = undefined;
  cpuOffline: ((cpu: Cpu) => Op<void>) | undefined = undefined;
}
