import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockvet, ROOT } from './built.js';

const INPUT = path.join(ROOT, 'fixtures/cases/abba_mutex.dmesg.txt');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-store-'));
  writeFileSync(path.join(folder, 'lockvet.config.json'), '{ "store": "lockvet.db" }');
});
afterAll(() => rmSync(folder, { recursive: true }));
const run = (...args: string[]) => lockvet(args, { cwd: folder });

describe('the store on the command line', () => {
  it('is the one of the configuration, for those who write and those who ask', async () => {
    expect((await run('lint', INPUT, '--quiet')).exit).toBe(1);
    const { exit, out } = await run(
      'query',
      'findings',
      '--rule',
      'lock-order-cycle',
      '--format',
      'csv',
      '--no-progress',
    );
    expect([exit, out]).toEqual([2, '']);
    const asked = await run('query', 'findings', '--rule', 'lock-order-cycle', '--format', 'json');
    expect(asked.exit).toBe(0);
    expect(JSON.parse(asked.out)).toMatchObject([{ rule: 'lock-order-cycle', state: 'new', 'first run': 1 }]);
  });

  it('waits for who has it, says so, and gives up with one line; the report is out by then', async () => {
    const script = `import('@duckdb/node-api').then(async ({ DuckDBInstance }) => {
      const instance = await DuckDBInstance.create(process.argv[1]); const connection = await instance.connect();
      console.log('ready'); setInterval(() => [instance, connection], 1000); });`; // Kept: what nothing refers to lets go of the file.
    const holder = spawn(process.execPath, ['-e', script, path.join(folder, 'lockvet.db')], { cwd: ROOT });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const { exit, out, err } = await run('lint', INPUT, '--store-wait', '0.2', '--no-progress');
    holder.kill('SIGKILL');
    expect(exit).toBe(2);
    expect(out).toContain('lock-order-cycle');
    const holding = `lockvet.db: is in use by another process (PID ${holder.pid})`;
    expect(err).toBe(`${holding}; waiting up to 0.2 s\n${holding} after 0.2 s; --store-wait waits longer\n`);
  });

  it.each([
    [['query', 'who-taks'], 'lockvet: query: unknown question who-taks; did you mean who-takes?\n'],
    [['query', 'who-takes'], 'lockvet: query: who-takes needs CLASS|KIND\n'],
    [['query', 'allocs'], 'lockvet: query: allocs needs --under\n'],
    [['query', 'runs', '--rule', 'x'], 'lockvet: query: runs does not take --rule\n'],
    [['query', 'runs', '--format', 'parquet'], 'lockvet: query: --format parquet needs --output FILE\n'],
    [['query', 'runs', '--store', 'no.db'], 'no.db: no such file; lockvet lint --store writes it\n'],
    [['query', 'runs', '--no-config'], 'lockvet: query: --store FILE is needed, or store in the configuration\n'],
    [
      ['lint', INPUT, '--store', 'lockvet.config.json'],
      'lockvet.config.json: is no store: it is not a DuckDB database\n',
    ],
  ])('%j is wrong in one line', async (args, problem) => {
    expect(await run(...args)).toEqual({ exit: 2, out: '', err: problem });
  });

  it('completes questions', async () => {
    expect((await run('--get-yargs-completions', 'lockvet', 'query', 'h')).out).toBe('held-under\nhistory\n');
    const help = (await run('query', 'path', '--help')).out;
    for (const line of (await run('query')).out.match(/query [\w-]+/g) ?? ['no questions'])
      expect(help).toContain(line);
  });
});
