import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportSchema } from '../report/contract-schema.js';
import { lockvet, ROOT } from './built.js';

const VIOLATION = 'fixtures/cases/alloc_page_atomic_raw.trace.txt.xz';
const WARNING = 'fixtures/cases/kmalloc_atomic_preempt_off.trace.txt.xz';
const CLEAN = 'fixtures/cases/abba_trylock_ok.trace.txt.xz';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const jsonOf = async (args: string[], stdin?: Buffer) => {
  const { out, err, exit } = await lockvet(['lint', '--format', 'json', ...args], stdin ? { stdin } : {});
  expect(out, err).not.toBe('');
  return { exit, runs: reportSchema.parse(JSON.parse(out)).runs };
};
const rulesOf = (findings: readonly { rule: string }[]): string[] => [...new Set(findings.map(({ rule }) => rule))];

describe('exit codes of lint', () => {
  it.each([
    { args: [CLEAN], exit: 0 },
    { args: [VIOLATION], exit: 1 },
    { args: [CLEAN, VIOLATION], exit: 1 },
    { args: [VIOLATION, '--fail-on', 'never'], exit: 0 },
    { args: [VIOLATION, '--policy', 'gfp-rt-nowait'], exit: 1 },
    { args: [WARNING], exit: 0 },
    { args: [WARNING, '--fail-on', 'warning'], exit: 1 },
  ])('$args: $exit', async ({ args, exit }) => {
    const outcome = await lockvet(['lint', ...args]);
    expect(outcome, outcome.out).toMatchObject({ exit, err: '' });
  });
});

describe('what cannot be carried out is one line on standard error and exit code 2', () => {
  it.each([
    { args: ['no-such-file'], err: /^no-such-file: .+\n$/ },
    { args: ['fixtures'], err: /^fixtures: .+\n$/ },
    { args: ['package.json'], err: /^package\.json(:\d+)?: .+\n$/ },
    { args: [CLEAN, '--policy', 'nonsense'], err: /^--policy: unknown policy 'nonsense'[^\n]*\n$/ },
    { args: [CLEAN, '--rules', 'no-such-folder'], err: /^no-such-folder: .+\n$/ },
    { args: [CLEAN, '--catalog', 'no-such-file'], err: /^no-such-file: .+\n$/ },
    { args: [CLEAN, '--output', 'no/such/folder'], err: /^no\/such\/folder: cannot be written: no such file.*\n$/ },
    {
      args: [CLEAN, '--fial-on', 'note'],
      err: /^lockvet: lint: unknown option --fial-on; did you mean --fail-on\?\n$/,
    },
  ])('$args', async ({ args, err }) => {
    const outcome = await lockvet(['lint', ...args]);
    expect(outcome).toMatchObject({ exit: 2, out: '', err: expect.stringMatching(err) });
  });
});

describe('the JSON of lint', () => {
  it('is the contract, one run an input', async () => {
    const { runs, exit } = await jsonOf([VIOLATION, CLEAN]);
    expect(exit).toBe(1);
    expect(runs.map(({ input, kind, verdict }) => [input, kind, verdict])).toEqual([
      [VIOLATION, 'ftrace', 'violation'],
      [CLEAN, 'ftrace', 'clean'],
    ]);
    const [violation] = runs;
    expect(rulesOf(violation?.findings ?? [])).toContain('alloc-under-raw-spinlock');
    expect(violation?.findings.find(({ rule }) => rule === 'alloc-under-raw-spinlock')?.locks).toEqual(['lv_raw']);
    expect(violation?.stats.events).toBeGreaterThan(1000);
  });

  it('is the same twice, and from standard input but for the name', async () => {
    const first = await jsonOf([VIOLATION]);
    expect(await jsonOf([VIOLATION])).toEqual(first);
    const piped = await jsonOf(['-'], readFileSync(path.join(ROOT, VIOLATION)));
    expect(piped.exit).toBe(1);
    expect(piped.runs[0]?.input).toBe('-');
    expect(piped.runs[0]?.findings.map(({ fingerprint }) => fingerprint)).toEqual(
      first.runs[0]?.findings.map(({ fingerprint }) => fingerprint),
    );
  });

  it('goes to --output, and nothing to standard output', async () => {
    const file = path.join(folder, 'report.json');
    const outcome = await lockvet(['lint', '--format', 'json', '--output', file, VIOLATION]);
    expect(outcome).toMatchObject({ exit: 1, out: '' });
    expect(reportSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).runs).toHaveLength(1);
  });

  it('is one run for --merge', async () => {
    const { runs } = await jsonOf(['--merge', CLEAN, VIOLATION]);
    expect(runs).toHaveLength(1);
    expect(runs[0]?.input).toBe(`${CLEAN} + ${VIOLATION}`);
    const alloc = runs[0]?.findings.find(({ rule }) => rule === 'alloc-under-raw-spinlock');
    expect(alloc?.where.file).toBe(VIOLATION);
  });
});

