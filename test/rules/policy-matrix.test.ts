import { describe, expect, it } from 'vitest';
import type { HeldLockView } from '../../src/model/context-view.js';
import { type AllocEvent, AllocKind } from '../../src/model/events.js';
import { Gfp } from '../../src/model/gfp.js';
import { loadRuleSet } from '../../src/rules/index.js';
import { engineOn, FakeContext, header, mutex, pageEvent, raw, rcuReader, spin, untyped } from './fake-context.js';

const rules = loadRuleSet();

/**
 * Policy x lock x call, a verdict a cell, each derived from the sentence of the policy, not from the conditions:
 * strict lets nothing through under a raw lock; gfp-rt-nowait lets the page allocator with mask 0 and order 0 through
 * where nothing can preempt; lockless lets the functions made for it through.
 */
const POLICIES = ['strict', 'gfp-rt-nowait', 'lockless'] as const;

/** Held locks, and what they switch off on the recorded kernel. */
const HELD: Record<string, { locks: HeldLockView[]; isRaw: boolean; spins: boolean }> = {
  nothing: { locks: [], isRaw: false, spins: false },
  'raw lock': { locks: [raw()], isRaw: true, spins: true },
  'raw under spin': { locks: [spin(), raw()], isRaw: true, spins: true },
  'spin under raw': { locks: [raw(), spin()], isRaw: true, spins: true },
  'spin lock': { locks: [spin()], isRaw: false, spins: true },
  mutex: { locks: [mutex()], isRaw: false, spins: false },
  'RCU reader': { locks: [rcuReader()], isRaw: false, spins: false },
  'lock of unknown kind': { locks: [untyped()], isRaw: false, spins: false },
};

const CALLS: Record<string, Partial<AllocEvent>> = {
  'page, mask 0, order 0': { kind: AllocKind.Page, gfp: 0, order: 0 },
  'page, mask 0, order 1': { kind: AllocKind.Page, gfp: 0, order: 1 },
  'page, GFP_ATOMIC': { kind: AllocKind.Page, gfp: Gfp.GFP_ATOMIC, order: 0 },
  'page, GFP_NOWAIT': { kind: AllocKind.Page, gfp: Gfp.GFP_NOWAIT, order: 0 },
  'page, __GFP_ZERO alone': { kind: AllocKind.Page, gfp: Gfp.ZERO, order: 0 },
  'page, unknown flag alone': { kind: AllocKind.Page, gfp: Gfp.UNKNOWN, order: 0 },
  'kmalloc, mask 0': { kind: AllocKind.Kmalloc, gfp: 0, order: -1, size: 64 },
  'kmem_cache, GFP_ATOMIC': { kind: AllocKind.KmemCache, gfp: Gfp.GFP_ATOMIC, order: -1 },
  'percpu, GFP_NOWAIT': { kind: AllocKind.Percpu, gfp: Gfp.GFP_NOWAIT, order: -1 },
  vmalloc: { kind: AllocKind.Vmalloc, gfp: Gfp.GFP_NOWAIT, order: -1 },
  lockless: { kind: AllocKind.Lockless, gfp: Gfp.GFP_NOWAIT, order: 0 },
};

function cellsOf<T>(make: (policy: (typeof POLICIES)[number], held: string, call: string) => T): T[] {
  return POLICIES.flatMap((policy) =>
    Object.keys(HELD).flatMap((held) => Object.keys(CALLS).map((call) => make(policy, held, call))),
  );
}

function judged(policyName: string, held: string, call: string, kind: 'alloc' | 'free'): string[] {
  const { locks = [], isRaw, spins } = HELD[held] ?? { isRaw: false, spins: false };
  const context = new FakeContext({ held: locks, preemptDepth: spins ? locks.length : 0, hardIrqsOff: isRaw });
  const { engine } = engineOn(rules, context, { policyName });
  const event = pageEvent({ ...CALLS[call], ...(kind === 'free' && { gfp: -1 }) });
  engine[kind](header(), event);
  return engine.findings().map((finding) => finding.rule);
}

describe('allocations', () => {
  const cells = cellsOf((policy, held, call): [string, string, string, boolean] => {
    const exact = call === 'page, mask 0, order 0';
    const excepted = (policy === 'gfp-rt-nowait' && exact) || (policy === 'lockless' && call === 'lockless');
    return [policy, held, call, (HELD[held]?.isRaw ?? false) && !excepted];
  });

  it.each(cells)('%s: under %s: %s', (policy, held, call, reported) => {
    expect(judged(policy, held, call, 'alloc').includes('alloc-under-raw-spinlock')).toBe(reported);
  });

  it('has a cell for each combination', () => {
    expect(cells).toHaveLength(3 * 8 * 11);
  });
});

describe('frees', () => {
  const cells = cellsOf((policy, held, call): [string, string, string, boolean] => {
    const excepted = policy === 'lockless' && call === 'lockless';
    return [policy, held, call, (HELD[held]?.isRaw ?? false) && !excepted];
  });

  it.each(cells)('%s: under %s: %s', (policy, held, call, reported) => {
    expect(judged(policy, held, call, 'free').includes('free-under-raw-spinlock')).toBe(reported);
  });
});

describe('misuse of the mask 0', () => {
  const PREEMPTIBLE = { yes: true, no: false, unknown: undefined } as const;
  const cells = POLICIES.flatMap((policy) =>
    (Object.keys(PREEMPTIBLE) as (keyof typeof PREEMPTIBLE)[]).flatMap((preemptible) =>
      Object.keys(CALLS).map((call): [string, keyof typeof PREEMPTIBLE, string, boolean] => {
        const misused = (call === 'page, mask 0, order 0' && preemptible === 'yes') || call === 'page, mask 0, order 1';
        return [policy, preemptible, call, policy === 'gfp-rt-nowait' && misused];
      }),
    ),
  );

  it.each(cells)('%s: preemptible %s: %s', (policyName, preemptible, call, reported) => {
    const known = PREEMPTIBLE[preemptible];
    const depth = known === undefined ? -1 : known ? 0 : 1;
    const context = new FakeContext({ preemptDepth: depth, preemptOffByHand: known === false });
    const { engine } = engineOn(rules, context, { policyName });
    engine.alloc(header(), pageEvent(CALLS[call]));
    expect(engine.findings().some(({ rule }) => rule === 'gfp-rt-nowait-preemptible')).toBe(reported);
  });
});
