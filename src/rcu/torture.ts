import { type Kernel, type Op, type Scenario, scenario } from '../sim/index.js';
import { KvfreeRcu } from './kvfree/kvfree-rcu.js';
import type { PageWay } from './kvfree/page-source.js';
import type { RcuOptions } from './options.js';
import { plain, readers } from './torturing/readers.js';
import { type TortureResult, TortureState } from './torturing/state.js';
import { barriers, flooding, updaters, waiting } from './torturing/updaters.js';
import { installTreeRcu } from './tree/tree-rcu.js';

export type { TortureResult } from './torturing/state.js';

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
  /** CPUs come and go. Default true. */
  hotplug?: boolean;
  /** Operations after which a run is given up. Default 400,000. */
  maxOperations?: number;
  /** Where kvfree_rcu() gets its pages. Default 'prefilled'. */
  way?: PageWay;
  /** What is not given is settled by the schedule's random numbers: which CPUs are offloaded, lazy callbacks, wait heads. */
  rcu?: RcuOptions;
}

/**
 * A scenario in the spirit of rcutorture: readers of all kinds follow a pointer that updaters replace through each interface of grace
 * periods, while callbacks come in floods, allocations fail and CPUs come and go. `onResult` hears what it came to when all is over.
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
      const rcu = installTreeRcu(kernel, { ...drawn(kernel), ...options.rcu });
      // Small arrays, so that several are filled and the cache runs out.
      const way = options.way ?? 'prefilled';
      const kvfree = new KvfreeRcu(rcu, { way, arraySize: 3, minCached: 2, drainJiffies: 2 });
      const state = new TortureState(rcu, kvfree, options.rounds ?? 3);
      start(state, options);
      kernel.machine.atEnd.push(() => {
        const left = rcu.cpus.reduce((sum, data) => sum + data.queued, 0);
        rcu.warn(left === 0, 'callbacks are left when all is over');
        // Nothing drains it at the end but its own monitor.
        rcu.warn(kvfree.outstanding === 0, 'kvfree_rcu() has not freed everything when all is over');
        const boosted = kernel.machine.tasks.filter((task) => !task.kthread && task.prio !== task.normalPrio);
        rcu.warn(boosted.length === 0, 'a task keeps the priority of a boost when all is over');
        onResult(state.result);
      });
    },
  );
}

/** Settings that the schedule chooses: small numbers, so that every limit is met. */
function drawn(kernel: Kernel): RcuOptions {
  const all = Array.from({ length: kernel.cpus }, (_, cpu) => cpu);
  const choices = [[], all, all.filter((cpu) => cpu % 2 === 1)];
  return {
    fanoutLeaf: 2,
    fanout: 2,
    blimit: 3,
    qhimark: 15,
    qlowmark: 4,
    nobypassLimit: 2,
    boostDelay: 1,
    kthreadPrio: 2,
    jiffiesLazyFlush: 20,
    // Only by the clock does a time mean something; elsewhere a grace period that does not end is a hang.
    stallTimeout: kernel.machine.strategy.anyTime ? Number.POSITIVE_INFINITY : 250,
    nocbs: choices[kernel.random(choices.length)] ?? [],
    lazy: kernel.random(2) === 0,
    wakeFromGp: kernel.random(2) === 0,
  };
}

function start(state: TortureState, options: TortureOptions): void {
  const { kernel, pipe, rcu } = state;
  const { rounds, flood = 25, hotplug = true } = options;
  for (const [i, reader] of readers(state).entries())
    pipe.user(`reader${i}`, reader, rounds, { nice: i % 2 === 0 ? 0 : 10 });
  for (const [i, updater] of updaters(state).entries()) pipe.user(`updater${i}`, updater);
  pipe.once('flooder', () => flooding(state, flood));
  pipe.once('barrier', () => barriers(state, 2));
  if (rcu.config.wakeFromGp) for (let i = 0; i < 7; i++) pipe.once(`waiter${i}`, () => waiting(state));
  if (hotplug && kernel.cpus > 1) pipe.once('plug', () => pipe.plugging(2));
  if (rcu.config.boost) hog(kernel);
  const handler = () => plain(state);
  for (let cpu = 0; cpu < kernel.cpus; cpu += 2) {
    kernel.irq(`torture${cpu}`, handler, { cpu, noThread: true, times: 2, after: 20_000 });
  }
  const timer = kernel.timer('torture_timer', handler);
  kernel.task('timers', function* armTimer() {
    yield* timer.modTimer(1);
  });
}

/** Real-time tasks that keep preempted readers from going on: what boosting is for. */
function hog(kernel: Kernel): void {
  for (let cpu = 0; cpu < kernel.cpus; cpu++) {
    const body = function* hogCpu(): Op<void> {
      for (let round = 0; round < 2; round++) {
        yield* kernel.scheduleTimeout(1);
        for (let i = 0; i < 4; i++) yield* kernel.udelay(3000);
      }
    };
    kernel.task(`hog${cpu}`, body, { cpu, policy: 'fifo', priority: 1 });
  }
}
