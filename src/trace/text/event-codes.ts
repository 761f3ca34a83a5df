import { hashRange } from './ascii.js';

/** Events that are read, by the number that the line dispatcher switches on. */
export const Code = {
  /** Any other event: counted, not looked at. */
  Other: 0,
  LockAcquire: 1,
  LockRelease: 2,
  LockContended: 3,
  LockAcquired: 4,
  LockSetClass: 5,
  LockDowngrade: 6,
  LockFreeCheck: 7,
  LockSoftirqs: 8,
  LockSelftest: 9,
  ProbeAcquire: 10,
  ProbeRelease: 11,
  IrqEnable: 12,
  IrqDisable: 13,
  PreemptEnable: 14,
  PreemptDisable: 15,
  IrqEntry: 16,
  IrqExit: 17,
  SoftirqEntry: 18,
  SoftirqExit: 19,
  SchedSwitch: 20,
  SchedFork: 21,
  SchedExit: 22,
  SystemCall: 23,
  KmallocAlloc: 24,
  KmallocFree: 25,
  CacheAlloc: 26,
  CacheFree: 27,
  PageAlloc: 28,
  PageFree: 29,
  PageFreeBatched: 30,
  PercpuAlloc: 31,
  PercpuFree: 32,
  VmallocAlloc: 33,
  VmallocFree: 34,
  OwnAlloc: 35,
  OwnFree: 36,
  WaitBegin: 37,
  WaitEnd: 38,
  WakeUp: 39,
  MightSleep: 40,
  RcuDereference: 41,
  LockdepOff: 42,
  LockdepOn: 43,
  UserMode: 44,
  OwnIrqEnable: 45,
  OwnIrqDisable: 46,
  OwnPreemptEnable: 47,
  OwnPreemptDisable: 48,
  KernelReport: 49,
  PerfLost: 50,
} as const;

/** Codes by event name: the kernel's tracepoints, the recipe's event probes, and lockvet's own (`lockvet_...`). */
export const CODE_OF_EVENT: ReadonlyMap<string, number> = new Map<string, number>([
  ['lock_acquire', Code.LockAcquire],
  ['lock_release', Code.LockRelease],
  ['lock_contended', Code.LockContended],
  ['lock_acquired', Code.LockAcquired],
  ['lock_set_class', Code.LockSetClass],
  ['lock_downgrade', Code.LockDowngrade],
  ['lock_free_check', Code.LockFreeCheck],
  ['lock_softirqs', Code.LockSoftirqs],
  ['lock_selftest', Code.LockSelftest],
  ['acquire', Code.ProbeAcquire],
  ['release', Code.ProbeRelease],
  ['irq_enable', Code.IrqEnable],
  ['irq_disable', Code.IrqDisable],
  ['preempt_enable', Code.PreemptEnable],
  ['preempt_disable', Code.PreemptDisable],
  ['irq_handler_entry', Code.IrqEntry],
  ['irq_handler_exit', Code.IrqExit],
  ['softirq_entry', Code.SoftirqEntry],
  ['softirq_exit', Code.SoftirqExit],
  ['sched_switch', Code.SchedSwitch],
  ['sched_process_fork', Code.SchedFork],
  ['sched_process_exit', Code.SchedExit],
  ['sys_enter', Code.SystemCall],
  ['sys_exit', Code.SystemCall],
  ['kmalloc', Code.KmallocAlloc],
  ['kmalloc_node', Code.KmallocAlloc],
  ['kfree', Code.KmallocFree],
  ['kmem_cache_alloc', Code.CacheAlloc],
  ['kmem_cache_alloc_node', Code.CacheAlloc],
  ['kmem_cache_free', Code.CacheFree],
  ['mm_page_alloc', Code.PageAlloc],
  ['mm_page_free', Code.PageFree],
  ['mm_page_free_batched', Code.PageFreeBatched],
  ['percpu_alloc_percpu', Code.PercpuAlloc],
  ['percpu_free_percpu', Code.PercpuFree],
  ['alloc_vmap_area', Code.VmallocAlloc],
  ['free_vmap_area_noflush', Code.VmallocFree],
  ['lockvet_alloc', Code.OwnAlloc],
  ['lockvet_free', Code.OwnFree],
  ['lockvet_wait_begin', Code.WaitBegin],
  ['lockvet_wait_end', Code.WaitEnd],
  ['lockvet_wake_up', Code.WakeUp],
  ['lockvet_might_sleep', Code.MightSleep],
  ['lockvet_rcu_dereference', Code.RcuDereference],
  ['lockvet_lockdep_off', Code.LockdepOff],
  ['lockvet_lockdep_on', Code.LockdepOn],
  ['lockvet_user_mode', Code.UserMode],
  ['lockvet_irq_enable', Code.OwnIrqEnable],
  ['lockvet_irq_disable', Code.OwnIrqDisable],
  ['lockvet_preempt_enable', Code.OwnPreemptEnable],
  ['lockvet_preempt_disable', Code.OwnPreemptDisable],
  ['lockvet_report', Code.KernelReport],
  ['PERF_RECORD_LOST', Code.PerfLost],
]);

const SHIFT = 32 - 9;
const MASK = 511;
const NAMES: readonly Buffer[] = [...CODE_OF_EVENT.keys()].map((name) => Buffer.from(name, 'latin1'));
const CODES = Uint8Array.from(CODE_OF_EVENT.values());
const SLOTS = new Uint8Array(MASK + 1);
for (const [i, name] of NAMES.entries()) {
  let at = Math.imul(hashRange(name, 0, name.length), 0x9e3779b1) >>> SHIFT;
  while (SLOTS[at] !== 0) at = (at + 1) & MASK;
  SLOTS[at] = i + 1;
}

/** {@link Code} of the event name at [start, end) of `buf`, whose hash is `hash`. */
export function codeOfEvent(buf: Uint8Array, start: number, end: number, hash: number): number {
  let at = Math.imul(hash, 0x9e3779b1) >>> SHIFT;
  for (;;) {
    const slot = SLOTS[at];
    if (slot === 0) return Code.Other;
    const name = NAMES[slot - 1];
    if (name.length === end - start) {
      let i = 0;
      while (i < name.length && name[i] === buf[start + i]) i++;
      if (i === name.length) return CODES[slot - 1];
    }
    at = (at + 1) & MASK;
  }
}
