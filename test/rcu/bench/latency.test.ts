import { describe, expect, it } from 'vitest';
import { RoundRobin } from '../../../src/explore/round-robin.js';
import { latencyFigures, underStress } from '../../../src/rcu/bench/latency.js';
import { OffTimes } from '../../../src/rcu/bench/off-times.js';
import { Parameters } from '../../../src/rcu/bench/parameters.js';
import { type Kernel, type Op, scenario, simulate } from '../../../src/sim/index.js';

const parameters = new Parameters(['latency-rounds=1', 'latency-objects=60'], { quick: true });
/** Nanoseconds that zone->lock is held to move a batch of pages. */
const HOLD = 63 * 150;

function offTimes(setup: (kernel: Kernel) => void, preemptRt = true): OffTimes {
  let times: OffTimes | undefined;
  simulate(scenario({ name: 'off', cpus: 2, preemptRt }, setup), {
    strategy: new RoundRobin(),
    sink: (names) => {
      times = new OffTimes(names);
      return times;
    },
  });
  if (times === undefined) throw new Error('no sink was asked for');
  return times;
}

const held = (kernel: Kernel, lock: { lock(): Op<void>; unlock(): Op<void> }, us: number) =>
  function* () {
    yield* lock.lock();
    yield* kernel.udelay(us);
    yield* lock.unlock();
  };

describe('times with preemption or interrupts off', () => {
  it('are those of raw locks, waiting included, not of locks that sleep', () => {
    const raw = offTimes((kernel) => {
      const lock = kernel.rawSpinlock('lv_raw');
      kernel.task('first', held(kernel, lock, 30), { affinity: 0 });
      kernel.task('second', held(kernel, lock, 20), { affinity: 1 });
    });
    expect(raw.longest.lock).toBe('lv_raw');
    expect(raw.longest.length).toBeGreaterThanOrEqual(50_000);
    expect(raw.longest.length).toBeLessThan(51_000);
    expect(Math.round(raw.longest.waited / 1000)).toBe(30);
    const sleeping = offTimes((kernel) => kernel.task('only', held(kernel, kernel.spinlock('lv_spin'), 30)));
    expect(sleeping.longest.length).toBeLessThan(1000);
  });

  it('are those of interrupts and of preemption turned off by hand', () => {
    const irqs = offTimes((kernel) =>
      kernel.task('only', function* () {
        yield* kernel.localIrqDisable();
        yield* kernel.udelay(7);
        yield* kernel.localIrqEnable();
        yield* kernel.preemptDisable();
        yield* kernel.udelay(11);
        yield* kernel.preemptEnable();
      }),
    );
    expect(Math.round(irqs.longest.length / 1000)).toBe(11);
    expect(irqs.longest.lock).toBe('');
  });

  it('count who sleeps in them', () => {
    const setup = (kernel: Kernel) => {
      const raw = kernel.rawSpinlock('lv_raw');
      const inner = kernel.spinlock('lv_spin');
      kernel.task('only', function* () {
        yield* raw.lock();
        yield* inner.lock();
        yield* inner.unlock();
        yield* raw.unlock();
      });
    };
    expect(offTimes(setup).sleptInAtomic).toBe(1);
    expect(offTimes(setup, false).sleptInAtomic).toBe(0);
  });
});

describe('ways of getting the page under memory stress', () => {
  const { ways, scaling } = latencyFigures(parameters);
  const rowOf = (way: string) => ways.find((row) => row.way === way);

  it('leave preemption on, but for the raw zone->lock, which is waited for in turn', () => {
    for (const row of ways) {
      if (row.way === 'raw-zone-lock') continue;
      // The longest interrupt, and what its entry and exit cost.
      expect(row.longestOff).toBeLessThan(5000 + 2000);
      expect(row.lock).not.toBe('&zone->lock');
    }
    const raw = rowOf('raw-zone-lock');
    expect(raw?.lock).toBe('&zone->lock');
    // Three other CPUs, one hold each, then its own.
    expect(raw?.waited).toBeGreaterThan(2.9 * HOLD);
    expect(raw?.longestOff).toBeGreaterThan(3.9 * HOLD);
    expect((raw?.longestOff ?? 0) / (rowOf('list-only')?.longestOff ?? 1)).toBeGreaterThan(3);
  });

  it('make it worse the more CPUs there are', () => {
    const raw = scaling.filter(({ way }) => way === 'raw-zone-lock');
    expect(raw.map(({ cpus }) => cpus)).toEqual([2, 4]);
    expect((raw[1]?.longestOff ?? 0) / (raw[0]?.longestOff ?? 1)).toBeGreaterThan(1.5);
  });

  it('sleep in atomic context with the naive one alone', () => {
    const sleepers = ways.filter(({ sleptInAtomic }) => sleptInAtomic > 0).map(({ way }) => way);
    expect(sleepers).toEqual(['gfp-nowait']);
  });

  it('come out the same every time', () => {
    const once = scaling.find(({ way, cpus }) => way === 'raw-zone-lock' && cpus === 2);
    expect(underStress('raw-zone-lock', 2, parameters)).toEqual(once);
  });
});
