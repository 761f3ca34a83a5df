import { Access } from '../../explore/strategy.js';
import type { Op, RtMutex } from '../../sim/index.js';
import type { IrqFlags } from '../../sim/lock/irq-mode.js';
import type { OpKind } from '../../sim/op.js';
import { KickedThread } from '../../sim/work/kicked.js';
import type { BlockedReader, RcuNode } from './node.js';
import type { ReaderState } from './reader-state.js';
import type { TreeRcu } from './tree-rcu.js';

const WAKE: OpKind<KickedThread, void> = {
  label: 'wake_up_process',
  access: Access.Write,
  cost: 20,
  attempt(_machine, thread) {
    if (thread.kicks === 0) thread.kick();
    return true;
  },
};

/**
 * rcub/N, the boost thread of a leaf: readers that were switched out and hold a grace period up get its priority, one after the other,
 * by a mutex that is made theirs and that it then waits for (kernel/rcu/tree_plugin.h, rcu_boost()).
 */
export class BoostThread {
  readonly #rcu: TreeRcu;
  readonly #node: RcuNode;
  readonly #mutex: RtMutex;
  readonly #thread: KickedThread;

  constructor(rcu: TreeRcu, node: RcuNode) {
    this.#rcu = rcu;
    this.#node = node;
    this.#mutex = rcu.kernel.rtMutex('rcu_node_boost');
    const options = { priority: rcu.config.kthreadPrio };
    this.#thread = new KickedThread(rcu.machine, `rcub/${node.lowCpu}`, options, () => this.#run());
  }

  /** Boosts this reader at the moment. */
  boosts(reader: ReaderState): boolean {
    return this.#mutex.owner() === reader.task;
  }

  wake(): Op<void> {
    return this.#rcu.machine.arm(WAKE, this.#thread);
  }

  /** The reader is through: its own priority again. Any context, no lock held. */
  unboost(): Op<void> {
    return this.#mutex.takeBack();
  }

  /** rcu_boost_kthread() */
  *#run(): Op<void> {
    const node = this.#node;
    for (;;) {
      const flags = yield* node.lock.lockIrqsave();
      const entry = next(node);
      const given = entry !== undefined;
      if (given) this.#mutex.giveTo(entry.reader.task);
      yield* node.lock.unlockIrqrestore(flags);
      if (!given) return;
      this.#rcu.stats.boosted++;
      // Waiting for it is what boosts.
      yield* this.#mutex.lock();
      yield* this.#mutex.unlock();
    }
  }
}

/** Those of an expedited grace period first; the oldest of each. A task in its last switch is about to leave by itself. */
function next(node: RcuNode): BlockedReader | undefined {
  const last = (holdsUp: (entry: BlockedReader) => boolean) =>
    node.blocked.findLast((entry) => !entry.reader.task.dead && holdsUp(entry));
  return last((entry) => entry.blocksExp) ?? last((entry) => entry.needsBoost);
}

/**
 * Has the readers boosted that alone still hold a leaf's grace period up, when that has lasted long enough. Leaf locked on entry,
 * released on return. rcu_initiate_boost()
 */
export function* initiateBoost(rcu: TreeRcu, leaf: RcuNode, flags: IrqFlags): Op<void> {
  rcu.assertHeld(leaf);
  const { boost } = leaf;
  const late = leaf.qsmask === 0 && leaf.readersBlockGp && rcu.kernel.jiffies >= leaf.boostTime;
  if (boost === undefined || rcu.has('boost-never') || !(late || leaf.readersBlockExp)) {
    yield* leaf.lock.unlockIrqrestore(flags);
    return;
  }
  if (late) for (const entry of leaf.blocked) entry.needsBoost ||= entry.blocksGp;
  yield* leaf.lock.unlockIrqrestore(flags);
  yield* boost.wake();
}
