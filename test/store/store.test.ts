import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding, Where } from '../../src/model/finding.js';
import type { Run, Suppressed } from '../../src/model/report.js';
import { renderJson } from '../../src/report/json.js';
import { type NewRun, Store } from '../../src/store/index.js';
import { openDatabase } from '../../src/store/open.js';
import { MIGRATIONS } from '../../src/store/schema/migrations.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-store-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => path.join(folder, name);
const write = { access: 'write', waitSeconds: 0, settings: { threads: '1' } } as const;
const read = { access: 'read', waitSeconds: 0, settings: { threads: '1' } } as const;

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '&zone->lock', '\u001b[31m', "'; --", '\u0000', '=1+1'),
);
const whole = fc.nat({ max: 2 ** 31 - 1 });
const optionally = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
/** Without the fields that came out undefined: a finding has what is known and nothing else. */
function known<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
const where: fc.Arbitrary<Where> = fc
  .record({
    file: optionally(text),
    line: optionally(whole),
    function: optionally(text),
    task: optionally(text),
    cpu: optionally(whole),
    time: optionally(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 1e12 })),
  })
  .map(known);
const held = fc.record({ name: text, wait: text, usage: text, read: fc.boolean(), trylock: fc.boolean(), where });
const detail = fc
  .record({
    scenario: optionally(fc.record({ cpus: fc.array(text), rows: fc.array(fc.array(text)) })),
    held: optionally(fc.array(held, { maxLength: 2 })),
    wanted: optionally(held),
    context: optionally(fc.array(text)),
  })
  .map(known);
const finding: fc.Arbitrary<Finding> = fc
  .record({
    rule: text,
    severity: fc.constantFrom('error' as const, 'warning' as const, 'note' as const),
    confidence: fc.constantFrom('certain' as const, 'possible' as const),
    message: text,
    locks: fc.array(text, { maxLength: 3 }),
    where,
    evidence: fc.array(fc.record({ what: text, where }), { maxLength: 3 }),
    fingerprint: text,
    count: fc.nat(),
    advice: optionally(text),
    detail: optionally(detail),
    known: optionally(fc.record({ reason: text, expires: optionally(text) }).map(known)),
  })
  .map(known);
const suppressed: fc.Arbitrary<Suppressed> = fc.record({
  finding: finding.map(({ known: _known, ...rest }) => rest),
  by: fc.constantFrom('source' as const, 'rule' as const),
  place: text,
  reason: text,
});
const run: fc.Arbitrary<Run> = fc
  .record({
    input: text,
    kind: fc.constantFrom('ftrace' as const, 'dmesg' as const, 'c' as const, 'scenario' as const),
    verdict: fc.constantFrom('clean' as const, 'violation' as const),
    findings: fc.array(finding, { maxLength: 3 }),
    stats: fc.record({
      events: fc.maxSafeNat(),
      classes: whole,
      dependencies: whole,
      chains: whole,
      schedules: whole,
      functions: whole,
    }),
    notes: fc.array(text, { maxLength: 2 }),
    suppressed: optionally(fc.array(suppressed, { minLength: 1, maxLength: 2 })),
  })
  .map(known);

function newRun(runs: readonly Run[], parts: Partial<NewRun> = {}): NewRun {
  return {
    command: 'lint',
    time: new Date('2030-01-02T03:04:05.678Z'),
    lockvetVersion: '1.2.3',
    gitRevision: undefined,
    policy: 'strict',
    inputs: runs.map((one) => ({ run: one })),
    ...parts,
  };
}

const EMPTY: Run = {
  input: 'a.trace',
  kind: 'ftrace',
  verdict: 'clean',
  findings: [],
  stats: { events: 1, classes: 2, dependencies: 3, chains: 4, schedules: 5, functions: 6 },
  notes: [],
};

