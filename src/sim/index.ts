/**
 * The simulated kernel: what scenarios import as `lockvet/sim`. See docs/sim.md.
 */
export { Gfp } from '../model/gfp.js';
export type { KernelOptions } from './config.js';
export { ScenarioError } from './errors.js';
export { Kernel } from './kernel.js';
export type { IrqFlags } from './lock/irq-mode.js';
export { Mutex } from './lock/mutex.js';
export { Lock } from './lock/primitive.js';
export { RawSpinlock } from './lock/raw-spinlock.js';
export { RtMutex } from './lock/rt-mutex.js';
export { Spinlock } from './lock/spinlock.js';
export type { LockOptions } from './lockdep-map.js';
export { Outcome } from './machine.js';
export type { Body, Op } from './op.js';
export { type Scenario, type ScenarioOptions, type Simulation, scenario, simulate } from './scenario.js';
export { Sites } from './sites.js';
export { Task, type TaskOptions } from './task.js';
