import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { lawOf } from '../../src/cli/law.js';
import { judgeEach } from '../../src/judge/index.js';
import { stableClass } from '../../src/model/finding.js';
import { loadRuleSet } from '../../src/rules/index.js';
import { openSource } from '../../src/trace/open.js';
import { engineOn, FakeContext, header, pageEvent, raw } from '../rules/fake-context.js';

describe('a class in a fingerprint', () => {
  it.each([
    ['sb_writers#5', 'sb_writers'],
    ['&p->lock#2/1', '&p->lock/1'],
    ['&p->lock/1', '&p->lock/1'],
    ['&(&x->lock)->rlock#3', '&x->lock'],
    ['a#b', 'a#b'],
  ])('%s is %s, whatever the order of registration', (name, stable) => expect(stableClass(name)).toBe(stable));
});

const CASES = path.join(import.meta.dirname, '../../fixtures/cases');

describe('fingerprints', () => {
  it('of a rule with a condition do not depend on the build', () => {
    const rules = loadRuleSet();
    const found = (...locks: string[]) => {
      const made = engineOn(rules, new FakeContext({ held: locks.map((name) => raw(name)), preemptDepth: 1 }));
      made.engine.alloc(header(), pageEvent({ event: made.names.intern('mm_page_alloc') }));
      return made.engine.findings();
    };
    const [one] = found('&p->lock#2', 'lv_raw#3/1');
    const [other] = found('&p->lock#7', 'lv_raw#12/1');
    expect(one?.locks).toEqual(['&p->lock#2', 'lv_raw#3/1']);
    expect(other?.fingerprint).toBe(one?.fingerprint);
    expect(found('&p->lock#2', 'lv_raw#3/2')[0]?.fingerprint).not.toBe(one?.fingerprint);
  });

  it.each([
    'abba_mutex',
    'irq_inversion',
    'mutex_under_spin',
    'nested_same_class',
    'softirq_unsafe',
    'spin_under_raw',
    'wq_wake_raw',
  ])('are the same in the trace and in the kernel log of %s', async (name) => {
    const law = lawOf({ policy: 'strict', ruleFolders: [] }, undefined);
    const paths = [`${name}.trace.txt.xz`, `${name}.dmesg.txt`].map((file) => path.join(CASES, file));
    const progress = { start() {}, update() {}, stop() {} };
    const [trace, log] = await judgeEach(paths, (at) => openSource(at, { strict: false, progress }), law);
    // The kernel also checks what a trace does not tell, such as might_sleep().
    const rules = new Set(trace?.findings.map(({ rule }) => rule));
    const logged = (log?.findings ?? []).filter(({ rule }) => rules.has(rule));
    expect(logged.length).toBeGreaterThan(0);
    const traced = new Set(trace?.findings.map(({ fingerprint }) => fingerprint));
    expect(logged.filter(({ fingerprint }) => !traced.has(fingerprint)).map(({ message }) => message)).toEqual([]);
  });
});
