import type { Op } from '../../sim/index.js';
import { seqState } from '../sequence.js';
import { doBatch } from './callbacks.js';
import type { CpuData } from './cpu-data.js';
import { accelerateUnlocked } from './gp-request.js';
import { deferredWakeup } from './nocb.js';
import { Defer } from './nocb-cpu.js';
import { checkQuiescentState, noteGpChanges, noteQs } from './quiescent.js';
import { deferredQs } from './reader.js';
import { needsDeferredQs } from './reader-state.js';
import type { TreeRcu } from './tree-rcu.js';

/** The clock interrupt: notes a quiescent state of what it interrupted, and sees whether RCU has work here. rcu_sched_clock_irq() */
export function* schedClockIrq(rcu: TreeRcu): Op<void> {
  const data = rcu.own;
  yield* noteInterrupted(rcu, data);
  if (isPending(rcu, data)) rcu.invokeCore(data);
}

/** rcu_flavor_sched_clock_irq() */
function* noteInterrupted(rcu: TreeRcu, data: CpuData): Op<void> {
  const { cpu } = data;
  // The only interrupt of an idle CPU, or of one in user mode.
  if (!data.busy && data.irqNesting === 1) {
    noteQs(data);
    yield* rcu.expedited.reportOwn(data);
    return;
  }
  const reader = rcu.readerOf(cpu.current);
  const section = reader.nesting > 0 && !rcu.has('qs-in-reader');
  const atomic = atomicBelow(rcu, data) && !rcu.has('qs-preempt-off');
  if (section || atomic) {
    if (needsDeferredQs(reader)) cpu.needResched = true;
    const long = data.coreNeedsQs && data.cpuNoQs && rcu.kernel.jiffies > rcu.gpStart + rcu.machine.config.hz;
    if (reader.nesting > 0 && long) reader.needQs = true;
    if (data.cpuNoQs || data.cpuNoQsExp) cpu.needResched = true;
    return;
  }
  if (needsDeferredQs(reader)) {
    const flags = yield* rcu.kernel.localIrqSave();
    yield* deferredQs(rcu, reader, flags);
    return;
  }
  noteQs(data);
  yield* rcu.expedited.reportOwn(data);
}

/** Whether what the clock interrupt came upon was an atomic section. Interrupts were on there, or it could not have come. */
function atomicBelow(rcu: TreeRcu, data: CpuData): boolean {
  const { cpu } = data;
  return cpu.preemptCount > 0 || cpu.hardirqDepth > 1 || (cpu.bhCount > 0 && !rcu.kernel.preemptRt);
}

/** Whether RCU has something to do on this CPU. rcu_pending() */
function isPending(rcu: TreeRcu, data: CpuData): boolean {
  if (data.coreNeedsQs && !data.cpuNoQs) return true;
  const { nocb } = data;
  if (nocb !== undefined && nocb.group.defer >= Defer.Wake) return true;
  if (nocb === undefined && data.callbacks.ready > 0) return true;
  if (nocb === undefined && !rcu.gpInProgress && data.callbacks.untied) return true;
  return data.gpSeq !== data.node.gpSeq;
}

/** RCU's work on a CPU, in RCU_SOFTIRQ, on PREEMPT_RT in rcuc/N. rcu_core() */
export function* rcuCore(rcu: TreeRcu): Op<void> {
  const data = rcu.own;
  const reader = rcu.readerOf(data.cpu.current);
  if (data.cpu.preemptCount === 0 && needsDeferredQs(reader)) {
    const flags = yield* rcu.kernel.localIrqSave();
    yield* deferredQs(rcu, reader, flags);
  } else if (needsDeferredQs(reader)) data.cpu.needResched = true;
  yield* checkQuiescentState(rcu, data);
  const own = data.nocb === undefined;
  if (own && seqState(rcu.gpSeq) === 0 && data.callbacks.untied) {
    const flags = yield* rcu.kernel.localIrqSave();
    if (data.callbacks.untied) yield* accelerateUnlocked(rcu, data);
    yield* rcu.kernel.localIrqRestore(flags);
  }
  if (own && data.callbacks.ready > 0) yield* doBatch(rcu, data);
  yield* deferredWakeup(rcu, data);
  // The leaf was busy at the first look. The kernel leaves it to the next tick; here none may come.
  if (data.gpSeq !== data.node.gpSeq) yield* noteGpChanges(rcu, data, true);
  if (isPending(rcu, data)) rcu.invokeCore(data);
}
