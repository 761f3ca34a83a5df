/** Single faults that can be put into Tiny RCU by name, as those of Tree RCU (`../faults.ts`). */
export const TINY_FAULTS = {
  'tiny-quiescent-in-reader': 'the tick takes what it interrupts for quiescent, also inside a reader',
  'tiny-ready-kept': 'callbacks that were invoked still count as ready: as many new ones raise no soft interrupt',
  'tiny-invoke-all': 'callbacks that wait for a quiescent state are invoked with the ready ones',
  'tiny-reader-preemptible': 'rcu_read_lock() leaves preemption on',
  'tiny-lost-softirq': 'a quiescent state does not raise the soft interrupt',
  'tiny-list-unguarded': 'call_rcu() leaves interrupts on while it appends',
} as const;

export type TinyFaultName = keyof typeof TINY_FAULTS;
