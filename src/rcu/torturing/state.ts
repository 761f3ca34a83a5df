import { Gfp } from '../../model/gfp.js';
import type { Kernel, Op, RawSpinlock, SlabObject } from '../../sim/index.js';
import type { KvfreeRcu } from '../kvfree/kvfree-rcu.js';
import type { TreeRcu } from '../tree/tree-rcu.js';

/** What torture came to, beside what the validator and the kernel's checks say. */
export interface TortureResult {
  reads: number;
  updates: number;
  /** CPUs taken away. */
  plugged: number;
  rcu: TreeRcu;
}

/** Grace periods that an object may be seen through: more is a reader that saw what should have been freed. */
export const PIPE_LENGTH = 2;

/** An object that readers may see; `age` counts the grace periods since it was replaced. */
export interface Published {
  readonly memory: SlabObject;
  age: number;
}

/** What readers and updaters of a torture run share, and how they look at it. */
export class TortureState {
  readonly kernel: Kernel;
  readonly rcu: TreeRcu;
  readonly kvfree: KvfreeRcu;
  readonly result: TortureResult;
  readonly raw: RawSpinlock;
  /** What readers find. */
  current: Published | undefined;
  /** Read-side sections that are open, whatever RCU believes: the yardstick for its grace periods. */
  readonly #sections = new Set<object>();

  constructor(rcu: TreeRcu, kvfree: KvfreeRcu, result: TortureResult) {
    this.kernel = rcu.kernel;
    this.rcu = rcu;
    this.kvfree = kvfree;
    this.result = result;
    this.raw = rcu.kernel.rawSpinlock('torture_raw');
  }

  /** A read-side section, as the yardstick counts it. */
  *inside(body: () => Op<void>): Op<void> {
    const section = {};
    this.#sections.add(section);
    yield* body();
    this.#sections.delete(section);
  }

  /** To be called where a grace period begins; the result where it has ended: no section of the beginning may be open. */
  witness(): () => void {
    const before = [...this.#sections];
    return () => {
      const open = before.some((section) => this.#sections.has(section));
      this.rcu.warn(!open, 'a grace period ends while a reader from before it is still inside');
    };
  }

  /** Follows the pointer and uses what it leads to, some time after. */
  *look(): Op<void> {
    const { kernel } = this;
    yield* this.rcu.dereference('torture_current');
    const seen = this.current;
    if (kernel.random(2) === 0) yield* kernel.udelay(kernel.random(20));
    // In pieces, so that ticks and whole grace periods fit in between.
    const pieces = kernel.random(4) === 0 ? 6 : 0;
    for (let i = 0; i < pieces; i++) yield* kernel.udelay(kernel.random(6000));
    yield* this.use(seen);
  }

  *use(seen: Published | undefined): Op<void> {
    this.result.reads++;
    if (seen === undefined) return;
    yield* this.kernel.mm.touch(seen.memory);
    this.rcu.warn(seen.age < PIPE_LENGTH, 'a reader sees an object that two grace periods have passed over');
  }

  /** A new object in the old one's place, which is returned. */
  *replace(): Op<Published | undefined> {
    const memory = yield* this.kernel.mm.kmalloc(64, Gfp.GFP_KERNEL);
    if (memory === null) return undefined;
    const old = this.current;
    this.current = { memory, age: 0 };
    this.result.updates++;
    return old;
  }
}
