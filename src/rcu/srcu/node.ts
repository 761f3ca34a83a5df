import type { Kernel, Spinlock } from '../../sim/index.js';
import { seqCounter } from '../sequence.js';
import type { SrcuConfig } from './options.js';

/** Grace periods that a node can tell apart at a time: the running one, the next, and what is left of those before. */
const SLOTS = 4;

/**
 * One node of the tree that requests for grace periods combine in (struct srcu_node): `lock` guards everything in it. A node is
 * never locked together with another, nor with the structure's own lock.
 */
export class SrcuNode {
  readonly parent: SrcuNode | undefined;
  /** First and last CPU below. */
  readonly lowCpu: number;
  readonly highCpu: number;
  readonly lock: Spinlock;
  /** Furthest grace period that is wanted expedited below. */
  gpSeqNeededExp = 0;
  /** CPUs are below it, no nodes. Settled when the tree is built. */
  isLeaf = true;
  /** By {@link slotOf}: the grace period that callbacks below wait for. */
  readonly #haveCbs: number[] = new Array(SLOTS).fill(0);
  /** Leaves, by {@link slotOf}: CPUs whose callbacks wait for it. */
  readonly #cpusWithCbs: number[] = new Array(SLOTS).fill(0);

  constructor(kernel: Kernel, parent: SrcuNode | undefined, lowCpu: number, highCpu: number) {
    this.parent = parent;
    this.lowCpu = lowCpu;
    this.highCpu = highCpu;
    this.lock = kernel.spinlock('&snp->lock');
  }

  /** srcu_have_cbs[] */
  wantedAt(seq: number): number {
    return this.#haveCbs[slotOf(seq)] ?? 0;
  }

  want(seq: number): void {
    this.#haveCbs[slotOf(seq)] = seq;
  }

  /** Notes that a CPU has callbacks that wait for `seq`. srcu_data_have_cbs[] */
  mark(seq: number, cpu: number): void {
    const slot = slotOf(seq);
    this.#cpusWithCbs[slot] = (this.#cpusWithCbs[slot] ?? 0) | this.bitOf(cpu);
  }

  /** The grace period is over: the CPUs that had callbacks, and the slot marked as past. */
  finish(seq: number): { wanted: boolean; cpus: number } {
    const slot = slotOf(seq);
    const wanted = this.#haveCbs[slot] === seq;
    const cpus = this.#cpusWithCbs[slot] ?? 0;
    // One more than what anybody waits for: whoever comes late with `seq` sees that it is over.
    this.#haveCbs[slot] = seq + 1;
    this.#cpusWithCbs[slot] = 0;
    return { wanted, cpus };
  }

  bitOf(cpu: number): number {
    return 1 << (cpu - this.lowCpu);
  }
}

function slotOf(seq: number): number {
  return seqCounter(seq) % SLOTS;
}

/** The nodes of a machine, root first, level by level (init_srcu_struct_nodes()). */
export function buildSrcuTree(kernel: Kernel, config: SrcuConfig): SrcuNode[] {
  const spans = [config.fanoutLeaf];
  while ((spans[0] ?? 0) < kernel.cpus) spans.unshift((spans[0] ?? 0) * config.fanout);
  const nodes: SrcuNode[] = [];
  let above: SrcuNode[] = [];
  for (const span of spans) {
    const level: SrcuNode[] = [];
    for (let low = 0; low < kernel.cpus; low += span) {
      const parent = above.find((node) => node.lowCpu <= low && low <= node.highCpu);
      if (parent !== undefined) parent.isLeaf = false;
      level.push(new SrcuNode(kernel, parent, low, Math.min(low + span, kernel.cpus) - 1));
    }
    nodes.push(...level);
    above = level;
  }
  return nodes;
}
