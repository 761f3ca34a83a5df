/** Single faults that can be put into SRCU by name, as those of Tree RCU (`../faults.ts`). */
export const SRCU_FAULTS = {
  'srcu-no-flip': 'a grace period waits for the old index twice and never flips',
  'srcu-index-stuck':
    'readers count on the first index, whichever is current: new ones hold up what waits for old ones',
  'srcu-skip-first-scan': 'the flip does not wait for readers that are late on the index it flips to',
  'srcu-skip-second-scan': 'a grace period ends with the flip',
  'srcu-locks-first': 'the check for readers sums up locks before unlocks',
  'srcu-one-cpu-missing': 'the check for readers leaves out a CPU',
  'srcu-unlock-current': 'a reader ends on the index that is current, not on its own',
  'srcu-snapshot-early': 'callbacks wait for the running grace period, which may have begun before them',
  'srcu-lost-requeue': 'the work item that found readers is not queued again',
  'srcu-leaf-unmarked': 'a leaf forgets which CPUs have callbacks',
  'srcu-node-locks-nested': 'the funnel keeps a node locked while it takes its parent',
  'srcu-callbacks-under-lock': 'callbacks are invoked with the lock of their list held',
  'srcu-barrier-skips-cpu': 'srcu_barrier() leaves out a CPU',
  'srcu-barrier-forgets-invoked':
    'srcu_barrier() does not wait for callbacks that were taken off their list and are being invoked',
  'srcu-cleanup-unflushed': 'cleanup_srcu_struct() does not wait for the work items that are still at it',
  'srcu-invoke-all': 'callbacks that wait for a grace period are invoked with the ready ones',
} as const;

export type SrcuFaultName = keyof typeof SRCU_FAULTS;