describe('a stored run', () => {
  it('is read back as it was judged, whatever its texts are: its JSON report is the same', async () => {
    const store = await Store.open(file('property.db'), write);
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 2 }), async (runs) => {
          const id = await store.add(newRun(runs));
          const loaded = await store.load(id);
          const back = loaded?.inputs.map((input) => input.run) ?? [];
          expect(back).toEqual(runs);
          expect(renderJson(back, '1')).toBe(renderJson(runs, '1'));
        }),
        { numRuns: 25, seed: 7 },
      );
    } finally {
      store.close();
    }
  });

  it('is listed with what it was made by, also by a program that only reads', async () => {
    const one = await Store.open(file('list.db'), write);
    await one.add(newRun([EMPTY, EMPTY], { command: 'check', gitRevision: 'abc' }));
    await one.add(newRun([EMPTY], { policy: undefined }));
    one.close();
    const two = await Store.open(file('list.db'), read);
    const common = {
      time: new Date('2030-01-02T03:04:05.678Z'),
      lockvetVersion: '1.2.3',
      new: 0,
      known: 0,
      suppressed: 0,
    };
    expect(await two.runs()).toEqual([
      { id: 1, command: 'check', gitRevision: 'abc', policy: 'strict', inputs: 2, ...common },
      { id: 2, command: 'lint', gitRevision: undefined, policy: undefined, inputs: 1, ...common },
    ]);
    expect(await two.load(3)).toBeUndefined();
    await expect(two.add(newRun([EMPTY]))).rejects.toThrow(/read-only/);
    two.close();
  });
});

describe('a store file', () => {
  const refuses = async (name: string, options: Parameters<typeof openDatabase>[1], problem: string): Promise<void> => {
    await expect(openDatabase(file(name), options)).rejects.toMatchObject({
      name: 'InputError',
      message: `${file(name)}: ${problem}`,
    });
  };

  it('is refused in one line when it cannot be one', async () => {
    writeFileSync(file('text.db'), 'this is no database, whatever its name says');
    for (const options of [read, write]) {
      await refuses('text.db', options, 'is no store: it is not a DuckDB database');
      await refuses('.', options, 'is no file');
      await refuses('no/such/folder.db', options, 'cannot be written: its folder does not exist');
    }
    await refuses('missing.db', read, 'no such file; lockvet lint --store writes it');
  });

  it("is refused when it is somebody else's database", async () => {
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const other = await DuckDBInstance.create(file('other.db'));
    const connection = await other.connect();
    await connection.run('CREATE TABLE invoices (total INTEGER)');
    connection.closeSync();
    other.closeSync();
    for (const options of [read, write]) await refuses('other.db', options, 'is a database, but no store of lockvet');
  });

  it('is brought up to date when it is older, without losing a run, and refused when it is newer', async () => {
    const old = await openDatabase(file('old.db'), { ...write, migrations: MIGRATIONS.slice(0, 1) });
    await old.connection.run("INSERT INTO lv.runs VALUES (1, 'lint', TIMESTAMP '2030-01-01', '0.1.0', NULL, 'strict')");
    old.close();
    const reader = await Store.open(file('old.db'), read);
    expect((await reader.runs()).map(({ id }) => id)).toEqual([1]);
    reader.close();
    const writer = await Store.open(file('old.db'), write);
    expect(await writer.add(newRun([EMPTY]))).toBe(2);
    writer.close();
    const older = { migrations: MIGRATIONS.slice(0, 1) };
    const problem = `was written by a newer lockvet: its schema is version ${MIGRATIONS.length}, this one knows 1`;
    for (const options of [read, write]) await refuses('old.db', { ...options, ...older }, problem);
  });

  it('gets the sums of what it has when it is brought up to date', async () => {
    const old = await openDatabase(file('sums.db'), { ...write, migrations: MIGRATIONS.slice(0, 2) });
    await old.connection.run(
      "INSERT INTO lv.class_facts VALUES (1, 0, 7, NULL, '....', 1), (2, 0, 7, NULL, '-...', 1), (3, 0, 7, NULL, '....', 1)",
    );
    old.close();
    const opened = await openDatabase(file('sums.db'), write);
    const sums = await opened.connection.runAndReadAll('FROM lv.usage_totals ORDER BY usage');
    expect(sums.getRows()).toEqual([
      [7, '-...', 1, 2],
      [7, '....', 2, 3],
    ]);
    opened.close();
  });

  it('is left as it was when a migration fails', async () => {
    (await openDatabase(file('half.db'), { ...write, migrations: MIGRATIONS.slice(0, 1) })).close();
    const broken = [
      ...MIGRATIONS.slice(0, 1),
      { name: 'broken', sql: 'CREATE TABLE lv.half (a INTEGER); SELECT no_such()' },
    ];
    await expect(openDatabase(file('half.db'), { ...write, migrations: broken })).rejects.toThrow(/no_such/);
    const opened = await openDatabase(file('half.db'), { ...read, migrations: MIGRATIONS.slice(0, 1) });
    const found = await opened.connection.runAndReadAll(
      "SELECT count(*)::INTEGER FROM duckdb_tables() WHERE table_name = 'half'",
    );
    expect(found.value(0, 0)).toBe(0);
    opened.close();
  });
});
