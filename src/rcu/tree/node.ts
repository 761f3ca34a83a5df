import type { Kernel, RawSpinlock } from '../../sim/index.js';
import type { RcuConfig } from '../options.js';
import type { BoostThread } from './boost.js';
import type { ReaderState } from './reader-state.js';

/** A reader that was switched out inside its section, as its leaf node knows it (an entry of blkd_tasks). */
export interface BlockedReader {
  readonly reader: ReaderState;
  /** The running grace period waits for it. The kernel says so by the list's order and `gp_tasks`. */
  blocksGp: boolean;
  /** The running expedited grace period waits for it (`exp_tasks`). */
  blocksExp: boolean;
  /** It is to be boosted (`boost_tasks`). */
  needsBoost: boolean;
}

/**
 * One node of the combining tree (struct rcu_node): `lock` guards everything in it. Locks are taken from the leaves towards the
 * root; nodes of one level share a class, `rcu_node_LEVEL`, and are never held together.
 */
export class RcuNode {
  /** 0: root. */
  readonly level: number;
  readonly parent: RcuNode | undefined;
  /** Bit of this node in its parent's masks. */
  readonly grpmask: number;
  /** First and last CPU below. */
  readonly lowCpu: number;
  readonly highCpu: number;
  readonly lock: RawSpinlock;
  /** Last grace period that this node knows to have begun or ended. */
  gpSeq = 0;
  /** Furthest grace period that someone below wants. */
  gpSeqNeeded = 0;
  /** Children (CPUs at a leaf) that the running grace period still waits for. */
  qsmask = 0;
  /** Children that a grace period begins with; `Next`: as hotplug has it by now. */
  qsmaskInit = 0;
  qsmaskInitNext = 0;
  /** Children that the running expedited grace period still waits for. */
  expmask = 0;
  /** Children that one begins with: CPUs stay in it when they go away, they are asked whether they are there. */
  expmaskInit = 0;
  /** Boosts the readers of this leaf. */
  boost: BoostThread | undefined = undefined;
  /** Jiffies from which on they are boosted. */
  boostTime = 0;
  /** Leaves only. */
  readonly blocked: BlockedReader[] = [];

  constructor(
    kernel: Kernel,
    place: { level: number; parent: RcuNode | undefined; index: number; lowCpu: number; highCpu: number },
  ) {
    this.level = place.level;
    this.parent = place.parent;
    this.grpmask = 1 << place.index;
    this.lowCpu = place.lowCpu;
    this.highCpu = place.highCpu;
    this.lock = kernel.rawSpinlock(`rcu_node_${place.level}`);
  }

  /** CPUs are below it, no nodes. Settled when the tree is built. */
  isLeaf = true;

  /** Bit of a CPU in a leaf's masks. leaf_node_cpu_bit() */
  bitOf(cpu: number): number {
    return 1 << (cpu - this.lowCpu);
  }

  /** Whether readers that were switched out hold up the running grace period. rcu_preempt_blocked_readers_cgp() */
  get readersBlockGp(): boolean {
    return this.blocked.some((entry) => entry.blocksGp);
  }

  get readersBlockExp(): boolean {
    return this.blocked.some((entry) => entry.blocksExp);
  }

  /** The running expedited grace period waits for nobody below. sync_rcu_exp_done() */
  get expDone(): boolean {
    return this.expmask === 0 && !this.readersBlockExp;
  }
}

/** The nodes of a machine, root first, level by level (rcu_init_one()). A machine of few CPUs has a leaf as its root. */
export function buildTree(kernel: Kernel, config: RcuConfig): RcuNode[] {
  const spans = [config.fanoutLeaf];
  while ((spans[0] ?? 0) < kernel.cpus) spans.unshift((spans[0] ?? 0) * config.fanout);
  const nodes: RcuNode[] = [];
  let above: RcuNode[] = [];
  for (const [level, span] of spans.entries()) {
    const current: RcuNode[] = [];
    for (let lowCpu = 0; lowCpu < kernel.cpus; lowCpu += span) {
      const parent = above.find((node) => node.lowCpu <= lowCpu && lowCpu <= node.highCpu);
      const index = parent === undefined ? 0 : Math.round((lowCpu - parent.lowCpu) / span);
      const highCpu = Math.min(lowCpu + span, kernel.cpus) - 1;
      const node = new RcuNode(kernel, { level, parent, index, lowCpu, highCpu });
      if (parent !== undefined) {
        parent.isLeaf = false;
        parent.qsmaskInit |= node.grpmask;
      }
      current.push(node);
    }
    nodes.push(...current);
    above = current;
  }
  for (const node of nodes) {
    if (!node.isLeaf) continue;
    for (let cpu = node.lowCpu; cpu <= node.highCpu; cpu++) node.qsmaskInit |= node.bitOf(cpu);
  }
  for (const node of nodes) {
    node.qsmaskInitNext = node.qsmaskInit;
    node.expmaskInit = node.qsmaskInit;
  }
  return nodes;
}
