import { Access } from '../../explore/strategy.js';
import type { Body, Op } from '../../sim/index.js';
import type { OpKind } from '../../sim/op.js';
import type { Callback } from '../callback-list.js';
import { seqSnap } from '../sequence.js';
import type { TreeRcu } from './tree-rcu.js';

/** Puts a callback onto one of the lists of a CPU. `b`: where to. */
const ENQUEUE: OpKind<TreeRcu, void> = {
  label: 'rcu_segcblist_enqueue',
  access: Access.Write,
  cost: 5,
  attempt(machine, rcu, op) {
    if (machine.tracksOrder) machine.ordering.release(rcu, op.frame);
    (op.b as () => void)();
    rcu.stats.queued++;
    return true;
  },
};

/** A callback as lists hold it. */
export function newCallback(rcu: TreeRcu, invoke: Body): Callback {
  return { invoke, notBefore: seqSnap(rcu.gpSeq) };
}

/** One operation: `put` adds the callback to a list. */
export function enqueue(rcu: TreeRcu, put: () => void): Op<void> {
  return rcu.machine.arm(ENQUEUE, rcu, 0, put);
}
