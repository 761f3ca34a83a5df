import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRuleSet } from '../../../src/rules/index.js';
import { judgeTypescript } from '../../../src/static/typescript/check.js';

const folder = mkdtempSync(join(tmpdir(), 'lockvet-rcu-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with a torture scenario of some options. */
function tortured(name: string, options: object, make = 'torture'): string {
  const file = join(folder, `${name}.ts`);
  // Flavours other than Tree RCU are not exported.
  const from = make === 'torture' ? 'lockvet/rcu' : resolve('src/rcu/srcu/torture.js');
  writeFileSync(
    file,
    `import { ${make} } from '${from}';\nexport default ${make}(${JSON.stringify(options)}, () => {});\n`,
  );
  return file;
}

const sources = readdirSync('src/rcu', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `src/rcu/${name}`)
  .sort();
// Whatever makes a scenario is followed with its defaults unless a file calls it: here some do so without faults.
const none = tortured('none', {});
const realTime = tortured('real-time', { preemptRt: true });
const srcu = tortured('srcu', {}, 'srcuTorture');

/**
 * All faults that runs show by a rule of locking (`npm run campaign:rcu-mutants` lists what shows each), the rules that do, and the
 * locks that the finding here must name.
 */
const LOCKING: readonly (readonly [fault: string, wanted: readonly string[]])[] = [
  ['locks-upside-down', ['lock-order-cycle certain rcu_node_1 rcu_node_0']],
  [
    'callbacks-under-lock',
    [
      'free-under-raw-spinlock certain rcu_node_1',
      'inconsistent-lock-state certain rcu_node_1',
      'invalid-wait-context possible rcu_node_1 &zone->lock',
      'sleep-in-atomic certain rcu_node_1',
    ],
  ],
  ['kvfree-wrong-gfp', ['alloc-under-raw-spinlock possible krcp->lock']],
  ['kvfree-spinlock', ['invalid-wait-context certain torture_raw krcp->lock']],
  ['srcu-node-locks-nested', ['recursive-lock certain &snp->lock', 'sleep-in-atomic certain']],
  ['srcu-callbacks-under-lock', ['recursive-lock certain &sdp->lock']],
];
/** Two faults in one file, which have nothing to do with each other. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['locks-upside-down', 'kvfree-spinlock'],
  ['callbacks-under-lock', 'kvfree-wrong-gfp'],
  ['srcu-node-locks-nested', 'srcu-callbacks-under-lock'],
];
const faulty = new Map(
  PAIRS.flatMap((faults) => {
    const [first] = faults;
    const isTree = !first.startsWith('srcu');
    const file = tortured(
      first,
      isTree ? { rcu: { faults } } : { srcu: { faults } },
      isTree ? 'torture' : 'srcuTorture',
    );
    return faults.map((fault) => [fault, file] as const);
  }),
);

/** Findings by scenario, each as its rule, its confidence and its locks. */
const found = new Map<string, string[]>();

beforeAll(async () => {
  const rules = loadRuleSet();
  const options = { rules, policy: rules.policy('strict'), preemptRt: undefined, cache: undefined, input: 'rcu' };
  const { outcomes } = await judgeTypescript([...sources, none, realTime, srcu, ...new Set(faulty.values())], options);
  for (const { name, file, findings } of outcomes) {
    const key = file.startsWith('src/rcu') ? name || 'no scenario' : file;
    found.set(
      key,
      findings.map(({ rule, confidence, locks }) => [rule, confidence, ...locks].join(' ')),
    );
  }
}, 300_000);

describe('the simulated RCU', () => {
  it('breaks no rule', () => {
    const broken = new Set(faulty.values());
    const clean = [...found].filter(([key]) => !broken.has(key));
    expect(Object.fromEntries(clean)).toEqual({
      [none]: [],
      [realTime]: [],
      [srcu]: [],
      'no scenario': [],
      'rcu-flood': [],
      'rcu-gp-count': [],
      'rcu-latency': [],
      scenario: [],
      'tasks-torture': [],
      'tiny-torture': [],
    });
  });

  it.each(LOCKING)('with the fault %s breaks what runs of it break', (fault, wanted) => {
    expect(found.get(faulty.get(fault) ?? '')).toEqual(expect.arrayContaining([...wanted]));
  });
});
