import { describe, expect, it } from 'vitest';
import { Pct } from '../../src/explore/pct.js';
import { run } from '../sim/recorder.js';

describe('PCT', () => {
  it('lets whoever is waited for go on, however it is waited for', () => {
    for (let seed = 1; seed <= 40; seed++) {
      let done = false;
      const { outcome } = run(
        (kernel) => {
          kernel.task('worker', function* () {
            for (let i = 0; i < 50; i++) yield* kernel.udelay(1);
            done = true;
          });
          // By spinning, by the clock, and by giving up the CPU.
          kernel.task('spins', function* () {
            while (!done) yield* kernel.cpuRelax();
          });
          kernel.task('sleeps', function* () {
            while (!done) yield* kernel.scheduleTimeout(1);
          });
          kernel.task('yields', function* () {
            while (!done) yield* kernel.yieldCpu();
          });
        },
        { cpus: 4, maxOperations: 20_000 },
        new Pct(seed),
      );
      expect([seed, outcome]).toEqual([seed, 'finished']);
    }
  });
});
