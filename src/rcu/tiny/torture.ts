import { type Kernel, type Op, type Scenario, scenario } from '../../sim/index.js';
import { type PipelineResult, TorturePipeline } from '../torturing/pipeline.js';
import { installTinyRcu, type TinyOptions, type TinyRcu } from './tiny-rcu.js';

/** What a torture run of Tiny RCU does; everything has a default. */
export interface TinyTortureOptions {
  /** Rounds of each user. Default 4. */
  rounds?: number;
  /** Callbacks of one flood. Default 12. */
  flood?: number;
  /** Per cent of page allocations that fail. Default 20. */
  failing?: number;
  /** Operations after which a run is given up. Default 200,000. */
  maxOperations?: number;
  rcu?: TinyOptions;
}

/** A scenario in the spirit of rcutorture for Tiny RCU: one CPU, interrupts at any time. `onResult` hears what it came to. */
export function tinyTorture(options: TinyTortureOptions, onResult: (result: PipelineResult) => void): Scenario {
  const { maxOperations = 200_000, failing = 20 } = options;
  const memory = { failures: { percent: failing } };
  return scenario({ name: 'tiny-torture', cpus: 1, maxOperations, memory }, (kernel) => {
    const torture = new TinyTorture(kernel, installTinyRcu(kernel, options.rcu), options);
    torture.start();
    kernel.machine.atEnd.push(() => onResult(torture.end()));
  });
}

class TinyTorture {
  readonly #kernel: Kernel;
  readonly #rcu: TinyRcu;
  readonly #pipe: TorturePipeline;
  readonly #flood: number;

  constructor(kernel: Kernel, rcu: TinyRcu, options: TinyTortureOptions) {
    this.#kernel = kernel;
    this.#rcu = rcu;
    this.#pipe = new TorturePipeline(kernel, { rounds: options.rounds ?? 4, clean: () => this.#cleanUp() });
    this.#flood = options.flood ?? 12;
  }

  start(): void {
    const rcu = this.#rcu;
    const pipe = this.#pipe;
    const kernel = this.#kernel;
    const call = (callback: () => Op<void>) => rcu.call(callback);
    const users: Record<string, () => Op<void>> = {
      plain: () => this.#plain(() => pipe.look()),
      nested: () => this.#plain(() => this.#plain(() => pipe.look())),
      wished: () => this.#plain(() => pipe.switchedOut()),
      user: () => kernel.userMode(kernel.random(9000)),
      synchronizing: () => pipe.synchronizing(() => rcu.synchronize()),
      polling: () => pipe.synchronizing(() => this.#polled()),
      calling: () => pipe.callingBack(call),
    };
    for (const [name, body] of Object.entries(users)) pipe.user(name, body);
    pipe.user('flooding', () => pipe.flooding(this.#flood, call), 2);
    pipe.user('barrier', () => pipe.barriers(call, () => rcu.barrier()), 2);
    const reader = () => this.#plain(() => pipe.look());
    // A reader in a soft interrupt: the tick may come upon it, also where there is only the idle task below.
    const timer = kernel.timer('torture_timer', reader);
    pipe.user('timers', () => timer.modTimer(1), 2);
    kernel.irq('reading', reader, { noThread: true, times: 3, after: 15_000 });
    // Callbacks from where others are being queued, and from inside readers.
    kernel.irq('queueing', () => this.#queue(), { noThread: true, times: 12, after: 90_000 });
  }

  end(): PipelineResult {
    const { stats, list } = this.#rcu;
    this.#pipe.warn(list.length === 0, 'callbacks are left when all is over');
    this.#pipe.warn(stats.invoked === stats.queued, 'not as many callbacks were invoked as queued');
    return { ...this.#pipe.result, gracePeriods: stats.gracePeriods };
  }

  *#plain(body: () => Op<void>): Op<void> {
    yield* this.#rcu.readLock();
    yield* this.#rcu.dereference('torture_current');
    yield* this.#pipe.inside(body);
    yield* this.#rcu.readUnlock();
  }

  /** A callback that came while a reader was inside must wait for it. */
  *#queue(): Op<void> {
    const over = this.#pipe.witness();
    yield* this.#rcu.call(function* reportWitness() {
      yield* [];
      over();
    });
  }

  *#polled(): Op<void> {
    const cookie = yield* this.#rcu.startPoll();
    while (!this.#rcu.poll(cookie)) {
      yield* this.#kernel.scheduleTimeout(1);
      yield* this.#kernel.cpuRelax();
    }
  }

  *#cleanUp(): Op<void> {
    yield* this.#pipe.retire(() => this.#rcu.synchronize());
    yield* this.#rcu.barrier();
  }
}
