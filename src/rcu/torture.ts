import { Gfp } from '../model/gfp.js';
import { type Kernel, type Op, type RawSpinlock, type Scenario, type SlabObject, scenario } from '../sim/index.js';
import { KvfreeRcu } from './kvfree/kvfree-rcu.js';
import type { PageWay } from './kvfree/page-source.js';
import type { RcuOptions } from './options.js';
import { installTreeRcu, type TreeRcu } from './tree/tree-rcu.js';

/** What a torture run does; everything has a default. */
export interface TortureOptions {
  /** Default 4. */
  cpus?: number;
  preemptRt?: boolean;
  /** Rounds of each reader and updater. Default 3. */
  rounds?: number;
  /** Callbacks of one flood. Default 25. */
  flood?: number;
  /** Per cent of page allocations that fail. Default 20. */
  failing?: number;
  /** Operations after which a run is given up. Default 400,000. */
  maxOperations?: number;
  /** Where kvfree_rcu() gets its pages. Default 'prefilled'. */
  way?: PageWay;
  rcu?: RcuOptions;
}

/** What torture came to, beside what the validator and the kernel's checks say. */
export interface TortureResult {
  reads: number;
  updates: number;
  rcu: TreeRcu;
}

/** Grace periods that an object may be seen through: more is a reader that saw what should have been freed. */
const PIPE_LENGTH = 2;

/** An object that readers may see; `age` counts the grace periods since it was replaced. */
interface Published {
  readonly memory: SlabObject;
  age: number;
}

/**
 * A scenario in the spirit of rcutorture: readers of all kinds follow a pointer that updaters replace through each interface of grace
 * periods, while callbacks come in floods and allocations fail. `onResult` hears what it came to when all is over.
 */
export function torture(options: TortureOptions, onResult: (result: TortureResult) => void): Scenario {
  const { cpus = 4, preemptRt = false, failing = 20 } = options;
  return scenario(
    {
      name: 'rcu-torture',
      cpus,
      preemptRt,
      maxOperations: options.maxOperations ?? 400_000,
      memory: { failures: { percent: failing } },
    },
    (kernel) => {
      const rcu = installTreeRcu(kernel, {
        fanoutLeaf: 2,
        fanout: 2,
        blimit: 3,
        qhimark: 15,
        stallTimeout: 250,
        ...options.rcu,
      });
      const result: TortureResult = { reads: 0, updates: 0, rcu };
      const torture = new Torture(kernel, rcu, options, result);
      torture.start();
      kernel.machine.atEnd.push(() => {
        const left = rcu.cpus.reduce((sum, data) => sum + data.callbacks.length, 0);
        rcu.warn(left === 0, 'callbacks are left when all is over');
        rcu.warn(torture.unfreed === 0, 'kvfree_rcu() has not freed everything when all is over');
        onResult(result);
      });
    },
  );
}

class Torture {
  readonly #kernel: Kernel;
  readonly #rcu: TreeRcu;
  readonly #kvfree: KvfreeRcu;
  readonly #result: TortureResult;
  readonly #rounds: number;
  readonly #flood: number;
  readonly #raw: RawSpinlock;
  #current: Published | undefined;
  /** Read-side sections that are open, whatever RCU believes: the yardstick for its grace periods. */
  readonly #sections = new Set<object>();
  /** Users that are not through. */
  #left = 0;

  constructor(kernel: Kernel, rcu: TreeRcu, options: TortureOptions, result: TortureResult) {
    this.#kernel = kernel;
    this.#rcu = rcu;
    this.#raw = kernel.rawSpinlock('torture_raw');
    // Small arrays, so that several are filled and the cache runs out.
    this.#kvfree = new KvfreeRcu(rcu, { way: options.way ?? 'prefilled', arraySize: 3, minCached: 2, drainJiffies: 2 });
    this.#result = result;
    this.#rounds = options.rounds ?? 3;
    this.#flood = options.flood ?? 25;
  }

