import { RoundRobin } from '../../explore/round-robin.js';
import { NullSink } from '../../model/events.js';
import type { FloodMethod, FloodRun, FloodSeries } from '../../model/rcu-bench.js';
import { Gfp, type IrqLine, type Kernel, type Op, type SlabObject, scenario, simulate } from '../../sim/index.js';
import { KvfreeRcu } from '../kvfree/kvfree-rcu.js';
import { installTreeRcu, type TreeRcu } from '../tree/tree-rcu.js';
import { cacheOptions, machineOptions, memoryOptions } from './model.js';
import type { Parameters } from './parameters.js';

/** Nanoseconds of a jiffy at 250 ticks a second: what the flood's time is scaled from. */
const REAL_JIFFY = 4_000_000;
/** Objects that one interrupt hands in at most, as a network driver's budget: what is owed then waits for the next. */
const BUDGET = 64;
/** Bytes of struct rcu_head: two pointers. */
const RCU_HEAD = 16;

/** Which flood to run. */
export interface FloodCase {
  readonly method: FloodMethod;
  readonly cpus: number;
  /** Objects a microsecond and CPU. */
  readonly rate: number;
}

/** What one flood did. */
export interface FloodResult {
  readonly run: FloodRun;
  readonly series: FloodSeries;
}

/**
 * Lets interrupts on every CPU hand objects to RCU at a given rate: nothing throttles them, so that a backlog that cannot be worked off
 * grows. The code that runs is this RCU and this allocator, on the simulator by the clock; PREEMPT, not PREEMPT_RT. Time is scaled: jiffies
 * are short, so that grace periods and with them the number of objects are, and what is full after so many objects (caches, qhimark)
 * is small in proportion.
 */
export function flood(of: FloodCase, parameters: Parameters): FloodResult {
  const jiffy = parameters.get('flood-jiffy-us') * 1000;
  const length = parameters.get('flood-jiffies') * jiffy;
  const scale = Math.min(1, jiffy / REAL_JIFFY);
  let source: Source | undefined;
  const what = scenario(
    {
      ...machineOptions(parameters),
      cache: cacheOptions(parameters, undefined, scale),
      name: 'rcu-flood',
      cpus: of.cpus,
      hz: 1e9 / jiffy,
      timeSlice: jiffy,
      reportLeaks: false,
      memory: memoryOptions(parameters),
    },
    (kernel) => {
      const qhimark = Math.max(1, Math.round(scale * parameters.get('qhimark')));
      const rcu = installTreeRcu(kernel, {
        blimit: parameters.get('blimit'),
        qhimark,
        qlowmark: Math.max(1, Math.floor(qhimark / 100)),
      });
      source = new Source(kernel, rcu, of, parameters, length);
      source.start(parameters.get('flood-irq-us') * 1000);
    },
  );
  simulate(what, { strategy: new RoundRobin(parameters.seed), sink: () => new NullSink() });
  if (source === undefined) throw new Error('internal error: the flood was not set up');
  return resultOf(of, source, length);
}

function resultOf(of: FloodCase, source: Source, length: number): FloodResult {
  const { points, produced, kvfree } = source;
  const freed = of.method === 'call_rcu' ? source.freed : kvfree.stats.freed;
  const meanIn = (from: number, to: number) => {
    const counts = points.flatMap(([time, count]) => (time >= from && time < to ? [count] : []));
    return counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length);
  };
  const third = length / 3;
  const meanwhile = of.rate * of.cpus * (third / 1000);
  const growth = (meanIn(2 * third, length) - meanIn(third, 2 * third)) / meanwhile;
  // Where not even the interrupts keep up, what is owed to them is part of the backlog.
  const owed = produced < (1 - RUNS_AWAY) * meanwhile * 3;
  return {
    run: {
      ...of,
      produced,
      peak: points.reduce((peak, [, count]) => Math.max(peak, count), 0),
      gracePeriods: source.gracePeriods,
      inArrays: produced === 0 ? 0 : kvfree.stats.inArrays / produced,
      growth,
      runsAway: growth > RUNS_AWAY || owed,
      behind: owed && growth <= RUNS_AWAY,
      allFreed: freed === produced,
    },
    series: { ...of, points: thinned(points, length).map(([time, count]) => [time / 1000, count] as const) },
  };
}

/**
 * Less than four of five objects that arrive are freed: the backlog grows for good. Grace periods that fall into another rhythm, a jiffy
 * longer, make a difference of an eighth in the default 24 jiffies.
 */
