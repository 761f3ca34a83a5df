import type { Kernel, Spinlock, Timer, Work } from '../../sim/index.js';
import { CallbackList } from '../callback-list.js';
import type { SrcuNode } from './node.js';

/** Which kind of reader an srcu_struct has seen: they must not be mixed, since they count differently. */
export const ReaderFlavour = { None: 0, Normal: 1, NmiSafe: 2 } as const;

/** What an srcu_struct keeps of a CPU (struct srcu_data). The counters are the readers'; `lock` guards the rest. */
export class SrcuData {
  readonly cpu: number;
  readonly node: SrcuNode;
  /** Readers that began and ended on this CPU, by index. They only grow: one reader may begin here and end elsewhere. */
  readonly lockCount: [number, number] = [0, 0];
  readonly unlockCount: [number, number] = [0, 0];
  flavour: number = ReaderFlavour.None;
  readonly lock: Spinlock;
  readonly callbacks = new CallbackList();
  /** Furthest grace period that was asked for from here, and furthest expedited one. */
  gpSeqNeeded = 0;
  gpSeqNeededExp = 0;
  /** A worker invokes callbacks of this list. */
  invoking = false;
  /** Invokes callbacks; `delay` queues it later. */
  readonly work: Work;
  readonly delay: Timer;

  constructor(kernel: Kernel, cpu: number, node: SrcuNode, work: Work, delay: Timer) {
    this.cpu = cpu;
    this.node = node;
    this.work = work;
    this.delay = delay;
    this.lock = kernel.spinlock('&sdp->lock');
  }
}
