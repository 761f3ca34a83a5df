import { RoundRobin } from '../../explore/round-robin.js';
import { NullSink } from '../../model/events.js';
import type { OomFigures, OomRecovery, OomRow } from '../../model/rcu-bench.js';
import { Gfp, type Kernel, type Op, type SlabObject, scenario, simulate } from '../../sim/index.js';
import { KvfreeRcu } from '../kvfree/kvfree-rcu.js';
import type { PageWay } from '../kvfree/page-source.js';
import { installTreeRcu, type TreeRcu } from '../tree/tree-rcu.js';
import { machineOptions, memoryOptions } from './model.js';
import type { Parameters } from './parameters.js';

/** Mainline's way, the one that asks for a page whenever it wants one, and no arrays at all. */
const WAYS: readonly PageWay[] = ['prefilled', 'lockless', 'list-only'];
/** Of the run that recovers: shares of its objects at which memory goes and comes back. */
const GONE = 0.3;
const BACK = 0.7;
/** Objects of the run that recovers, for one of another: cached pages and those that come back last for a while. */
const RECOVERY = 4;
/** Bytes of the object's first line that its remover has touched. */
const RCU_HEAD = 16;

/** kvfree_rcu() while page allocations fail, at each share of failures, and how it recovers. */
export function oomFigures(parameters: Parameters): OomFigures {
  const rows: OomRow[] = [];
  for (const way of WAYS) {
    let without = 0;
    // It asks for no page: failures are all one to it.
    const shares = way === 'list-only' ? [0] : parameters.all('oom-percent');
    for (const failing of shares) {
      const row = average(way, failing, parameters);
      if (without === 0) without = row.cost;
      rows.push({ ...row, slowdown: row.cost / without });
    }
  }
  const recovery = WAYS.filter((way) => way !== 'list-only').map((way) => recover(way, parameters));
  return { rows, recovery };
}

/** Several runs with one share of failures as one row: where a worker happens to run makes a difference. */
function average(way: PageWay, failing: number, parameters: Parameters): Omit<OomRow, 'slowdown'> {
  const runs = Array.from({ length: parameters.get('oom-runs') }, (_, i) => {
    return new OomRun(way, parameters, parameters.seed + i, parameters.get('oom-objects'), (done) =>
      done === 0 ? failing : undefined,
    );
  });
  const sum = (of: (run: OomRun) => number) => runs.reduce((total, run) => total + of(run), 0);
  const objects = sum(({ given }) => given);
  return {
    way,
    failing,
    objects,
    freed: sum(({ freed }) => freed),
    lost: sum(({ lost }) => lost),
    listShare: sum(({ inLists }) => inLists) / objects,
    failed: sum(({ failed }) => failed),
    cost: sum(({ busy }) => busy) / objects,
  };
}

/** All allocations fail for a while, then none. */
function recover(way: PageWay, parameters: Parameters): OomRecovery {
  let gone = 0;
  let back = 0;
  const objects = RECOVERY * parameters.get('oom-objects');
  const run = new OomRun(way, parameters, parameters.seed, objects, (done, kernel) => {
    if (gone === 0 && done >= GONE) {
      gone = kernel.now;
      return 100;
    }
    if (back === 0 && done >= BACK) {
      back = kernel.now;
      return 0;
    }
    return undefined;
  });
  const { samples } = run;
  const atBack = samples.find(({ time }) => time >= back);
  const first = samples.find(({ time, inArrays }) => time >= back && inArrays > (atBack?.inArrays ?? 0));
  const lastList = samples.findLast(({ inLists }, i) => inLists > (samples[i - 1]?.inLists ?? 0));
  // CPUs free what they took in order, near enough: when as many are freed as had been given by then, that one is.
  const drained = samples.find(({ time, freed }) => time >= back && freed >= (lastList?.given ?? 0));
  return {
    way,
    gone: gone / 1000,
    back: back / 1000,
    firstArray: first === undefined ? -1 : (first.time - back) / 1000,
    drained: drained === undefined ? -1 : (drained.time - back) / 1000,
    lost: run.lost,
    points: sharesOf(samples),
  };
}

/** What has happened up to a time. */
interface Sample {
  readonly time: number;
  readonly given: number;
  readonly inArrays: number;
  readonly inLists: number;
  readonly freed: number;
}

/** Share of the list in each stretch of time, in microseconds. */
function sharesOf(samples: readonly Sample[]): [number, number][] {
  const points: [number, number][] = [];
  const step = Math.max(1, Math.floor(samples.length / 120));
  for (let i = step; i < samples.length; i += step) {
    const [a, b] = [samples[i - step], samples[i]];
    if (a === undefined || b === undefined || b.given === a.given) continue;
    points.push([b.time / 1000, (b.inLists - a.inLists) / (b.given - a.given)]);
  }
  return points;
}

