import { describe, expect, it } from 'vitest';
import { FLAVOURS, type FlavourFault, huntFlavour, judgeFlavour, kernelsOf } from './flavours.js';

describe('torture', () => {
  for (const flavour of FLAVOURS) {
    for (const preemptRt of kernelsOf(flavour)) {
      it(`of ${flavour} on ${preemptRt ? 'PREEMPT_RT' : 'PREEMPT'} finds nothing`, () => {
        for (const strategy of ['rr', 'random', 'pct'] as const) {
          for (let seed = 1; seed <= 2; seed++) {
            const result = judgeFlavour(flavour, { strategy, seed, preemptRt });
            expect([strategy, seed, result.problems]).toEqual([strategy, seed, []]);
            expect(result.gracePeriods).toBeGreaterThan(0);
            expect(result.reads).toBeGreaterThan(0);
          }
        }
      });
    }
  }
});

/** A rule that must be among those that fire, and the schedules that it may take. The campaign runs them all. */
const QUICK: readonly (readonly [FlavourFault, string, number])[] = [
  ['srcu-no-flip', 'assertion-failed', 3],
  ['srcu-index-stuck', 'assertion-failed', 3],
  ['srcu-skip-first-scan', 'assertion-failed', 30],
  ['srcu-skip-second-scan', 'assertion-failed', 3],
  ['srcu-snapshot-early', 'assertion-failed', 3],
  ['srcu-leaf-unmarked', 'hang', 3],
  ['srcu-node-locks-nested', 'recursive-lock', 3],
  ['srcu-callbacks-under-lock', 'recursive-lock', 3],
  ['srcu-cleanup-unflushed', 'assertion-failed', 6],
  ['tasks-preemption-counts', 'assertion-failed', 6],
  ['tasks-preempted-skipped', 'assertion-failed', 6],
  ['tasks-snapshot-stale', 'assertion-failed', 6],
  ['tasks-running-skipped', 'assertion-failed', 9],
  ['tasks-not-framed', 'assertion-failed', 9],
  ['tasks-first-queue-only', 'hang', 6],
  ['tiny-quiescent-in-reader', 'assertion-failed', 3],
  ['tiny-list-unguarded', 'assertion-failed', 6],
  ['tiny-ready-kept', 'hang', 9],
  ['tiny-lost-softirq', 'hang', 3],
  ['srcu-barrier-skips-cpu', 'assertion-failed', 6],
];

describe('faults put into the flavours', () => {
  for (const [fault, rule, limit] of QUICK) {
    it(`${fault} is caught by ${rule}`, () => {
      expect(huntFlavour(fault, limit).rules).toContain(rule);
    });
  }
});
