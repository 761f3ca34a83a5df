import { describe, expect, it } from 'vitest';
import { RandomSource } from '../../src/explore/random-source.js';
import { Gfp } from '../../src/sim/index.js';
import { Buddy, MAX_ORDER } from '../../src/sim/mm/buddy.js';
import { run, strategies } from './recorder.js';

describe('buddy allocator', () => {
  it('keeps its invariants over a million random operations', () => {
    const random = new RandomSource(7);
    const pages = 4096;
    const buddy = new Buddy(pages);
    const held: { pfn: number; order: number }[] = [];
    const owner = new Int8Array(pages);
    let given = 0;
    const check = () => {
      const seen = new Uint8Array(pages);
      let free = 0;
      for (const [pfn, order] of buddy.blocks()) {
        expect(pfn % (1 << order)).toBe(0);
        for (let i = pfn; i < pfn + (1 << order); i++) {
          expect([seen[i], owner[i]]).toEqual([0, 0]);
          seen[i] = 1;
        }
        free += 1 << order;
        const other = pfn ^ (1 << order);
        if (order < MAX_ORDER) expect(buddy.blocks().some(([at, size]) => at === other && size === order)).toBe(false);
      }
      expect(free).toBe(buddy.free);
      expect(free + given).toBe(pages);
    };
    for (let step = 0; step < 1_000_000; step++) {
      if (held.length === 0 || random.below(2) === 0) {
        const order = random.below(5) === 0 ? random.below(MAX_ORDER + 1) : random.below(3);
        const pfn = buddy.alloc(order);
        if (pfn < 0) continue;
        for (let i = pfn; i < pfn + (1 << order); i++) {
          if (owner[i] !== 0) throw new Error(`page ${i} given twice`);
          owner[i] = 1;
        }
        given += 1 << order;
        held.push({ pfn, order });
      } else {
        const [block] = held.splice(random.below(held.length), 1);
        if (block === undefined) continue;
        owner.fill(0, block.pfn, block.pfn + (1 << block.order));
        given -= 1 << block.order;
        buddy.release(block.pfn, block.order);
      }
      if (step % 100_000 === 0) check();
    }
    for (const block of held) {
      owner.fill(0, block.pfn, block.pfn + (1 << block.order));
      given -= 1 << block.order;
      buddy.release(block.pfn, block.order);
    }
    check();
    expect(buddy.blocks().every(([, order]) => order === MAX_ORDER)).toBe(true);
    expect(() => buddy.release(0, 0)).toThrow(/free already/);
  });
});

describe('page allocator', () => {
  it('GFP_RT_NOWAIT never takes zone->lock and gets null from an empty list, under every strategy', () => {
    for (const preemptRt of [false, true]) {
      for (let seed = 1; seed <= 20; seed++) {
        for (const strategy of strategies(seed)) {
          const { lines } = run(
            (kernel) => {
              const raw = kernel.rawSpinlock('raw');
              const { mm } = kernel;
              for (const name of ['A', 'B']) {
                kernel.task(name, function* () {
                  for (let i = 0; i < 6; i++) {
                    yield* raw.lock();
                    const before = mm.pages.zoneLockTaken;
                    const page = yield* mm.allocPage(Gfp.GFP_RT_NOWAIT);
                    expect(mm.pages.zoneLockTaken).toBe(before);
                    yield* raw.unlock();
                    if (page === null) expect(mm.pages.pcpCount(kernel.smpProcessorId)).toBeLessThanOrEqual(4);
                  }
                });
              }
            },
            { preemptRt, memory: { pcpFill: 4 } },
            strategy,
          );
          expect(lines.some((line) => line.includes('zone->lock'))).toBe(false);
        }
      }
    }
  });

  it('wakes kswapd, reclaims and runs out', () => {
    for (const kswapdWait of ['waitqueue', 'rcuwait'] as const) {
      for (const preemptRt of [false, true]) {
        let got = 0;
        const { lines, outcome } = run(
          (kernel) => {
            const { mm } = kernel;
            kernel.task('A', function* () {
              for (;;) {
                const page = yield* mm.allocPage(Gfp.GFP_KERNEL);
                if (page === null) return;
                mm.ignoreLeak(page);
                got++;
              }
            });
          },
          { preemptRt, memory: { pages: 256, kswapdWait } },
        );
        expect(outcome).toBe('finished');
        expect(got).toBeGreaterThan(200);
        expect(lines.some((line) => line.startsWith('kswapd0: +'))).toBe(true);
        expect(lines.some((line) => line.includes('+&pgdat->kswapd_wait'))).toBe(kswapdWait === 'waitqueue');
      }
    }
  });

  it('catches use after free, double free and leaks', () => {
    const { reports } = run(
      (kernel) => {
        const { mm } = kernel;
        kernel.task('A', function* () {
          const a = yield* mm.kmalloc(100, Gfp.GFP_KERNEL);
          const b = yield* mm.kmalloc(100, Gfp.GFP_KERNEL);
          if (a === null || b === null) return;
          const field = kernel.variable('a->x', 0, { in: a });
          yield* field.write(1);
          yield* mm.kfree(a);
          yield* field.read();
          yield* mm.kfree(a);
        });
      },
      { reportLeaks: true },
    );
    expect(reports.map((report) => report.rule)).toEqual(['use-after-free', 'double-free', 'memory-leak']);
  });

  it('gives every object and page back', () => {
    for (let seed = 1; seed <= 20; seed++) {
      for (const strategy of strategies(seed)) {
        const { reports, outcome } = run(
          (kernel) => {
            const { mm } = kernel;
            const cache = mm.kmemCache('lv_cache', 600);
            for (const name of ['A', 'B', 'C']) {
              kernel.task(name, function* () {
                for (let round = 0; round < 4; round++) {
                  const objects = [];
                  for (let i = 0; i < 12; i++) {
                    const object = yield* cache.alloc(Gfp.GFP_KERNEL);
                    if (object !== null) objects.push(object);
                  }
                  for (const object of objects) yield* cache.free(object);
                }
                const area = yield* mm.vmalloc(10_000);
                if (area !== null) yield* mm.vfree(area);
                const percpu = yield* mm.allocPercpu(64);
                if (percpu !== null) yield* mm.freePercpu(percpu);
                const block = yield* mm.allocPages(Gfp.GFP_KERNEL, 3);
                if (block !== null) yield* mm.freePage(block);
              });
            }
          },
          { reportLeaks: true, cpus: 3, memory: { failures: { percent: 10 } } },
          strategy,
        );
        expect([outcome, reports]).toEqual(['finished', []]);
      }
    }
  });
});