  start(): void {
    const kernel = this.#kernel;
    const rcu = this.#rcu;
    const readers = [
      () => this.#plain(),
      () => this.#nested(),
      () => this.#irqsOff(),
      () => this.#bottomHalves(),
      () => this.#preemptOff(),
      () => this.#preempted(),
    ];
    for (const [i, reader] of readers.entries()) this.#user(`reader${i}`, () => this.#repeat(reader));
    const updaters = [
      () => this.#synchronizing(() => rcu.synchronize()),
      () => this.#synchronizing(() => rcu.synchronizeExpedited()),
      () => this.#synchronizing(() => this.#polled()),
      () => this.#callingBack(),
      () => this.#kvfreeing(),
      () => this.#headless(),
    ];
    for (const [i, updater] of updaters.entries()) this.#user(`updater${i}`, () => this.#repeat(updater));
    this.#user('flooder', () => this.#flooding());
    this.#user('barrier', () => this.#barriers());
    const handler = () => this.#plain();
    for (let cpu = 0; cpu < kernel.cpus; cpu += 2) {
      kernel.irq(`torture${cpu}`, handler, { cpu, noThread: true, times: 2, after: 20_000 });
    }
    const timer = kernel.timer('torture_timer', handler);
    kernel.task('timers', function* armTimer() {
      yield* timer.modTimer(1);
    });
  }

  #user(name: string, body: () => Op<void>): void {
    this.#left++;
    const whole = function* (this: Torture): Op<void> {
      yield* body();
      if (--this.#left === 0) yield* this.#clean();
    };
    Object.defineProperty(whole, 'name', { value: name });
    this.#kernel.task(name, whole.bind(this));
  }

  *#repeat(body: () => Op<void>): Op<void> {
    for (let round = 0; round < this.#rounds; round++) {
      yield* body();
      if (this.#kernel.random(3) === 0) yield* this.#kernel.scheduleTimeout(1);
    }
  }

  // --- readers

