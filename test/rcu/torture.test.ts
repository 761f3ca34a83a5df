import { describe, expect, it } from 'vitest';
import { judgeTorture } from './judge-torture.js';

describe('torture', () => {
  for (const preemptRt of [false, true]) {
    for (const strategy of ['rr', 'random', 'pct'] as const) {
      it(`${strategy} on ${preemptRt ? 'PREEMPT_RT' : 'PREEMPT'} finds nothing`, () => {
        for (let seed = 1; seed <= 5; seed++) {
          const result = judgeTorture({ strategy, seed, preemptRt });
          expect([seed, result.problems]).toEqual([seed, []]);
          expect(result.gracePeriods).toBeGreaterThan(0);
        }
      });
    }
  }
});
