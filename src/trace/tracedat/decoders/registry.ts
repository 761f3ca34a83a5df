import type { EventFormat } from '../format-text.js';
import * as alloc from './alloc.js';
import type { DecodeContext, DecoderFactory, EventDecoder } from './decoder.js';
import * as irq from './irq.js';
import * as lock from './lock.js';
import * as sched from './sched.js';

/** Which events are read, by name; the format decides what of them is there. */
const FACTORIES: ReadonlyMap<string, DecoderFactory> = new Map<string, DecoderFactory>([
  ['lock_acquire', lock.lockAcquire],
  ['lock_release', lock.lockRelease],
  ['lock_contended', lock.lockContended],
  ['lock_acquired', lock.lockAcquired],
  ['lock_downgrade', lock.lockDowngrade],
  ['lock_set_class', lock.lockSetClass],
  ['lock_free_check', lock.lockFreeCheck],
  ['lock_softirqs', lock.lockSoftirqs],
  ['lock_selftest', lock.lockSelftest],
  // Event probes on lock_acquire and lock_release, as the recording recipe names them.
  ['acquire', lock.inProbe(lock.lockAcquire)],
  ['release', lock.inProbe(lock.lockRelease)],
  ['irq_enable', irq.irqEnable],
  ['irq_disable', irq.irqDisable],
  ['preempt_enable', irq.preemptEnable],
  ['preempt_disable', irq.preemptDisable],
  ['irq_handler_entry', irq.irqHandlerEntry],
  ['irq_handler_exit', irq.irqHandlerExit],
  ['softirq_entry', irq.softirqEntry],
  ['softirq_exit', irq.softirqExit],
  ['sys_enter', irq.systemCall],
  ['sys_exit', irq.systemCall],
  ['sched_switch', sched.schedSwitch],
  ['sched_process_fork', sched.schedFork],
  ['sched_process_exit', sched.schedExit],
  ['kmalloc', alloc.kmalloc],
  ['kmalloc_node', alloc.kmalloc],
  ['kfree', alloc.kfree],
  ['kmem_cache_alloc', alloc.cacheAlloc],
  ['kmem_cache_alloc_node', alloc.cacheAlloc],
  ['kmem_cache_free', alloc.cacheFree],
  ['mm_page_alloc', alloc.pageAlloc],
  ['mm_page_free', alloc.pageFree],
  ['mm_page_free_batched', alloc.pageFreeBatched],
  ['percpu_alloc_percpu', alloc.percpuAlloc],
  ['percpu_free_percpu', alloc.percpuFree],
  ['alloc_vmap_area', alloc.vmallocAlloc],
  ['free_vmap_area_noflush', alloc.vmallocFree],
]);

/** Systems whose events of these names are something else: ftrace's own, and system calls by name. */
const OTHER_SYSTEMS: ReadonlySet<string> = new Set(['ftrace', 'syscalls']);

/** Decoders by event id, for the formats that lockvet reads. Ids without one are skipped when they occur. */
export function makeDecoders(context: DecodeContext, formats: readonly EventFormat[]): (EventDecoder | undefined)[] {
  const decoders = new Array<EventDecoder | undefined>(65536).fill(undefined);
  for (const format of formats) {
    if (OTHER_SYSTEMS.has(format.system)) continue;
    const decoder = FACTORIES.get(format.name)?.(context, format);
    if (decoder) decoders[format.id] = decoder;
  }
  return decoders;
}
