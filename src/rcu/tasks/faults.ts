/** Single faults that can be put into Tasks RCU by name, as those of Tree RCU (`../faults.ts`). */
export const TASKS_FAULTS = {
  'tasks-preemption-counts': 'being preempted counts as a voluntary switch',
  'tasks-preempted-skipped': 'tasks that are runnable but do not run are not waited for',
  'tasks-running-skipped': 'tasks that run when the scan comes by are not waited for',
  'tasks-snapshot-stale': 'the scan does not note how often a task has switched: an old switch ends its wait',
  'tasks-not-framed': 'no grace periods of RCU before and after the scan: interrupts of idle CPUs are not waited for',
  'tasks-look-once': 'who is still there at the second look is not waited for any longer',
  'tasks-invoke-all': 'callbacks that wait for a grace period are invoked with the ready ones',
  'tasks-snapshot-early': 'callbacks wait for the running grace period, which may have begun before them',
  'tasks-lost-wakeup': 'nobody wakes the kthread for a callback',
  'tasks-first-queue-only': 'only the first queue is looked at when callbacks are invoked',
  'tasks-barrier-forgets-invoked':
    'rcu_barrier_tasks() does not wait for callbacks that were taken off their queue and are being invoked',
  'tasks-wait-idle-task': 'a task that sleeps is waited for until it switches again',
} as const;

export type TasksFaultName = keyof typeof TASKS_FAULTS;
