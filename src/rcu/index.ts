/**
 * RCU as Linux has it, on the simulated kernel: what scenarios import as `lockvet/rcu`. See README.md beside this file.
 */
export { FAULTS, type FaultName } from './faults.js';
export { type KvfreeOptions, KvfreeRcu, type KvfreeStats } from './kvfree/kvfree-rcu.js';
export { PAGE_WAYS, type PageWay } from './kvfree/page-source.js';
export type { RcuOptions } from './options.js';
export { SRCU_FAULTS, type SrcuFaultName } from './srcu/faults.js';
export type { SrcuOptions } from './srcu/options.js';
export type { SrcuIndex } from './srcu/reader.js';
export { type SrcuCookie, type SrcuStats, SrcuStruct } from './srcu/srcu-struct.js';
export { type SrcuTortureOptions, srcuTorture } from './srcu/torture.js';
export { type TortureOptions, type TortureResult, torture } from './torture.js';
export { installTreeRcu, type RcuStats, TreeRcu } from './tree/tree-rcu.js';
export type { GpCookie } from './tree/waiting.js';
