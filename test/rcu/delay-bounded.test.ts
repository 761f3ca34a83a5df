import { describe, expect, it } from 'vitest';
import { NullSink } from '../../src/model/events.js';
import { scenario, simulate } from '../../src/sim/index.js';
import { everySchedule } from './delay-bounded.js';

/** Two tasks on CPUs of their own that write so many letters each, an operation a letter: the words that come about. */
function wordsWithin(limit: number, letters: number): { words: Set<string>; runs: number; delays: number } {
  const words = new Set<string>();
  const result = everySchedule(limit, (strategy) => {
    let word = '';
    const what = scenario({ name: 'letters', cpus: 2 }, (kernel) => {
      for (const [cpu, letter] of ['a', 'b'].entries()) {
        const body = function* () {
          for (let i = 0; i < letters; i++) {
            yield* kernel.udelay(1);
            word += letter;
          }
        };
        kernel.task(letter, body, { cpu, affinity: cpu });
      }
    });
    simulate(what, { strategy, sink: () => new NullSink() });
    words.add(word);
  });
  return { words, ...result };
}

describe('schedules with few delays', () => {
  it('are all interleavings when the delays may be as many as there are steps', () => {
    // Two of each: six words.
    expect(wordsWithin(100_000, 2).words.size).toBe(6);
  });

  it('begin with the one without any', () => {
    expect(wordsWithin(1, 3)).toEqual({ words: new Set(['aaabbb']), runs: 1, delays: 0 });
  });

  it('switch as often as the limit allows', () => {
    const { words, delays } = wordsWithin(8, 3);
    expect(delays).toBe(1);
    expect(words).toContain('abbbaa');
    expect(words).not.toContain('ababab');
  });
});
