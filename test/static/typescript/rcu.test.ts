import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRuleSet } from '../../../src/rules/index.js';
import { judgeTypescript } from '../../../src/static/typescript/check.js';

const folder = mkdtempSync(join(tmpdir(), 'lockvet-rcu-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with the torture scenario and these faults of RCU. */
function tortured(...faults: string[]): string {
  const file = join(folder, `${faults.join('-') || 'none'}.ts`);
  const options = JSON.stringify({ rcu: { faults } });
  writeFileSync(file, `import { torture } from 'lockvet/rcu';\nexport default torture(${options}, () => {});\n`);
  return file;
}

const sources = readdirSync('src/rcu', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `src/rcu/${name}`)
  .sort();
// Whatever makes a scenario is followed with its defaults unless a file calls it: here one does so without faults.
const none = tortured();
const underLock = tortured('callbacks-under-lock');
const spinlock = tortured('kvfree-spinlock');

/** Findings by scenario, each as its rule, its confidence and its locks. */
const found = new Map<string, string[]>();

beforeAll(async () => {
  const rules = loadRuleSet();
  const options = { rules, policy: rules.policy('strict'), preemptRt: undefined, cache: undefined, input: 'rcu' };
  const { outcomes } = await judgeTypescript([...sources, none, underLock, spinlock], options);
  for (const { name, file, findings } of outcomes) {
    const key = file.startsWith('src/rcu') ? name || 'no scenario' : file;
    found.set(
      key,
      findings.map(({ rule, confidence, locks }) => [rule, confidence, ...locks].join(' ')),
    );
  }
}, 120_000);

describe('the simulated RCU', () => {
  it('breaks no rule', () => {
    const clean = [...found].filter(([key]) => key !== underLock && key !== spinlock);
    expect(Object.fromEntries(clean)).toEqual({
      [none]: [],
      'no scenario': [],
      'rcu-flood': [],
      'rcu-gp-count': [],
      'rcu-latency': [],
      scenario: [],
      'srcu-torture': [],
      'tasks-torture': [],
      'tiny-torture': [],
    });
  });

  it('has callbacks invoked under a raw lock where it is told to', () => {
    expect(found.get(underLock)).toContain('free-under-raw-spinlock certain rcu_node_0');
  });

  it('has kvfree_rcu() take a spinlock_t inside a raw lock where it is told to', () => {
    expect(found.get(spinlock)).toEqual(['invalid-wait-context certain torture_raw krcp->lock']);
  });
});
