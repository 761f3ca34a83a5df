import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fingerprint } from '../../../src/model/finding.js';
import { looksLikeKernelLog } from '../../../src/trace/dmesg/index.js';
import { fixture, readLog } from './read-log.js';

/** Rule and locks of each log's findings; logs that are not here must give none. */
const REPORTED: Record<string, string[]> = {
  abba_mutex: ['lock-order-cycle:lv_mutex,lv_mutex2'],
  alloc_pages_drain_pcp_raw: ['invalid-wait-context:lv_raw,&zone->lock'],
  irq_inversion: ['irq-lock-inversion:lv_raw,lv_raw2'],
  kmalloc_kernel_spin: ['sleep-in-atomic:lv_spin'],
  // might_sleep() comes before lockdep here.
  mutex_under_spin: ['sleep-in-atomic:lv_spin', 'invalid-wait-context:lv_spin,lv_mutex'],
  nested_same_class: ['recursive-lock:&o[i]->lock'],
  rcu_deref_unlocked: ['rcu-usage:'],
  softirq_unsafe: ['inconsistent-lock-state:lv_spin'],
  spin_under_raw: ['invalid-wait-context:lv_raw,lv_spin'],
  wq_wake_raw: ['invalid-wait-context:lv_raw,lv_wq.lock'],
};

const rows = readFileSync(new URL('../../../fixtures/cases/expected.tsv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((row) => row.split('\t'));

describe('logs of the hand-made cases', () => {
  test.each(rows)('%s', async (name) => {
    const text = await fixture(`cases/${name}.dmesg.txt`);
    expect(looksLikeKernelLog(Buffer.from(text))).toBe(true);
    const { findings, notes } = await readLog(text);
    expect(notes).toEqual([]);
    expect(findings.map((finding) => `${finding.rule}:${finding.locks.join(',')}`)).toEqual(REPORTED[name] ?? []);
    for (const finding of findings) {
      expect(finding.severity).toBe('error');
      expect(finding.detail?.context?.[0]).toBe('kernel 6.1.192 #3');
    }
  });

  test('every report that the real lockdep made is in the table', () => {
    const reported = rows.filter(([, , verdict]) => !verdict.startsWith('silent')).map(([name]) => name);
    expect(reported.filter((name) => REPORTED[name] === undefined)).toEqual([]);
  });
});

test('an inversion shows who made the classes safe and unsafe', async () => {
  const { findings } = await readLog(await fixture('cases/irq_inversion.dmesg.txt'));
  const steps = findings[0].evidence.map((step) => `${step.what}: ${step.where.function ?? ''}`);
  expect(steps).toContain('lv_raw became IN-HARDIRQ-W here: lv_hr_fn+0x15/0x40');
  expect(steps).toContain('lv_raw2 became HARDIRQ-ON-W here: c_irq_inversion+0x92/0xa0');
  expect(findings[0].detail?.scenario).toEqual({
    cpus: ['CPU0', 'CPU1'],
    rows: [
      ['lock(lv_raw2);', ''],
      ['', 'local_irq_disable();'],
      ['', 'lock(lv_raw);'],
      ['', 'lock(lv_raw2);'],
      ['<Interrupt>', ''],
      ['  lock(lv_raw);', ''],
    ],
  });
});

test.each([
  ['abba_mutex', 'lock-order-cycle', ['lv_mutex', 'lv_mutex2']],
  ['irq_inversion', 'irq-lock-inversion', ['lv_raw', 'lv_raw2', 'HARDIRQ']],
  ['kmalloc_kernel_spin', 'sleep-in-atomic', ['lv_spin', 'c_kmalloc_kernel_spin', 'c_kmalloc_kernel_spin']],
  ['nested_same_class', 'recursive-lock', ['&o[i]->lock', 'c_nested_same_class']],
  ['rcu_deref_unlocked', 'rcu-usage', ['', 'c_rcu_deref_unlocked']],
  ['softirq_unsafe', 'inconsistent-lock-state', ['lv_spin', 'softirq']],
  ['wq_wake_raw', 'invalid-wait-context', ['lv_raw', 'lv_wq.lock', '__wake_up_common_lock']],
])('the fingerprint of %s is that of the same bug in a trace', async (name, rule, parts) => {
  const { findings } = await readLog(await fixture(`cases/${name}.dmesg.txt`));
  expect(findings[0].fingerprint).toBe(fingerprint(rule, parts));
});
