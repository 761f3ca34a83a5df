import { describe, expect, it } from 'vitest';
import { cacheFigures, compare } from '../../../src/rcu/bench/cache.js';
import { Parameters } from '../../../src/rcu/bench/parameters.js';

const parameters = new Parameters();
const BATCH = 2000;
const rowOf = (lineSize: number, pointerSize: number, objectSize = 256, batch = BATCH) =>
  compare({ lineSize, pointerSize, objectSize, batch }, parameters);

describe('cache misses of callbacks', () => {
  it('are 7.5 to 8 times fewer with arrays, for 64-byte lines and 8-byte pointers', () => {
    for (const batch of [500, 1000, 5000]) {
      const { factor, listLines } = rowOf(64, 8, 256, batch);
      // One line an object; the arrays have eight pointers a line, and a head of half a line a page.
      expect(listLines).toBe(batch);
      expect(factor).toBeGreaterThanOrEqual(7.5);
      expect(factor).toBeLessThanOrEqual(8);
    }
  });

  it('gain more with longer lines and shorter pointers', () => {
    expect(rowOf(32, 8).factor).toBeLessThan(4);
    expect(rowOf(128, 8).factor).toBeGreaterThan(15);
    expect(rowOf(64, 4).factor).toBeGreaterThan(15);
  });

  it('gain less where several small objects share a line', () => {
    expect(rowOf(64, 8, 16).listLines).toBeLessThan(BATCH);
    expect(rowOf(64, 8, 16).factor).toBeLessThan(rowOf(64, 8, 256).factor);
  });

  it('cost less, and are as many, where the shared cache has the lines', () => {
    const [cold, mixed, warm] = rowOf(64, 8).walks;
    expect([cold, mixed, warm].map((walk) => walk?.state)).toEqual(['cold', 'mixed', 'warm']);
    expect(cold).toMatchObject({ listMisses: BATCH, listTime: 80 });
    expect(warm).toMatchObject({ listMisses: 0, arrayMisses: 0, listTime: 20 });
    expect(mixed?.listMisses).toBeGreaterThan(0.45 * BATCH);
    expect(mixed?.listMisses).toBeLessThan(0.55 * BATCH);
    // Half of the arrays' lines, too, however many pointers share one.
    const arrays = (mixed?.arrayMisses ?? 0) / (cold?.arrayMisses ?? 1);
    expect(arrays).toBeGreaterThan(0.4);
    expect(arrays).toBeLessThan(0.6);
  });

  it('come about by lines of pointers and heads of arrays, which the counts tell apart', () => {
    const small = new Parameters(['line-bytes=64', 'pointer-bytes=8', 'object-bytes=256', 'batch=1018']);
    const [count] = cacheFigures(small).counts;
    // Two full pages of 508 pointers: 4064 bytes are 63 and a half lines, the first half shared with the head.
    expect(count).toMatchObject({ arrays: 3, pointersAnArray: 508, pointersBesideHead: 10, headLines: 3 });
    expect(count?.pointerLines).toBe(126);
    // The free's own store hits after the list and misses after arrays: the gain is in what is waited for.
    expect(count).toMatchObject({ listLines: 1018, storesAfterList: 0, storesAfterArrays: 1018 });
  });
});
