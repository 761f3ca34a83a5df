import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { judgeRun } from '../../src/sim/run/judge-run.js';
import { loadScenarios } from '../../src/sim/run/load.js';
import { FOLDER, lawFor } from './shipped.js';

/** Cases that were recorded from a real kernel, and the scenarios that are the same code on the simulated one. */
const SAME: Readonly<Record<string, string>> = {
  abba_mutex: 'abba',
  abba_trylock_ok: 'abba-trylock',
  alloc_page_atomic_raw: 'page-atomic-under-raw',
  alloc_page_nowait_raw: 'page-nowait-under-raw',
  alloc_pages_drain_pcp_raw: 'pages-until-empty',
  call_rcu_raw: 'call-rcu-under-raw',
  hardirq_safe: 'irq-safe',
  irq_inversion: 'irq-inversion',
  kfree_raw: 'kfree-under-raw',
  kmalloc_atomic_preempt_off: 'kmalloc-preempt-off',
  kmalloc_atomic_raw: 'kmalloc-under-raw',
  kmalloc_atomic_spin: 'kmalloc-under-spinlock',
  kmalloc_kernel_spin: 'kmalloc-kernel-under-spinlock',
  mutex_trylock_under_spin: 'mutex-trylock-under-spinlock',
  mutex_under_spin: 'mutex-under-spinlock',
  nested_annotated: 'nested-annotated',
  nested_same_class: 'nested-same-class',
  rcu_deref_unlocked: 'rcu-dereference-unprotected',
  rcuwait_wake_raw: 'rcuwait-wake-under-raw',
  softirq_safe_bh: 'softirq-safe',
  softirq_unsafe: 'softirq-unsafe',
  spin_under_raw: 'spinlock-under-raw',
  wq_wake_raw: 'wake-up-under-raw',
};

/** Says what really happens on top of the prediction, or is said of the same place by DEBUG_ATOMIC_SLEEP. */
const BESIDES = ['deadlock', 'hang', 'sleep-in-atomic'];

/** Names of the rules in a line of expected.tsv; what is only in the kernel's log is the same rule here. */
function rulesOf(expected: string): string[] {
  if (expected === '-') return [];
  return expected.split(';').map((part) => part.replace(/^\((warning|dmesg)\)/, '').replace(/:.*/, ''));
}

describe('the cases of a real kernel, on the simulated one', () => {
  const lines = readFileSync('fixtures/cases/expected.tsv', 'utf8').trim().split('\n').slice(1);

  it('are all written as scenarios', () => {
    expect(lines.map((line) => line.split('\t')[0]).sort()).toEqual(Object.keys(SAME).sort());
  });

  for (const line of lines) {
    const [name = '', expected = ''] = line.split('\t');
    it(`${name}: the same rules`, async () => {
      const path = `${FOLDER}/${SAME[name]}.ts`;
      const [scenario] = await loadScenarios(path);
      if (scenario === undefined) throw new Error(`${path} has no scenario`);
      const schedule = { strategy: 'rr', seed: 1, depth: 3, preemptRt: false } as const;
      const { findings } = judgeRun({ path, scenario }, { law: lawFor('strict'), schedule, precise: true });
      const must = rulesOf(expected);
      const found = [...new Set(findings.map(({ rule }) => rule))].filter(
        (rule) => must.includes(rule) || !BESIDES.includes(rule),
      );
      expect(found.sort()).toEqual(must.sort());
    });
  }
});
