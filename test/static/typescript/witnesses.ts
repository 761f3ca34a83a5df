/** Machines on which schedules show what sources tell of shipped scenarios and the scenarios' own machine does not. */
import {
  Gfp,
  type Kernel,
  type MemoryOptions,
  type Op,
  type Scenario,
  type SlabObject,
} from '../../../src/sim/index.js';

/** Objects of a slab of kmalloc-192. */
const OBJECTS = 21;

/** The per-CPU list has no page: the next one comes from the zone, under zone->lock. */
export function withoutPages(of: Scenario): Scenario[] {
  return [elsewhere(of, { pcpFill: 0 })];
}

/** A task of higher priority uses up the CPU's slab, at one of some times. */
export function withoutSlab(of: Scenario): Scenario[] {
  const body = (kernel: Kernel) =>
    function* useUpSlab() {
      yield* take(kernel, OBJECTS);
    };
  return inWindow(of, 250, { pcpFill: 0, pcpBatch: 1 }, body);
}

/**
 * The same with five slabs, of which it leaves four on the node's list: what is freed is the last object of the first, so that the
 * slab is given up, and its page goes past the full per-CPU list into the zone.
 */
export function withSlabsToGiveUp(of: Scenario): Scenario[] {
  const body = (kernel: Kernel) =>
    function* leaveSlabs() {
      const objects = yield* take(kernel, 4 * OBJECTS);
      const own = objects[0]?.slab;
      const others = objects.filter((object) => object.slab !== own);
      const oneOfEach = others.filter((object, i) => object.slab !== others[i - 1]?.slab);
      for (const object of oneOfEach) yield* kernel.mm.kfree(object);
      for (const object of objects) if (object.slab === own) yield* kernel.mm.kfree(object);
    };
  return inWindow(of, 1300, { pcpFill: 0, pcpHigh: 1 }, body);
}

/** The same code on a machine with other memory, and perhaps with somebody else beside it. */
function elsewhere(of: Scenario, memory: MemoryOptions, beside?: (kernel: Kernel) => void): Scenario {
  const setup = (kernel: Kernel): void => {
    of.setup(kernel);
    beside?.(kernel);
  };
  return { options: { ...of.options, memory, ...(beside && { cpus: 1 }) }, setup };
}

/** A machine for each time from `from` ns on at which somebody may come in between. */
function inWindow(
  of: Scenario,
  from: number,
  memory: MemoryOptions,
  body: (kernel: Kernel) => () => Op<void>,
): Scenario[] {
  return Array.from({ length: 40 }, (_, i) =>
    elsewhere(of, memory, (kernel) => intruder(kernel, from + 8 * i, body(kernel))),
  );
}

/** A task that preempts everybody else at a time, by the clock. */
function intruder(kernel: Kernel, time: number, body: () => Op<void>): void {
  const go = kernel.completion('go');
  kernel.irq('nudge', () => go.complete()).raiseNow(time);
  kernel.task(
    'intruder',
    function* intrude() {
      yield* go.wait();
      yield* body();
    },
    { priority: 50 },
  );
}

function* take(kernel: Kernel, count: number): Op<SlabObject[]> {
  const objects: SlabObject[] = [];
  for (let i = 0; i < count; i++) {
    const object = yield* kernel.mm.kmalloc(192, Gfp.GFP_KERNEL);
    if (object !== null) objects.push(object);
  }
  return objects;
}
