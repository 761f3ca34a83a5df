import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceKeeperFor } from '../../src/cli/keep.js';
import { loadRuleSet } from '../../src/rules/index.js';
import { check } from '../../src/static/check.js';
import { Inquiry, QUESTIONS, Store } from '../../src/store/index.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const SOURCES = [fixture('c-graph/order.c'), fixture('scenarios/abba.ts')];
const NOTHING = { words: [], run: undefined, since: undefined, under: undefined, rule: undefined, lock: undefined };

let folder = '';
let inquiry: Inquiry;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-sources-'));
  const file = path.join(folder, 'lockvet.db');
  const locks = await sourceKeeperFor({ store: file, waitSeconds: 0, command: 'check', policy: 'strict' });
  const rules = loadRuleSet();
  const common = { tables: [], cache: undefined, workers: 1, explainUnknown: false, progress: () => {} };
  const { run } = await check(SOURCES, { rules, policy: rules.policy('strict'), ...common, locks });
  const store = await Store.open(file, { access: 'write', waitSeconds: 0 });
  const about = { command: 'check', time: new Date(0), lockvetVersion: '1', gitRevision: undefined, policy: 'strict' };
  await store.add({ ...about, inputs: [{ run, observation: locks?.of() }] });
  store.close();
  inquiry = await Inquiry.open(file, { waitSeconds: 0 });
});
afterAll(() => {
  inquiry.close();
  rmSync(folder, { recursive: true });
});

async function ask(name: string, ...words: string[]): Promise<Record<string, unknown>[]> {
  const question = QUESTIONS.find((one) => one.name === name);
  if (question === undefined) throw new Error(`no question ${name}`);
  const { columns, rows } = await inquiry.ask(question, { ...NOTHING, words });
  return rows.map((row) => Object.fromEntries(row.map((value, at) => [columns[at]?.name, value])));
}

describe('the locks of sources', () => {
  it('are asked about like those of recordings', async () => {
    expect(await ask('path', 'outer', 'inner')).toMatchObject([{ held: 'outer', taken: 'inner', in: 'sources' }]);
    expect(await ask('held-under', 'mutex')).toMatchObject([
      { taken: 'a', in: 'sources' },
      { taken: 'b', in: 'sources' },
    ]);
    expect(await ask('who-takes', 'inner')).toMatchObject([
      { function: 'take_inner', in: 'sources', interrupts: 'unknown', times: 1 },
    ]);
    expect(await ask('who-takes', 'a')).toMatchObject([
      { function: 'takeAB', in: 'sources', times: 1 },
      { function: 'takeBA', in: 'sources', times: 1 },
    ]);
    expect((await ask('irq-unsafe')).map((row) => row.class)).toEqual(['inner', 'middle', 'never', 'outer']);
  });

  it('are all of them, of both languages', async () => {
    const { rows } = await inquiry.sql('SELECT "from", "to" FROM dependencies WHERE direct ORDER BY ALL');
    expect(rows).toEqual([
      ['a', 'b'],
      ['b', 'a'],
      ['middle', 'inner'],
      ['outer', 'inner'],
      ['outer', 'middle'],
    ]);
  });
});
