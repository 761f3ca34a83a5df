import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseToken, replayToken, STRATEGY_NAMES } from '../../src/explore/token.js';

describe('replay tokens', () => {
  it('say everything that they were made of', () => {
    const schedule = fc.record({
      strategy: fc.constantFrom(...STRATEGY_NAMES),
      seed: fc.nat(),
      depth: fc.integer({ min: 1, max: 20 }),
      preemptRt: fc.constantFrom(undefined, true, false),
    });
    fc.assert(
      fc.property(schedule, (made) => {
        const token = replayToken(made);
        expect(token.length).toBeLessThan(32);
        expect(parseToken(token)).toEqual({ ...made, depth: made.strategy === 'pct' ? made.depth : 3 });
      }),
    );
  });

  it('of another version or none are refused in words', () => {
    expect(parseToken('2-random-1')).toMatch(/version 2/);
    expect(parseToken('nonsense')).toMatch(/no replay token/);
  });
});
