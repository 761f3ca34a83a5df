import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QUESTION_HELP } from '../../src/cli/question-help.js';
import { judgeEach } from '../../src/judge/index.js';
import type { Observation } from '../../src/model/observation.js';
import type { Run } from '../../src/model/report.js';
import { loadRuleSet } from '../../src/rules/index.js';
import { readStats } from '../../src/stats/index.js';
import { type Asked, Inquiry, Observer, QUESTIONS, Store, UnknownName, writeParquet } from '../../src/store/index.js';
import { plain } from '../../src/store/rows.js';
import { builtInCatalogue } from '../../src/trace/catalog.js';
import { openSource } from '../../src/trace/open.js';

const INPUT = fileURLToPath(new URL('../../fixtures/cases/alloc_page_atomic_raw.trace.txt.xz', import.meta.url));
const NOTHING: Asked = {
  words: [],
  run: undefined,
  since: undefined,
  under: undefined,
  rule: undefined,
  lock: undefined,
};

let folder = '';
let run: Run;
let seen: Observation;
let inquiry: Inquiry;

/** Runs 1 and 4 have the finding, 2 has it as a known one, 3 has not. */
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-questions-'));
  const observer = new Observer();
  const rules = loadRuleSet({ extra: [] });
  const law = { rules, policy: rules.policy('strict'), catalogue: builtInCatalogue() };
  const [judged] = await judgeEach([INPUT], (input) => openSource(input), law, observer);
  const observed = judged && observer.of(judged);
  if (judged === undefined || observed === undefined) throw new Error('nothing was judged');
  run = judged;
  seen = observed;
  const store = await Store.open(path.join(folder, 'lockvet.db'), { access: 'write', waitSeconds: 0 });
  const about = { command: 'lint', lockvetVersion: '1', gitRevision: 'abc', policy: 'strict' };
  const known = run.findings.map((finding) => ({ ...finding, known: { reason: 'so it is' } }));
  for (const [day, findings] of [run.findings, known, [], run.findings].entries()) {
    const time = new Date(Date.UTC(2030, 0, day + 1));
    await store.add({
      ...about,
      time,
      inputs: [{ run: { ...run, findings }, observation: day < 2 ? seen : undefined }],
    });
  }
  store.close();
  inquiry = await Inquiry.open(path.join(folder, 'lockvet.db'), { waitSeconds: 0 });
});
afterAll(() => {
  inquiry.close();
  rmSync(folder, { recursive: true });
});

async function ask(name: string, asked: Partial<Asked> = {}): Promise<Record<string, unknown>[]> {
  const question = QUESTIONS.find((one) => one.name === name);
  if (question === undefined) throw new Error(`no question ${name}`);
  const { columns, rows } = await inquiry.ask(question, { ...NOTHING, ...asked });
  return rows.map((row) => Object.fromEntries(row.map((value, at) => [columns[at]?.name, value])));
}

describe('what was stored of locks', () => {
  it('is the lock graph that the validator built', async () => {
    const store = await Store.open(path.join(folder, 'lockvet.db'), { access: 'read', waitSeconds: 0 });
    const loaded = await store.load(1);
    const plain = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (key, part: unknown) => (key === 'reach' ? undefined : part)));
    expect(plain(loaded?.inputs[0]?.graph)).toEqual(plain(seen.graph));
    expect((await store.load(3))?.inputs[0]?.graph).toBeUndefined();
    store.close();
  });

  it('has every acquisition: with its place, and with the locks that were held', async () => {
    const total = seen.graph.classes.reduce((sum, { acquisitions }) => sum + acquisitions, 0);
    const { rows } = await inquiry.sql('SELECT sum(count)::BIGINT FROM acquisitions WHERE run = 1');
    expect(rows).toEqual([[total]]);
    const direct = seen.graph.dependencies.filter(({ direct }) => direct).map(({ from, to }) => `${from} ${to}`);
    const pairs = await inquiry.sql(
      "SELECT DISTINCT held, taken FROM held_contexts WHERE run = 1 AND dependency = 'direct'",
    );
    expect(pairs.rows).toHaveLength(new Set(direct).size);
  });

  it('has the times that lockvet stats tells', async () => {
    const { classes } = await readStats(INPUT, (input) => openSource(input), builtInCatalogue());
    expect(seen.times).toEqual(classes);
  });

  it('is the same asked of one run and of all, but for how often', async () => {
    const one = await ask('held-under', { words: ['lv_raw'], run: 1 });
    const all = await ask('held-under', { words: ['lv_raw'] });
    expect(all.map(({ taken, times }) => [taken, Number(times)])).toEqual(
      one.map(({ taken, times }) => [taken, 2 * Number(times)]),
    );
    expect(await ask('held-under', { words: ['sb_writers#5'], run: 1 })).toEqual(
      expect.arrayContaining([expect.objectContaining({ taken: 'lv_raw', times: 1, in: 'task' })]),
    );
  });
});