describe('the text of lint', () => {
  it('has a headline a finding and a summary a run', async () => {
    const { out } = await lockvet(['lint', VIOLATION]);
    expect(out).toMatch(/^fixtures\/cases\/[^:]+:\d+: error: .+ \[alloc-under-raw-spinlock\]$/m);
    expect(out).toMatch(/^fixtures\/cases\/\S+ \(ftrace\): \d+ findings?: .*\d error.*; [\d,]+ events/m);
  });

  it('has no colour in a pipe, and has it when forced', async () => {
    expect((await lockvet(['lint', VIOLATION])).out).not.toContain('\u001b');
    expect((await lockvet(['lint', VIOLATION], { env: { FORCE_COLOR: '1' } })).out).toContain('\u001b[');
    const both = await lockvet(['lint', VIOLATION], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
    expect(both.out).not.toContain('\u001b');
  });

  it('says nothing of a clean input when quiet', async () => {
    expect(await lockvet(['lint', '--quiet', CLEAN])).toEqual({ exit: 0, out: '', err: '' });
  });

  it('keeps its exit code and its peace when nobody reads it', () => {
    const command = `node dist/cli/main.js lint ${VIOLATION} ${VIOLATION} ${VIOLATION}; echo "exit $?" >&2`;
    const { stderr, stdout } = spawnSync('bash', ['-c', `{ ${command}; } | head -c 1`], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect({ stderr, stdout }).toEqual({ stderr: 'exit 1\n', stdout: 'f' });
  });

  it('shows names from the recording without letting them steer the terminal', async () => {
    const recording = readFileSync(path.join(ROOT, 'fixtures/selftest/018-ABBCCA_wsem.trace.txt'), 'utf8');
    const { out, exit } = await lockvet(['lint', '-'], {
      stdin: recording.replaceAll('rwsem_B', 'B\u001b[2J\u009b1m'),
    });
    expect(exit).toBe(1);
    expect(out).toContain('B\\x1b[2J');
    expect(out).not.toContain('\u001b');
    expect(out).not.toContain('\u009b');
  });

  it('is what the README shows', async () => {
    const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
    const { out } = await lockvet(['lint', VIOLATION]);
    expect(readme).toContain(`\`\`\`\n${out}\`\`\`\n`);
  });
});

describe('the command itself', () => {
  it('can be executed', async () => {
    expect(statSync(path.join(ROOT, 'dist/cli/main.js')).mode & 0o111).toBe(0o111);
    const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    expect(await lockvet(['--version'])).toEqual({ exit: 0, out: `${version}\n`, err: '' });
  });

  it('has an example in the help of every command', async () => {
    const { out } = await lockvet(['--help']);
    const names = [...out.matchAll(/^ {2}lockvet (\w+)/gm)].map((match) => match[1] ?? '');
    expect(names).toEqual(expect.arrayContaining(['lint', 'explain', 'completion']));
    for (const name of names.filter((known) => known !== 'completion')) {
      const help = await lockvet([name, '--help']);
      expect(help).toMatchObject({ exit: 0, err: '' });
      expect(help.out).toMatch(/Examples:\n.*lockvet/s);
    }
  });

  it('explains rules, and suggests one for a misspelt one', async () => {
    const list = await lockvet(['explain']);
    expect(list).toMatchObject({ exit: 0, err: '' });
    expect(list.out).toMatch(/alloc-under-raw-spinlock +error/);
    const rule = await lockvet(['explain', 'alloc-under-raw-spinlock']);
    expect(rule).toMatchObject({ exit: 0, err: '' });
    expect(rule.out).toMatch(/^How to fix$/m);
    expect(await lockvet(['explain', 'alloc-under-raw-spinlok'])).toEqual({
      exit: 2,
      out: '',
      err: 'lockvet: explain: unknown rule alloc-under-raw-spinlok; did you mean alloc-under-raw-spinlock?\n',
    });
  });
});
