import { Access } from '../../explore/strategy.js';
import type { Cpu, Op, Task } from '../../sim/index.js';
import type { IrqFlags } from '../../sim/lock/irq-mode.js';
import type { OpKind } from '../../sim/op.js';
import { noteQs, reportUnblocked } from './quiescent.js';
import { needsDeferredQs, type ReaderState } from './reader-state.js';
import type { TreeRcu } from './tree-rcu.js';

/** rcu_read_lock(): one level deeper. */
export const READ_LOCK: OpKind<TreeRcu, void> = {
  label: 'rcu_read_lock',
  access: Access.Write,
  cost: 2,
  attempt(_machine, rcu, op) {
    rcu.map.acquireNow(op, 2);
    const reader = rcu.readerOf(op.frame.task);
    reader.nesting++;
    rcu.warn(rcu.own.isWatching, 'rcu_read_lock() where RCU does not watch: an idle CPU');
    return true;
  },
};

/** The counting half of rcu_read_unlock(): true when it was the outermost and has something to report. */
export const READ_UNLOCK: OpKind<TreeRcu, boolean> = {
  label: 'rcu_read_unlock',
  access: Access.Write,
  cost: 2,
  attempt(machine, rcu, op) {
    if (machine.tracksOrder) machine.ordering.release(rcu, op.frame);
    rcu.map.releaseNow();
    const reader = rcu.readerOf(op.frame.task);
    reader.nesting--;
    rcu.warn(reader.nesting >= 0, 'rcu_read_unlock() without rcu_read_lock()');
    op.value = needsDeferredQs(reader);
    return true;
  },
};

/**
 * The end of a section that was switched out or has held a grace period up. Where the surroundings still keep the CPU from being
 * quiescent (preemption, bottom halves or interrupts off) the report is left to the next tick. rcu_read_unlock_special()
 */
export function* unlockSpecial(rcu: TreeRcu): Op<void> {
  const { kernel, machine } = rcu;
  const flags = yield* kernel.localIrqSave();
  const cpu = machine.cpu;
  const reader = rcu.readerOf(machine.frame.task);
  if (isAtomic(rcu, cpu) || flags === 0) {
    if (rcu.has('deferred-lost')) reader.blocked = false;
    rcu.own.wantTick(true);
    yield* kernel.localIrqRestore(flags);
    return;
  }
  yield* deferredQs(rcu, reader, flags);
}

/** Preemption or bottom halves are off, or an interrupt runs: a reader by its surroundings, since RCU's flavours are one. */
export function isAtomic(rcu: TreeRcu, cpu: Cpu): boolean {
  return cpu.preemptCount > 0 || cpu.hardirqDepth > 0 || (cpu.bhCount > 0 && !rcu.kernel.preemptRt);
}

/** Reports what the reader left to report; interrupts off, `flags` are restored. rcu_preempt_deferred_qs_irqrestore() */
export function* deferredQs(rcu: TreeRcu, reader: ReaderState, flags: IrqFlags): Op<void> {
  if (reader.needQs) {
    reader.needQs = false;
    noteQs(rcu.own);
  }
  reader.expHint = false;
  yield* rcu.expedited.reportOwn(rcu.own);
  const { node } = reader;
  if (!reader.blocked || node === undefined) {
    yield* rcu.kernel.localIrqRestore(flags);
    return;
  }
  reader.blocked = false;
  yield* node.lock.lock();
  const held = node.readersBlockGp;
  const wasDone = node.expDone;
  const at = node.blocked.findIndex((entry) => entry.reader === reader);
  node.blocked.splice(at, 1);
  reader.node = undefined;
  rcu.warn(at >= 0, 'a switched-out reader is not on its leaf');
  const isLast = !wasDone && node.expDone;
  const boost = node.boost?.boosts(reader) === true && !rcu.has('boost-never-undone') ? node.boost : undefined;
  if (held && !node.readersBlockGp && !rcu.has('unblock-unreported')) yield* reportUnblocked(rcu, node, flags);
  else yield* node.lock.unlockIrqrestore(flags);
  // Before it falls back to a priority at which it may not run for long.
  if (isLast) yield* rcu.expedited.reportReader(node);
  if (boost !== undefined) yield* boost.unboost();
}

/**
 * The scheduler is about to switch from `prev`, interrupts off. A reader that is switched out goes onto this CPU's leaf and holds
 * up the grace period there, so that the CPU itself is quiescent. rcu_note_context_switch()
 */
export function* noteContextSwitch(rcu: TreeRcu, cpu: Cpu, prev: Task): Op<void> {
  const data = rcu.dataOf(cpu.id);
  const reader = rcu.readerOf(prev);
  if (reader.nesting > 0 && !reader.blocked) {
    const { node } = data;
    if (!rcu.has('forget-blocked')) {
      yield* node.lock.lock();
      reader.blocked = true;
      reader.node = node;
      node.blocked.unshift({
        reader,
        blocksGp: (node.qsmask & data.grpmask) !== 0,
        blocksExp: (node.expmask & data.grpmask) !== 0,
        needsBoost: false,
      });
      yield* node.lock.unlock();
    }
  } else if (needsDeferredQs(reader)) {
    yield* deferredQs(rcu, reader, 0);
  }
  noteQs(data);
  yield* rcu.expedited.reportOwn(data);
}