describe('a question', () => {
  it('is in the help as it is in the store', () => {
    expect(QUESTION_HELP.map(([name]) => name)).toEqual(QUESTIONS.map(({ name }) => name));
  });

  it('about a class names its functions, its allocations and the way to it', async () => {
    expect(await ask('who-takes', { words: ['lv_raw'] })).toEqual([
      expect.objectContaining({ function: 'alloc_raw', interrupts: 'off', times: 2, inputs: 2, 'last run': 2 }),
    ]);
    for (const under of ['lv_raw', 'raw_spinlock_t']) {
      const found = await ask('allocs', { under });
      expect(found).toContainEqual(
        expect.objectContaining({ event: 'mm_page_alloc', gfp: 'GFP_ATOMIC', order: 0, under: 'lv_raw', times: 2 }),
      );
    }
    expect(await ask('path', { words: ['sb_writers#5', 'lv_raw'] })).toEqual([
      expect.objectContaining({ held: 'sb_writers#5', taken: 'lv_raw', 'first run': 1, 'last run': 2 }),
    ]);
    expect(await ask('path', { words: ['lv_raw', 'sb_writers#5'] })).toEqual([]);
  });

  it('about usage lists spinning locks that were held with interrupts on, as lockdep marks them', async () => {
    const unsafe = (await ask('irq-unsafe', { run: 1 })).map((row) => row.class);
    const expected = seen.graph.classes.filter(
      ({ usage, waitInner, waitOuter }) =>
        /[+?]/.test(usage) && (waitInner === 2 || waitInner === 3) && waitOuter !== 1,
    );
    expect([...unsafe].sort()).toEqual(expected.map(({ name }) => name).sort());
  });

  it('about usage over all runs adds up what each has', async () => {
    const totals = await inquiry.sql('SELECT class_id, usage, inputs, last_input FROM lv.usage_totals ORDER BY ALL');
    const facts = await inquiry.sql(
      'SELECT class_id, usage, count(*), max(input_id) FROM lv.class_facts GROUP BY ALL ORDER BY ALL',
    );
    expect(totals.rows).toEqual(facts.rows);
    expect(totals.rows.length).toBe(seen.graph.classes.length);
    const all = await ask('irq-unsafe');
    expect(all.map((row) => row.class)).toEqual((await ask('irq-unsafe', { run: 2 })).map((row) => row.class));
    expect(new Set(all.map((row) => row['last run']))).toEqual(new Set([2]));
  });

  it('about findings follows them from run to run', async () => {
    const [finding] = run.findings;
    const fingerprint = finding?.fingerprint ?? '';
    const spell = { input: INPUT, runs: 1 };
    expect(await ask('history', { words: [fingerprint.slice(0, 6)] })).toMatchObject([
      { ...spell, state: 'new', 'from run': 1 },
      { ...spell, state: 'known', 'from run': 2, reason: 'so it is' },
      { ...spell, state: 'gone', 'from run': 3 },
      { ...spell, state: 'new', 'from run': 4 },
    ]);
    const row = { fingerprint, rule: 'alloc-under-raw-spinlock', runs: 3, 'first run': 1, 'last run': 4 };
    expect(await ask('findings', { rule: 'alloc-under-raw-spinlock', lock: 'lv_raw' })).toMatchObject([row]);
    expect(await ask('findings', { run: 3 })).toEqual([]);
    expect(await ask('findings', { lock: 'no such lock' })).toEqual([]);
    expect(await ask('new', { since: 1 })).toEqual([]);
    expect(await ask('flaky')).toMatchObject([
      { fingerprint, 'runs with it': 3, 'runs without it in between': 1, 'revisions with and without it': 1 },
    ]);
    expect((await ask('runs')).map((one) => [one.run, one.new, one.known])).toEqual([
      [4, 1, 0],
      [3, 0, 0],
      [2, 0, 1],
      [1, 1, 0],
    ]);
  });

  it('about a name that is not there says so', async () => {
    await expect(ask('who-takes', { words: ['lv_rw'] })).rejects.toMatchObject({ given: 'lv_rw', what: 'lock class' });
    await expect(ask('history', { words: ['no'] })).rejects.toBeInstanceOf(UnknownName);
    await expect(ask('findings', { run: 5 })).rejects.toThrow('no run 5 (there are 1 to 4)');
  });
});

