import { describe, expect, it } from 'vitest';
import type { FaultName } from '../../src/rcu/index.js';
import { hunt } from './mutants.js';

/** Faults that a few schedules show, with a rule that must be among those that fire. The campaign runs them all. */
const QUICK: readonly (readonly [FaultName, string])[] = [
  ['release-node-early', 'assertion-failed'],
  ['advance-too-far', 'assertion-failed'],
  ['lose-gp-wakeup', 'hang'],
  ['snapshot-early', 'assertion-failed'],
  ['invoke-early', 'assertion-failed'],
  ['locks-upside-down', 'lock-order-cycle'],
  ['parent-too-early', 'assertion-failed'],
  ['never-accelerate', 'hang'],
  ['callbacks-under-lock', 'free-under-raw-spinlock'],
  ['barrier-forgets-invoked', 'assertion-failed'],
  ['hotplug-forgotten', 'assertion-failed'],
  ['dead-callbacks-lost', 'memory-leak'],
  ['nocb-wake-lost', 'hang'],
  ['nocb-unlocked', 'assertion-failed'],
  ['boost-never', 'assertion-failed'],
  ['wait-work-lost', 'hang'],
  ['kvfree-first-snap', 'use-after-free'],
  ['kvfree-wrong-gfp', 'alloc-under-raw-spinlock'],
  ['kvfree-drop-list', 'memory-leak'],
  ['kvfree-page-twice', 'double-free'],
  ['kvfree-list-kept', 'double-free'],
  ['kvfree-spinlock', 'invalid-wait-context'],
];

describe('faults put into RCU', () => {
  for (const [fault, rule] of QUICK) {
    it(`${fault} is caught by ${rule}`, () => {
      expect(hunt(fault, 24).rules).toContain(rule);
    });
  }
});
