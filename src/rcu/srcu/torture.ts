import { type Kernel, type Op, type Scenario, scenario } from '../../sim/index.js';
import { type PipelineResult, TorturePipeline } from '../torturing/pipeline.js';
import type { SrcuOptions } from './options.js';
import { SrcuStruct } from './srcu-struct.js';

/** What a torture run of SRCU does; everything has a default. */
export interface SrcuTortureOptions {
  /** Default 4. */
  cpus?: number;
  preemptRt?: boolean;
  /** Rounds of each reader and updater. Default 3. */
  rounds?: number;
  /** Callbacks of one flood. Default 8. */
  flood?: number;
  /** Per cent of page allocations that fail. Default 20. */
  failing?: number;
  /** CPUs come and go. Default true. */
  hotplug?: boolean;
  /** Operations after which a run is given up. Default 400,000. */
  maxOperations?: number;
  /** Users by name, for a run that looks closer at some of them. Default all. */
  users?: readonly string[];
  srcu?: SrcuOptions;
}

/**
 * A scenario in the spirit of rcutorture for SRCU: readers that sleep, nest, are handed from task to task, and come in interrupts,
 * timers and NMIs, against updaters through each interface, on two structures at the same time, while CPUs come and go. `onResult` hears
 * what it came to.
 */
export function srcuTorture(options: SrcuTortureOptions, onResult: (result: PipelineResult) => void): Scenario {
  const { cpus = 4, preemptRt = false, failing = 20, maxOperations = 400_000 } = options;
  const memory = { failures: { percent: failing } };
  return scenario({ name: 'srcu-torture', cpus, preemptRt, maxOperations, memory }, (kernel) => {
    const torture = new SrcuTorture(kernel, options);
    torture.start();
    kernel.machine.atEnd.push(() => onResult(torture.end()));
  });
}

/** Readers that follow each other, a jiffy each: more than the longest of the others' readers and some grace periods take. */
const RELAY = 60;

class SrcuTorture {
  readonly #kernel: Kernel;
  readonly #srcu: SrcuStruct;
  /** Another structure, whose readers hold up nothing of the first. Its readers are all safe in NMIs. */
  readonly #other: SrcuStruct;
  readonly #pipe: TorturePipeline;
  readonly #flood: number;
  readonly #hotplug: boolean;
  readonly #users: readonly string[] | undefined;

  constructor(kernel: Kernel, options: SrcuTortureOptions) {
    this.#kernel = kernel;
    const settings = { fanoutLeaf: 2, fanout: 2, ...options.srcu };
    this.#srcu = new SrcuStruct(kernel, 'srcu_torture', settings);
    this.#other = new SrcuStruct(kernel, 'srcu_other', settings);
    this.#pipe = new TorturePipeline(kernel, { rounds: options.rounds ?? 3, clean: () => this.#cleanUp() });
    this.#flood = options.flood ?? 8;
    this.#hotplug = (options.hotplug ?? true) && kernel.cpus > 1;
    this.#users = options.users;
  }

