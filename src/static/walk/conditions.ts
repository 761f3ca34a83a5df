import { Gfp } from '../../model/gfp.js';
import type { TreeCall } from '../ir/tree.js';
import { maskOf } from './gfp-text.js';
import type { Moment } from './lock-state.js';
import type { Condition } from './table.js';
import type { Thing } from './thing.js';
import { numberOf, type Value } from './value.js';
import type { Frame, State, Walk } from './walk.js';

/** What steps of one call share. */
export interface Doing {
  readonly w: Walk;
  readonly f: Frame;
  readonly object: Thing;
  readonly args: readonly Value[];
  readonly e: TreeCall;
  readonly moment: Moment;
  /** Flags that `irq save` returned and `irq restore` of a guard gets back, by the part that they belong to. */
  readonly saved: Map<string, Value>;
  readonly part: string;
}

/** Whether a step's condition holds in a state. */
export function holds(d: Doing, s: State, condition: Condition): boolean {
  const { w } = d;
  const mask = maskOf(d.args.find((arg) => maskOf(arg) !== undefined && d.args.indexOf(arg) === gfpPosition(d)));
  switch (condition) {
    case 'rt':
      return w.config.preemptRt;
    case 'nort':
      return !w.config.preemptRt;
    case 'reclaim':
      return mask !== undefined && (mask & Gfp.DIRECT_RECLAIM) !== 0;
    case 'fs':
      return mask !== undefined && (mask & Gfp.FS) !== 0;
    case 'kswapd':
      return mask !== undefined && (mask & Gfp.KSWAPD_RECLAIM) !== 0;
    case 'exception':
      return isException(d, s, mask);
    case 'ordinary':
      return !isException(d, s, mask);
    case 'zone-raw':
      return w.config.zoneRaw;
    case 'zone-spin':
      return !w.config.zoneRaw;
    case 'wait-queue':
      return !w.config.kswapdRcuwait;
    case 'rcuwait':
      return w.config.kswapdRcuwait;
  }
}

/** Position of the gfp argument: the second of those that take a size first. */
function gfpPosition(d: Doing): number {
  return d.e.p === 'kmalloc' || d.e.p === 'allocPercpu' ? 1 : 0;
}

/** GFP_RT_NOWAIT for one page where nothing can preempt: the allocator stays off zone->lock. */
function isException(d: Doing, s: State, mask: number | undefined): boolean {
  if (!d.w.config.gfpRtNowait || mask !== Gfp.GFP_RT_NOWAIT) return false;
  if (d.e.p === 'allocPages' && numberOf(d.args[1]) !== 0) return false;
  return !preemptible(d, s);
}

/** Whether it runs in an interrupt: soft interrupts of PREEMPT_RT are part of tasks. */
export function inInterrupt(d: Doing): boolean {
  const { kind } = d.f.root.base;
  return kind === 'hardirq' || kind === 'nmi' || (kind === 'softirq' && !d.w.config.preemptRt);
}

/** preemptible() */
export function preemptible(d: Doing, s: State): boolean {
  const { config } = d.w;
  return (
    config.preemptCount &&
    s.locks.preempt === 0 &&
    !s.locks.irqsOff &&
    !inInterrupt(d) &&
    (config.preemptRt || s.locks.bh === 0)
  );
}