describe('SQL of a user', () => {
  const target = (): string => path.join(folder, 'written');
  it.each([
    ['reads a file', () => "SELECT * FROM read_text('/etc/passwd')"],
    ['reads a file as a table', () => "SELECT * FROM '/etc/passwd'"],
    ['reads a file as CSV', () => "SELECT * FROM read_csv('/etc/passwd')"],
    ['lists files', () => "SELECT * FROM glob('/etc/*')"],
    ['writes a file', () => `COPY (SELECT 1) TO '${target()}'`],
    ['exports', () => `EXPORT DATABASE '${target()}'`],
    ['attaches another database', () => `ATTACH '${target()}' AS other`],
    ['loads code', () => `LOAD '${target()}'`],
    ['installs code', () => 'INSTALL httpfs'],
    ['opens its cage', () => 'SET enable_external_access = true'],
    ['opens its cage by the back door', () => 'RESET lock_configuration'],
    ['gives itself a folder', () => `SET temp_directory = '${target()}'`],
    ['allows itself a folder', () => "SET allowed_directories = ['/etc']"],
    [
      'opens its cage after another query',
      () => "SELECT 1; SET enable_external_access = true; SELECT * FROM read_text('/etc/passwd')",
    ],
    ['deletes', () => 'DELETE FROM lv.runs'],
    ['drops', () => 'DROP VIEW findings'],
    ['updates', () => 'UPDATE lv.findings SET state = NULL'],
    ['is no query', () => 'SELEC 1'],
  ])('that %s is refused', async (_what, sql) => {
    await expect(inquiry.sql(sql())).rejects.toMatchObject({ name: 'InputError' });
    expect(existsSync(target())).toBe(false);
    expect((await inquiry.sql('SELECT count(*) FROM runs')).rows).toEqual([[4]]);
  });

  it('can ask every documented view', async () => {
    const { rows } = await inquiry.sql('SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY view_name');
    const views = rows.map(([name]) => String(name));
    const manual = readFileSync(new URL('../../docs/store.md', import.meta.url), 'utf8').split('\n## SQL\n')[1] ?? '';
    expect([...manual.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name).sort()).toEqual(views);
    for (const view of views) await inquiry.sql(`SELECT * FROM ${view}`);
  });

  it('can be answered as a Parquet file with all its types', async () => {
    const sql =
      'SELECT run, runs.time, locks, message, f.time AS seconds, NULL AS nothing, [1, 2] AS list FROM findings f JOIN runs USING (run)';
    const answer = await inquiry.sql(sql);
    const file = path.join(folder, "it's.parquet");
    await writeParquet(answer, file);
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const other = await (await DuckDBInstance.create(':memory:')).connect();
    const back = await other.runAndReadAll(`SELECT * FROM read_parquet('${file.replace("'", "''")}')`);
    expect(back.getRows().map((row) => row.map(plain))).toEqual(answer.rows);
    expect(answer.rows).toHaveLength(3);
    expect(back.columnNames()).toEqual(['run', 'time', 'locks', 'message', 'seconds', 'nothing', 'list']);
    other.closeSync();
    await expect(writeParquet(answer, path.join(folder, 'no/such.parquet'))).rejects.toMatchObject({
      name: 'InputError',
    });
  });
});