/** One run: objects are made, then freed by kvfree_rcu() while allocations fail, and all is waited for. */
class OomRun {
  readonly samples: Sample[] = [];
  given = 0;
  freed = 0;
  /** Objects that were never freed. */
  lost = 0;
  inLists = 0;
  /** Page allocations that were made to fail. */
  failed = 0;
  /** Nanoseconds that CPUs were busy, without the gaps between objects. */
  busy = 0;
  readonly #way: PageWay;
  readonly #parameters: Parameters;
  readonly #failing: (done: number, kernel: Kernel) => number | undefined;
  /** Of each CPU. */
  readonly #objects: number;

  /** `failing`: the new share of failing allocations, asked before each object with the share of objects given so far. */
  constructor(
    way: PageWay,
    parameters: Parameters,
    seed: number,
    objects: number,
    failing: (done: number, kernel: Kernel) => number | undefined,
  ) {
    this.#way = way;
    this.#parameters = parameters;
    this.#failing = failing;
    const cpus = parameters.get('oom-cpus');
    this.#objects = objects;
    const what = scenario(
      {
        ...machineOptions(parameters),
        name: 'rcu-oom',
        cpus,
        hz: 1000,
        timeSlice: 1_000_000,
        reportLeaks: false,
        memory: memoryOptions(parameters),
      },
      (kernel) => this.#setUp(kernel),
    );
    simulate(what, { strategy: new RoundRobin(seed), sink: () => new NullSink() });
  }

  #setUp(kernel: Kernel): void {
    const parameters = this.#parameters;
    const rcu = installTreeRcu(kernel, { blimit: parameters.get('blimit'), qhimark: parameters.get('qhimark') });
    const kvfree = new KvfreeRcu(rcu, {
      way: this.#way,
      drainJiffies: parameters.get('drain-jiffies'),
      minCached: parameters.get('min-cached'),
      maxActive: 256,
    });
    const busyTime = watchBusy(kernel);
    const made = kernel.completion('objects made');
    let left = kernel.cpus;
    let making = kernel.cpus;
    const all: SlabObject[] = [];
    const end = (): void => {
      this.busy += busyTime();
      this.lost = all.filter((object) => !object.freed).length;
      this.freed = all.length - this.lost;
      this.inLists = kvfree.stats.inLists;
      this.failed = kernel.mm.pages.failures.injected;
    };
    const run = this;
    const meet = function* (): Op<void> {
      making--;
      if (making === 0) {
        run.busy -= busyTime();
        yield* made.completeAll();
      } else yield* made.wait();
    };
    const body = function* (this: OomRun): Op<void> {
      const mine = yield* this.#make(kernel);
      all.push(...mine);
      yield* meet();
      yield* this.#freeAll(rcu, kvfree, mine);
      left--;
      if (left > 0) return;
      while (kvfree.outstanding > 0) {
        yield* kernel.scheduleTimeout(1);
        this.#sample(kernel, kvfree);
      }
      end();
    };
    for (let cpu = 0; cpu < kernel.cpus; cpu++) kernel.task(`freer/${cpu}`, body.bind(this), { affinity: cpu });
  }

  *#make(kernel: Kernel): Op<SlabObject[]> {
    const objects: SlabObject[] = [];
    for (let i = 0; i < this.#objects; i++) {
      const object = yield* kernel.mm.kmalloc(this.#parameters.get('flood-object-bytes'), Gfp.GFP_KERNEL);
      if (object !== null) objects.push(object);
    }
    return objects;
  }

  *#freeAll(rcu: TreeRcu, kvfree: KvfreeRcu, objects: readonly SlabObject[]): Op<void> {
    const { kernel } = rcu;
    const average = this.#parameters.get('oom-gap-ns');
    for (const object of objects) {
      const percent = this.#failing(this.given / (this.#objects * kernel.cpus), kernel);
      if (percent !== undefined) kernel.mm.pages.failures.options = { percent };
      const gap = average === 0 ? 0 : average / 2 + kernel.random(average);
      this.busy -= gap;
      yield* kernel.udelay(gap / 1000);
      kernel.cache?.access(kernel.smpProcessorId, object.hi, object.lo, RCU_HEAD, true);
      yield* kvfree.free(object);
      this.given++;
      if (this.given % 16 === 0) this.#sample(kernel, kvfree);
    }
  }

  #sample(kernel: Kernel, kvfree: KvfreeRcu): void {
    const { inArrays, inLists, freed } = kvfree.stats;
    this.samples.push({ time: kernel.now, given: this.given, inArrays, inLists, freed });
  }
}

/** Follows how long CPUs are not idle; the function returned says how many nanoseconds it has been, over all CPUs. */
function watchBusy(kernel: Kernel): () => number {
  const since = new Map<number, number>();
  let total = 0;
  const { idleEnter, idleExit } = kernel.hooks;
  kernel.hooks.idleExit = (cpu) => {
    since.set(cpu.id, kernel.now);
    idleExit?.(cpu);
  };
  kernel.hooks.idleEnter = (cpu) => {
    total += kernel.now - (since.get(cpu.id) ?? kernel.now);
    since.delete(cpu.id);
    idleEnter?.(cpu);
  };
  return () => [...since.values()].reduce((sum, start) => sum + kernel.now - start, total);
}
