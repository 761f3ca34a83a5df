/**
 * RCU as Linux has it, on the simulated kernel: what scenarios import as `lockvet/rcu`. See README.md beside this file.
 */
export { FAULTS, type FaultName } from './faults.js';
export { type KvfreeOptions, KvfreeRcu, type KvfreeStats } from './kvfree/kvfree-rcu.js';
export { PAGE_WAYS, type PageWay } from './kvfree/page-source.js';
export { isAllowed, LITMUS_FLAVOURS, type LitmusFlavour, ring } from './litmus.js';
export type { RcuOptions } from './options.js';
export { SRCU_FAULTS, type SrcuFaultName } from './srcu/faults.js';
export type { SrcuOptions } from './srcu/options.js';
export type { SrcuIndex } from './srcu/reader.js';
export { type SrcuCookie, type SrcuStats, SrcuStruct } from './srcu/srcu-struct.js';
export { type SrcuTortureOptions, srcuTorture } from './srcu/torture.js';
export { TASKS_FAULTS, type TasksFaultName } from './tasks/faults.js';
export { type TasksOptions, TasksRcu, type TasksStats } from './tasks/tasks-rcu.js';
export { type TasksTortureOptions, tasksTorture } from './tasks/torture.js';
export { TINY_FAULTS, type TinyFaultName } from './tiny/faults.js';
export { installTinyRcu, type TinyCookie, type TinyOptions, TinyRcu, type TinyStats } from './tiny/tiny-rcu.js';
export { type TinyTortureOptions, tinyTorture } from './tiny/torture.js';
export { type TortureOptions, type TortureResult, torture } from './torture.js';
export { installTreeRcu, type RcuStats, TreeRcu } from './tree/tree-rcu.js';
export type { GpCookie } from './tree/waiting.js';
