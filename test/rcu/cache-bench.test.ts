import { describe, expect, it } from 'vitest';
import { cacheTable, compare } from '../../src/rcu/cache-bench.js';

describe('cache misses of callbacks', () => {
  it('are 7.5 to 8 times fewer with arrays, for 64-byte lines and 8-byte pointers', () => {
    for (const batch of [500, 1000, 10_000]) {
      const { factor, listMisses } = compare({ lineSize: 64, pointerSize: 8, objectSize: 256, batch });
      // One line an object; the arrays have eight pointers a line, and a head of half a line a page.
      expect(listMisses).toBe(batch);
      expect(factor).toBeGreaterThanOrEqual(7.5);
      expect(factor).toBeLessThanOrEqual(8);
    }
  });

  it('gain more with longer lines and shorter pointers', () => {
    const factorOf = (lineSize: number, pointerSize: number) =>
      compare({ lineSize, pointerSize, objectSize: 256, batch: 10_000 }).factor;
    expect(factorOf(32, 8)).toBeLessThan(4);
    expect(factorOf(128, 8)).toBeGreaterThan(15);
    expect(factorOf(64, 4)).toBeGreaterThan(15);
  });

  it('come out the same every time', () => {
    expect(cacheTable()).toEqual(cacheTable());
  });
});
