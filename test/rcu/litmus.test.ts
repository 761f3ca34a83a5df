import { describe, expect, it } from 'vitest';
import { isAllowed, LITMUS_FLAVOURS } from '../../src/rcu/index.js';
import { everySchedule } from './delay-bounded.js';
import { ALLOWED, closes, FORBIDDEN, suits } from './litmus-rings.js';

/** All words of G0 and R0 of a length. */
function words(length: number): string[] {
  if (length === 0) return [''];
  return words(length - 1).flatMap((word) => ['G0', 'R0'].map((process) => `${word} ${process}`.trim()));
}

describe('the law of rings', () => {
  it('counts, within one domain: as many grace periods as readers forbid the outcome', () => {
    for (let length = 1; length <= 6; length++) {
      for (const word of words(length)) {
        const count = (kind: string) => word.split(kind).length - 1;
        expect([word, isAllowed(word)]).toEqual([word, count('R') > count('G')]);
      }
    }
  });

  it('pairs, over several: domains that cross order nothing', () => {
    expect(isAllowed('G0 R1')).toBe(true);
    expect(isAllowed('G0 G1 R1 R0')).toBe(false);
    expect(isAllowed('G0 G1 R0 R1')).toBe(true);
  });
});

describe('rings', () => {
  for (const [shape, times] of Object.entries(ALLOWED)) {
    it(`${shape} closes, by every interface`, () => {
      expect(isAllowed(shape)).toBe(true);
      for (const by of LITMUS_FLAVOURS) {
        if (suits(shape, by)) expect([by, closes(shape, by, { strategy: 'rr', seed: 1 }, times)]).toEqual([by, true]);
      }
    });
  }

  for (const shape of FORBIDDEN) {
    it(`${shape} never closes, by any interface, under any strategy`, () => {
      expect(isAllowed(shape)).toBe(false);
      for (const by of LITMUS_FLAVOURS) {
        if (!suits(shape, by)) continue;
        for (const strategy of ['rr', 'random', 'pct'] as const) {
          for (let seed = 1; seed <= 2; seed++)
            expect([by, strategy, seed, closes(shape, by, { strategy, seed })]).toEqual([by, strategy, seed, false]);
        }
      }
    });
  }

  it('close in some schedule with few delays where nothing forbids it, and in none where a grace period does', () => {
    for (const by of LITMUS_FLAVOURS) {
      for (const shape of ['P0 R0', 'G0 R0']) {
        let closed = 0;
        const { runs } = everySchedule(140, (strategy) => {
          if (closes(shape, by, { strategy, seed: 1 })) closed++;
        });
        expect([by, shape, closed > 0]).toEqual([by, shape, isAllowed(shape)]);
        if (shape === 'P0 R0') expect(runs).toBeGreaterThan(10);
      }
    }
  });
});
