import { RoundRobin } from '../../explore/round-robin.js';
import type { LatencyFigures, LatencyRow } from '../../model/rcu-bench.js';
import {
  Gfp,
  type IrqLine,
  type Kernel,
  type Op,
  type Page,
  type RawSpinlock,
  scenario,
  simulate,
} from '../../sim/index.js';
import { KvfreeRcu } from '../kvfree/kvfree-rcu.js';
import { PAGE_WAYS, type PageWay } from '../kvfree/page-source.js';
import { installTreeRcu } from '../tree/tree-rcu.js';
import { machineOptions, memoryOptions } from './model.js';
import { OffTimes } from './off-times.js';
import type { Parameters } from './parameters.js';

/** What the raw zone->lock is held against on machines of several sizes: a way that breaks no rule. */
const CLEAN: PageWay = 'prefilled';

/** Pages moved without a place for interrupts and preemption between: a microsecond, with the default cost. */
const PAGES_A_STEP = 7;

/** Each way of getting the page on the largest machine, and how the raw zone->lock fares as machines grow. */
export function latencyFigures(parameters: Parameters): LatencyFigures {
  const sizes = parameters.all('latency-cpus');
  const largest = sizes[sizes.length - 1] ?? 2;
  const ways = PAGE_WAYS.map((way) => underStress(way, largest, parameters));
  const scaling = sizes.flatMap((cpus) =>
    [CLEAN, 'raw-zone-lock' as const].map(
      (way) => ways.find((row) => row.way === way && row.cpus === cpus) ?? underStress(way, cpus, parameters),
    ),
  );
  return { ways, scaling };
}

/**
 * PREEMPT_RT under memory stress: on every CPU a task allocates and frees pages by the hundred, another frees objects by kvfree_rcu() under a
 * raw_spinlock_t, interrupts of the rest of the kernel come, and a real-time task is woken by a timer. Nothing but the way of getting
 * the page (and with `raw-zone-lock` the kind of zone->lock) differs between runs.
 */
export function underStress(way: PageWay, cpus: number, parameters: Parameters): LatencyRow {
  const off: { times?: OffTimes } = {};
  let load: Load | undefined;
  const what = scenario(
    {
      ...machineOptions(parameters),
      name: 'rcu-latency',
      cpus,
      preemptRt: true,
      hz: 1000,
      timeSlice: 1_000_000,
      reportLeaks: false,
      memory: {
        ...memoryOptions(parameters),
        zoneLock: way === 'raw-zone-lock' ? 'raw' : 'spinlock',
        pagesAStep: PAGES_A_STEP,
      },
    },
    (kernel) => {
      load = new Load(kernel, way, parameters);
      if (off.times !== undefined) off.times.clockOf = (cpu) => kernel.machine.cpuOf(cpu).clock;
      load.start();
    },
  );
  simulate(what, {
    strategy: new RoundRobin(parameters.seed),
    sink: (names) => {
      off.times = new OffTimes(names);
      return off.times;
    },
  });
  if (load === undefined || off.times === undefined) throw new Error('internal error: the stress was not set up');
  const { longest, sleptInAtomic } = off.times;
  const { inArrays, inLists } = load.kvfree.stats;
  return {
    way,
    cpus,
    longestOff: longest.length,
    lock: longest.lock,
    waited: longest.waited,
    longestWakeup: load.longestWakeup,
    wakeups: load.wakeups,
    sleptInAtomic,
    inArrays: inArrays / Math.max(1, inArrays + inLists),
  };
}

/** The tasks and interrupts of one run. */
class Load {
  readonly kvfree: KvfreeRcu;
  longestWakeup = 0;
  wakeups = 0;
  readonly #kernel: Kernel;
  readonly #parameters: Parameters;
  readonly #raw: RawSpinlock[] = [];
  /** Tasks that make the load and are not through. */
  #left = 0;