  *#plain(): Op<void> {
    yield* this.#rcu.readLock();
    yield* this.#inside(() => this.#look());
    yield* this.#rcu.readUnlock();
  }

  *#inside(body: () => Op<void>): Op<void> {
    const section = {};
    this.#sections.add(section);
    yield* body();
    this.#sections.delete(section);
  }

  /** To be called where a grace period begins; the result where it has ended: no section of the beginning may be open. */
  #witness(): () => void {
    const before = [...this.#sections];
    return () => {
      const open = before.some((section) => this.#sections.has(section));
      this.#rcu.warn(!open, 'a grace period ends while a reader from before it is still inside');
    };
  }

  *#nested(): Op<void> {
    yield* this.#rcu.readLock();
    const seen = this.#current;
    yield* this.#inside(() => this.#plain());
    yield* this.#use(seen);
    yield* this.#rcu.readUnlock();
  }

  /** Ends with interrupts off: the report is deferred. */
  *#irqsOff(): Op<void> {
    yield* this.#rcu.readLock();
    yield* this.#inside(() => this.#switchedOut());
    const flags = yield* this.#kernel.localIrqSave();
    yield* this.#rcu.readUnlock();
    yield* this.#kernel.localIrqRestore(flags);
  }

  *#bottomHalves(): Op<void> {
    yield* this.#rcu.readLockBh();
    yield* this.#inside(() => this.#look());
    yield* this.#rcu.readUnlockBh();
  }

  *#preemptOff(): Op<void> {
    yield* this.#rcu.readLockSched();
    yield* this.#inside(() => this.#look());
    yield* this.#rcu.readUnlockSched();
  }

  *#preempted(): Op<void> {
    yield* this.#rcu.readLock();
    yield* this.#inside(() => this.#switchedOut());
    yield* this.#rcu.readUnlock();
  }

  /** Is preempted inside the section and goes on using what it saw before. */
  *#switchedOut(): Op<void> {
    const seen = this.#current;
    this.#kernel.machine.cpu.needResched = true;
    yield* this.#kernel.udelay(this.#kernel.random(8000));
    yield* this.#use(seen);
  }

  /** Follows the pointer and uses what it leads to, some time after. */
  *#look(): Op<void> {
    yield* this.#rcu.dereference('torture_current');
    const seen = this.#current;
    if (this.#kernel.random(2) === 0) yield* this.#kernel.udelay(this.#kernel.random(20));
    // In pieces, so that ticks and whole grace periods fit in between.
    const pieces = this.#kernel.random(4) === 0 ? 6 : 0;
    for (let i = 0; i < pieces; i++) yield* this.#kernel.udelay(this.#kernel.random(6000));
    yield* this.#use(seen);
  }

  *#use(seen: Published | undefined): Op<void> {
    this.#result.reads++;
    if (seen === undefined) return;
    yield* this.#kernel.mm.touch(seen.memory);
    this.#rcu.warn(seen.age < PIPE_LENGTH, 'a reader sees an object that two grace periods have passed over');
  }

  // --- updaters

  /** A new object in the old one's place, which is returned. */
  *#replace(): Op<Published | undefined> {
    const memory = yield* this.#kernel.mm.kmalloc(64, Gfp.GFP_KERNEL);
    if (memory === null) return undefined;
    const old = this.#current;
    this.#current = { memory, age: 0 };
    this.#result.updates++;
    return old;
  }

  *#synchronizing(wait: () => Op<void>): Op<void> {
    const old = yield* this.#replace();
    if (old === undefined) return;
    for (let passed = 0; passed < PIPE_LENGTH; passed++) {
      const over = this.#witness();
      yield* wait();
      over();
      old.age++;
    }
    yield* this.#kernel.mm.kfree(old.memory);
  }

  *#polled(): Op<void> {
    const cookie = yield* this.#rcu.startPoll();
    for (let tries = 0; tries < 3 && !this.#rcu.poll(cookie); tries++) yield* this.#kernel.scheduleTimeout(1);
    yield* this.#rcu.condSynchronize(cookie);
  }

  *#callingBack(): Op<void> {
    const old = yield* this.#replace();
    if (old === undefined) return;
    const { mm } = this.#kernel;
    const over = this.#witness();
    yield* this.#rcu.call(function* freeTortured() {
      over();
      old.age++;
      yield* mm.kfree(old.memory);
    });
  }

  /** Under a raw_spinlock_t: what kvfree_rcu() must stand. */
  *#kvfreeing(): Op<void> {
    const old = yield* this.#replace();
    if (old === undefined) return;
    yield* this.#raw.lock();
    yield* this.#kvfree.free(old.memory);
    yield* this.#raw.unlock();
  }

  *#headless(): Op<void> {
    const old = yield* this.#replace();
    if (old === undefined) return;
    const { waited } = this.#kvfree.stats;
    const over = this.#witness();
    yield* this.#kvfree.freeHeadless(old.memory);
    // Only this updater is headless: it was this call that waited for a grace period itself.
    if (this.#kvfree.stats.waited > waited) over();
  }

  *#flooding(): Op<void> {
    const { mm } = this.#kernel;
    for (let i = 0; i < this.#flood; i++) {
      const memory = yield* mm.kmalloc(32, Gfp.GFP_KERNEL);
      if (memory === null) continue;
      if (i % 2 === 0) yield* this.#rcu.call(() => mm.kfree(memory));
      else yield* this.#kvfree.free(memory);
    }
  }

  *#barriers(): Op<void> {
    for (let round = 0; round < 2; round++) {
      const left = new Set<number>();
      for (let cpu = 0; cpu < this.#kernel.cpus; cpu++) {
        left.add(cpu);
        const ran = function* beforeBarrier(): Op<void> {
          yield* [];
          left.delete(cpu);
        };
        yield* this.#kernel.smpCall(cpu, () => this.#rcu.call(ran));
      }
      yield* this.#rcu.barrier();
      this.#rcu.warn(left.size === 0, 'rcu_barrier() returns before a callback queued earlier');
    }
  }

  /** Pointers that kvfree_rcu() has not freed: nothing drains it at the end but its own monitor. */
  get unfreed(): number {
    return this.#kvfree.outstanding;
  }

  /** The last user frees what is published. */
  *#clean(): Op<void> {
    yield* this.#rcu.synchronize();
    const last = this.#current;
    this.#current = undefined;
    yield* this.#rcu.synchronize();
    if (last !== undefined) yield* this.#kernel.mm.kfree(last.memory);
  }
}