  start(): void {
    const srcu = this.#srcu;
    const pipe = this.#pipe;
    const call = (callback: () => Op<void>) => srcu.call(callback);
    const users: Record<string, () => Op<void>> = {
      brief: () => this.#brief(),
      blink: () => this.#blink(),
      plain: () => this.#plain(() => pipe.look()),
      sleeper: () => this.#plain(() => pipe.asleep()),
      preempted: () => this.#plain(() => pipe.switchedOut()),
      nested: () => this.#plain(() => this.#plain(() => pipe.asleep())),
      both: () => this.#inOther(() => this.#plain(() => pipe.look())),
      handing: () => this.#handing(),
      synchronizing: () => pipe.synchronizing(() => srcu.synchronize()),
      expediting: () => pipe.synchronizing(() => srcu.synchronizeExpedited()),
      polling: () => pipe.synchronizing(() => this.#polled()),
      calling: () => pipe.callingBack(call),
      otherwise: () => this.#other.synchronize(),
    };
    const chosen = this.#users ?? Object.keys(users);
    for (const [name, body] of Object.entries(users)) if (chosen.includes(name)) pipe.user(name, body);
    if (this.#users !== undefined) return;
    pipe.user('flooding', () => pipe.flooding(this.#flood, call), 1);
    // Only by the clock is it known how long a grace period may take.
    if (!this.#kernel.machine.strategy.anyTime) pipe.once('relay', () => this.#relay());
    pipe.user('barrier', () => pipe.barriers(call, () => srcu.barrier()), 2);
    if (this.#hotplug) pipe.once('plug', () => pipe.plugging(2));
    this.#interrupts();
  }

  /** What is left is counted when all is over. */
  end(): PipelineResult {
    for (const data of [...this.#srcu.cpus, ...this.#other.cpus])
      this.#pipe.warn(data.callbacks.length === 0, 'callbacks are left when all is over');
    const { stats } = this.#srcu;
    this.#pipe.warn(stats.invoked === stats.queued, 'not as many callbacks were invoked as queued');
    return { ...this.#pipe.result, gracePeriods: stats.gracePeriods + this.#other.stats.gracePeriods };
  }

  /** Readers in a hard interrupt, in a timer's soft interrupt, and in an NMI. Each is waited for before the structures go. */
  #interrupts(): void {
    const kernel = this.#kernel;
    const reader = () => this.#plain(() => this.#pipe.look());
    const line = kernel.irq('torture', reader, { cpu: 0, noThread: true });
    const timer = kernel.timer('torture_timer', reader);
    const nmi = kernel.nmi('torture_nmi', () => this.#nmi(), kernel.cpus - 1);
    const soon = () => kernel.random(8000);
    this.#pipe.user('interrupter', function* raiseThem() {
      yield* line.raise();
      yield* timer.modTimer(1);
      nmi.raiseNow(soon());
      yield* timer.deleteSync();
    });
  }

  /** As short as can be: begins and ends while the counters are summed up. */
  *#brief(): Op<void> {
    for (let i = 0; i < 4; i++) yield* this.#plain(() => this.#pipe.use(this.#pipe.current));
  }

  /** Begins and ends with nothing between. */
  *#blink(): Op<void> {
    for (let i = 0; i < 4; i++) {
      const index = yield* this.#srcu.downRead();
      const leave = this.#pipe.enter();
      yield* this.#srcu.upRead(index);
      leave();
    }
  }

  *#plain(body: () => Op<void>): Op<void> {
    const index = yield* this.#srcu.readLock();
    const leave = this.#pipe.enter();
    yield* body();
    yield* this.#srcu.readUnlock(index);
    leave();
  }

  *#inOther(body: () => Op<void>): Op<void> {
    const index = yield* this.#other.readLockNmisafe();
    yield* body();
    yield* this.#other.readUnlockNmisafe(index);
  }

  /** Readers of the other structure that follow each other without a gap: none of them is there for long, and nobody waits for all. */
  *#relay(): Op<void> {
    const other = this.#other;
    const pipe = this.#pipe;
    let waiting = true;
    pipe.once('late', function* waitForSome() {
      yield* other.synchronize();
      waiting = false;
    });
    let index = yield* other.readLockNmisafe();
    for (let i = 0; i < RELAY; i++) {
      yield* this.#kernel.scheduleTimeout(1);
      const next = yield* other.readLockNmisafe();
      yield* other.readUnlockNmisafe(index);
      index = next;
    }
    pipe.warn(!waiting, 'readers that began later hold up a grace period');
    yield* other.readUnlockNmisafe(index);
  }

  *#nmi(): Op<void> {
    const index = yield* this.#other.readLockNmisafe();
    yield* this.#kernel.udelay(1);
    yield* this.#other.readUnlockNmisafe(index);
  }

  /** Begins a section that another task ends. */
  *#handing(): Op<void> {
    const pipe = this.#pipe;
    const srcu = this.#srcu;
    const index = yield* srcu.downRead();
    const leave = pipe.enter();
    const seen = pipe.current;
    pipe.expect();
    this.#kernel.task('heir', function* endSection() {
      yield* pipe.use(seen);
      yield* srcu.upRead(index);
      leave();
      yield* pipe.done();
    });
  }

  *#polled(): Op<void> {
    const cookie = yield* this.#srcu.startPoll();
    while (!this.#srcu.poll(cookie)) {
      yield* this.#kernel.scheduleTimeout(1);
      // One turn of a loop that waits for others: a strategy by priorities must let them go first.
      yield* this.#kernel.cpuRelax();
    }
  }

  *#cleanUp(): Op<void> {
    yield* this.#pipe.retire(() => this.#srcu.synchronize());
    // Interrupts that are still to come read, too.
    yield* this.#kernel.msleep(50);
    for (const srcu of [this.#srcu, this.#other]) {
      // A callback may have queued itself again: one round more than there are.
      yield* srcu.barrier();
      yield* srcu.barrier();
      yield* srcu.cleanUp();
    }
  }
}
