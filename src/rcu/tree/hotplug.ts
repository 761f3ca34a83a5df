import type { Cpu, Op } from '../../sim/index.js';
import { entrain } from './barrier.js';
import { advance } from './gp-request.js';
import { callNocbWake, deferredWakeup, flushBypass } from './nocb.js';
import { reportQsNode } from './quiescent.js';
import { deferredQs } from './reader.js';
import { needsDeferredQs } from './reader-state.js';
import type { TreeRcu } from './tree-rcu.js';

/** Lets RCU follow CPUs that come and go: kernel/rcu/tree.c, rcutree_prepare_cpu() and what follows it. */
export function hookHotplug(rcu: TreeRcu): void {
  const { hooks } = rcu.kernel;
  hooks.cpuPrepare = (cpu) => prepare(rcu, cpu);
  hooks.cpuStarting = (cpu) => starting(rcu, cpu);
  hooks.cpuDying = (cpu) => reportDead(rcu, cpu);
  hooks.cpuDead = (cpu) => migrateCallbacks(rcu, cpu);
}

/** rcutree_prepare_cpu(): what was left of its last life is no longer true. */
function* prepare(rcu: TreeRcu, cpu: Cpu): Op<void> {
  const data = rcu.dataOf(cpu.id);
  const { node } = data;
  data.blimit = rcu.config.blimit;
  data.qlenLast = 0;
  const flags = yield* node.lock.lockIrqsave();
  data.gpSeq = node.gpSeq;
  data.gpSeqNeeded = node.gpSeq;
  data.cpuNoQs = true;
  data.coreNeedsQs = false;
  yield* node.lock.unlockIrqrestore(flags);
}

/** rcutree_report_cpu_starting(): from now on grace periods wait for this CPU; interrupts off. */
function* starting(rcu: TreeRcu, cpu: Cpu): Op<void> {
  const data = rcu.dataOf(cpu.id);
  const { node, grpmask } = data;
  yield* rcu.offlineLock.lock();
  yield* node.lock.lock();
  if (!rcu.has('hotplug-forgotten')) node.qsmaskInitNext |= grpmask;
  // A grace period that began before it went away may still wait for it: it has had no reader.
  if ((node.qsmask & grpmask) !== 0) yield* reportQsNode(rcu, grpmask, node, node.gpSeq, 0);
  else yield* node.lock.unlock();
  yield* rcu.offlineLock.unlock();
}

/** rcutree_report_cpu_dead(): no grace period waits for this CPU any more; the last thing that it does, interrupts off. */
function* reportDead(rcu: TreeRcu, cpu: Cpu): Op<void> {
  const data = rcu.dataOf(cpu.id);
  const { node, grpmask } = data;
  data.stopTick();
  yield* deferredWakeup(rcu, data);
  const reader = rcu.readerOf(cpu.current);
  if (needsDeferredQs(reader)) yield* deferredQs(rcu, reader, 0);
  yield* rcu.offlineLock.lock();
  yield* node.lock.lock();
  if ((node.qsmask & grpmask) !== 0) {
    yield* reportQsNode(rcu, grpmask, node, node.gpSeq, 0);
    yield* node.lock.lock();
  }
  node.qsmaskInitNext &= ~grpmask;
  yield* node.lock.unlock();
  yield* rcu.offlineLock.unlock();
}

/**
 * rcutree_migrate_callbacks(): the CPU that plugs takes over what the dead one was to invoke, and ties it to a grace period anew. An
 * offloaded CPU's threads go on without it.
 */
function* migrateCallbacks(rcu: TreeRcu, cpu: Cpu): Op<void> {
  const dead = rcu.dataOf(cpu.id);
  if (dead.nocb !== undefined) return;
  const flags = yield* rcu.barrierLock.lockIrqsave();
  rcu.warn(dead.invoking === 0, 'a CPU died in the middle of its callbacks');
  if (dead.callbacks.length === 0) {
    yield* rcu.barrierLock.unlockIrqrestore(flags);
    return;
  }
  // A barrier that is still to come by must find its callback behind these.
  yield* entrain(rcu, dead);
  const own = rcu.own;
  const { node, nocb } = own;
  if (nocb !== undefined) {
    yield* nocb.lock.lock();
    yield* flushBypass(rcu, own);
  }
  yield* node.lock.lock();
  let wake = yield* advance(rcu, node, dead);
  wake = (yield* advance(rcu, node, own)) || wake;
  if (rcu.has('dead-callbacks-lost')) dead.callbacks.takeAll();
  else if (rcu.has('dead-callbacks-done')) dead.callbacks.advance(Number.POSITIVE_INFINITY);
  own.callbacks.merge(dead.callbacks);
  yield* rcu.barrierLock.unlock();
  wake = (yield* advance(rcu, node, own)) || wake;
  yield* node.lock.unlock();
  own.wantTick();
  if (nocb === undefined) yield* rcu.kernel.localIrqRestore(flags);
  else yield* callNocbWake(rcu, own, true, flags);
  if (wake) yield* rcu.wakeGpKthread();
}
