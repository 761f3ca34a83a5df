import type { Kernel, Op, RawSpinlock } from '../../sim/index.js';
import type { KvfreeRcu } from '../kvfree/kvfree-rcu.js';
import type { TreeRcu } from '../tree/tree-rcu.js';
import { TorturePipeline } from './pipeline.js';

/** What torture came to, beside what the validator and the kernel's checks say. */
export interface TortureResult {
  reads: number;
  updates: number;
  /** CPUs taken away. */
  plugged: number;
  rcu: TreeRcu;
}

/** What readers and updaters of a torture run of Tree RCU share. */
export class TortureState {
  readonly kernel: Kernel;
  readonly rcu: TreeRcu;
  readonly kvfree: KvfreeRcu;
  readonly pipe: TorturePipeline;
  readonly raw: RawSpinlock;

  constructor(rcu: TreeRcu, kvfree: KvfreeRcu, rounds: number) {
    const follow = () => rcu.dereference('torture_current');
    this.kernel = rcu.kernel;
    this.rcu = rcu;
    this.kvfree = kvfree;
    this.pipe = new TorturePipeline(rcu.kernel, { rounds, clean: () => this.#clean(), follow });
    this.raw = rcu.kernel.rawSpinlock('torture_raw');
  }

  get result(): TortureResult {
    const { reads, updates, plugged } = this.pipe.result;
    return { reads, updates, plugged, rcu: this.rcu };
  }

  /** The last user frees what is published. */
  *#clean(): Op<void> {
    yield* this.rcu.synchronize();
    yield* this.pipe.retire(() => this.rcu.synchronize());
  }
}