const RUNS_AWAY = 0.2;

/** Objects a microsecond and CPU beyond which the interrupts cannot keep up, whatever becomes of the objects. */
export function mostHandedIn(parameters: Parameters): number {
  return BUDGET / parameters.get('flood-irq-us') / (1 - RUNS_AWAY);
}

/** At most some hundred points, evenly in time. */
function thinned(points: readonly (readonly [number, number])[], length: number): (readonly [number, number])[] {
  const gap = length / 150;
  const kept: (readonly [number, number])[] = [];
  let next = 0;
  for (const point of points) {
    if (point[0] < next) continue;
    kept.push(point);
    next = point[0] + gap;
  }
  return kept;
}

/** Where the objects come from, and the count of them. */
class Source {
  produced = 0;
  freed = 0;
  /** Grace periods that ended while objects came. */
  gracePeriods = 0;
  /** Time and objects outstanding, at each interrupt of CPU 0. */
  readonly points: (readonly [time: number, outstanding: number])[] = [];
  readonly kvfree: KvfreeRcu;
  readonly #kernel: Kernel;
  readonly #rcu: TreeRcu;
  readonly #of: FloodCase;
  readonly #length: number;
  readonly #size: number;
  readonly #work: number;
  readonly #lines: IrqLine[] = [];
  readonly #producedBy: number[];

  constructor(kernel: Kernel, rcu: TreeRcu, of: FloodCase, parameters: Parameters, length: number) {
    this.#kernel = kernel;
    this.#rcu = rcu;
    this.#of = of;
    this.#length = length;
    this.#size = parameters.get('flood-object-bytes');
    this.#work = parameters.get('flood-work-ns');
    this.#producedBy = Array.from({ length: of.cpus }, () => 0);
    this.kvfree = new KvfreeRcu(rcu, {
      way: of.method === 'kvfree-arrays' ? 'prefilled' : 'list-only',
      drainJiffies: parameters.get('flood-drain-jiffies'),
      minCached: parameters.get('min-cached'),
      // An unbound workqueue of the kernel runs hundreds.
      maxActive: 256,
    });
  }

  start(period: number): void {
    for (let cpu = 0; cpu < this.#of.cpus; cpu++) {
      const line = this.#kernel.irq(`flood/${cpu}`, () => this.#interrupt(cpu, period), { cpu });
      this.#lines.push(line);
      line.raiseNow(Math.floor((cpu * period) / this.#of.cpus));
    }
  }

  get outstanding(): number {
    return this.#of.method === 'call_rcu' ? this.produced - this.freed : this.kvfree.outstanding;
  }

  *#interrupt(cpu: number, period: number): Op<void> {
    const kernel = this.#kernel;
    if (kernel.now < this.#length) this.#lines[cpu]?.raiseNow(period);
    if (cpu === 0) this.points.push([kernel.now, this.outstanding]);
    if (kernel.now >= this.#length) return;
    this.gracePeriods = this.#rcu.stats.gracePeriods;
    const owed = Math.floor((kernel.now * this.#of.rate) / 1000) - (this.#producedBy[cpu] ?? 0);
    for (let i = 0; i < Math.min(owed, BUDGET); i++) {
      yield* kernel.udelay(this.#work / 1000);
      const object = yield* kernel.mm.kmalloc(this.#size, Gfp.GFP_ATOMIC);
      if (object === null) continue;
      this.produced++;
      this.#producedBy[cpu] = (this.#producedBy[cpu] ?? 0) + 1;
      // Whoever took it out of its data structure has just written to it; that is part of the work above.
      kernel.cache?.access(cpu, object.hi, object.lo, RCU_HEAD, true);
      if (this.#of.method === 'call_rcu') yield* this.#call(object);
      else yield* this.kvfree.free(object);
    }
  }

  /** kfree_rcu() as it was: a callback for each object, which lies on the list through its rcu_head. */
  *#call(object: SlabObject): Op<void> {
    const { machine } = this.#rcu;
    machine.chargeAccess(object.hi, object.lo, RCU_HEAD, true);
    const freeing = () => this.#freeOne(object);
    yield* this.#rcu.call(freeing);
  }

  *#freeOne(object: SlabObject): Op<void> {
    this.#rcu.machine.chargeAccess(object.hi, object.lo, RCU_HEAD, false);
    yield* this.#kernel.mm.kfree(object);
    this.freed++;
  }
}
