/** When the script reads the ring buffer: all the while, or once when recording is over. */
export type ReadMode = 'stream' | 'end';

/** What the recording script does. */
export interface RecordSettings {
  /** File that the script writes, on the machine that is recorded. */
  readonly output: string;
  /** Seconds to record; undefined: until the command ends or the user stops it. */
  readonly duration: number | undefined;
  /** Command to record around; empty: none. */
  readonly command: readonly string[];
  /** Size of the ring buffer in KiB a CPU. */
  readonly bufferKb: number;
  readonly read: ReadMode;
  /** Groups of {@link EVENT_GROUPS} to record beside the lock events. */
  readonly groups: readonly EventGroup[];
  /** Use the stock lock events even where event probes could tell more. */
  readonly stockEvents: boolean;
  /** The script only says what it would do. */
  readonly dryRun: boolean;
}

/** What is recorded beside acquisitions and releases, where the kernel has it; in the order in which it is switched on. */
export const EVENT_GROUPS = {
  irq: ['irq/irq_handler_entry', 'irq/irq_handler_exit', 'irq/softirq_entry', 'irq/softirq_exit'],
  preemptirq: ['preemptirq/irq_disable', 'preemptirq/irq_enable'],
  preempt: ['preemptirq/preempt_disable', 'preemptirq/preempt_enable'],
  sched: ['sched/sched_switch', 'sched/sched_process_fork', 'sched/sched_process_exit'],
  kmem: [
    'kmem/kmalloc',
    'kmem/kmalloc_node',
    'kmem/kfree',
    'kmem/kmem_cache_alloc',
    'kmem/kmem_cache_alloc_node',
    'kmem/kmem_cache_free',
    'kmem/mm_page_alloc',
    'kmem/mm_page_free',
    'kmem/mm_page_free_batched',
    'percpu/percpu_alloc_percpu',
    'percpu/percpu_free_percpu',
  ],
} as const;
export type EventGroup = keyof typeof EVENT_GROUPS;

/** Lock events beside acquire and release: contention, and what extended kernels tell of their lockdep. */
export const LOCK_EVENTS = [
  'lock/lock_contended',
  'lock/lock_acquired',
  'lock/lock_set_class',
  'lock/lock_downgrade',
  'lock/lock_free_check',
  'lock/lock_softirqs',
  'lock/lock_selftest',
] as const;

/** What is recorded when nothing else is asked for: `preempt` is left out, as the flags column has the depth already. */
export const DEFAULT_GROUPS: readonly EventGroup[] = ['irq', 'preemptirq', 'sched', 'kmem'];
export const DEFAULT_OUTPUT = 'lockvet-trace.txt';
export const DEFAULT_BUFFER_KB = 16384;