  constructor(kernel: Kernel, way: PageWay, parameters: Parameters) {
    this.#kernel = kernel;
    this.#parameters = parameters;
    const rcu = installTreeRcu(kernel, { blimit: parameters.get('blimit'), qhimark: parameters.get('qhimark') });
    this.kvfree = new KvfreeRcu(rcu, {
      way,
      drainJiffies: parameters.get('drain-jiffies'),
      minCached: parameters.get('min-cached'),
      maxActive: 256,
    });
  }

  start(): void {
    const kernel = this.#kernel;
    for (let cpu = 0; cpu < kernel.cpus; cpu++) {
      this.#raw.push(kernel.rawSpinlock('caller_lock'));
      this.#loadTask(`stress/${cpu}`, cpu, () => this.#stress());
      this.#loadTask(`freer/${cpu}`, cpu, () => this.#free(cpu));
      this.#interrupts(cpu);
      this.#realTime(cpu);
    }
  }

  #loadTask(name: string, cpu: number, body: () => Op<void>): void {
    this.#left++;
    const through = () => this.#left--;
    const counted = function* () {
      yield* body();
      through();
    };
    this.#kernel.task(name, counted, { affinity: cpu });
  }

  /** Takes more pages than the CPU's list has, and gives them back: both go through zone->lock. */
  *#stress(): Op<void> {
    const { mm } = this.#kernel;
    for (let round = 0; round < this.#parameters.get('latency-rounds'); round++) {
      const pages: Page[] = [];
      for (let i = 0; i < this.#parameters.get('stress-pages'); i++) {
        const page = yield* mm.allocPage(Gfp.GFP_KERNEL);
        if (page !== null) pages.push(page);
      }
      for (const page of pages) yield* mm.freePage(page);
    }
  }

  *#free(cpu: number): Op<void> {
    const { mm } = this.#kernel;
    const raw = this.#raw[cpu];
    for (let i = 0; raw !== undefined && i < this.#parameters.get('latency-objects'); i++) {
      const object = yield* mm.kmalloc(this.#parameters.get('flood-object-bytes'), Gfp.GFP_KERNEL);
      if (object === null) continue;
      yield* raw.lock();
      yield* this.kvfree.free(object);
      yield* raw.unlock();
      yield* this.#kernel.udelay(this.#parameters.get('latency-gap-us'));
    }
  }

  /** What PREEMPT_RT leaves in hard interrupts: the clock, IPIs and their like; of random length and distance. */
  #interrupts(cpu: number): void {
    const kernel = this.#kernel;
    const longest = this.#parameters.get('irq-us');
    const period = this.#parameters.get('irq-period-us') * 1000;
    const lines: IrqLine[] = [];
    const through = () => this.#left === 0;
    const handler = function* restOfKernel() {
      if (through()) return;
      lines[0]?.raiseNow(period / 2 + kernel.random(period));
      yield* kernel.udelay((longest * kernel.random(1001)) / 1000);
    };
    lines.push(kernel.irq(`rest/${cpu}`, handler, { cpu, noThread: true }));
    lines[0]?.raiseNow(kernel.random(period));
  }

  /** As cyclictest: a task of the highest priority that a timer wakes, and the time until it runs. */
  #realTime(cpu: number): void {
    const kernel = this.#kernel;
    const period = this.#parameters.get('wakeup-us') * 1000;
    const wait = kernel.swait(`cyclic/${cpu}`);
    let fired = false;
    const timer = kernel.hrtimer(
      `cyclic_timer/${cpu}`,
      function* wakeCyclic() {
        fired = true;
        yield* wait.wakeUp();
      },
      { hard: true },
    );
    const once = function* (): Op<number> {
      fired = false;
      const due = kernel.now + period;
      yield* timer.start(period);
      yield* wait.waitEvent(() => fired);
      return kernel.now - due;
    };
    kernel.task(`cyclic/${cpu}`, () => this.#cyclic(once), { affinity: cpu, priority: 90 });
  }

  *#cyclic(once: () => Op<number>): Op<void> {
    while (this.#left > 0) {
      this.longestWakeup = Math.max(this.longestWakeup, yield* once());
      this.wakeups++;
    }
  }
}
