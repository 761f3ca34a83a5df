import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Log } from 'sarif';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportSchema } from '../report/contract-schema.js';
import { lockvet, ROOT } from './built.js';

const VIOLATION = path.join(ROOT, 'fixtures/cases/alloc_page_atomic_raw.trace.txt.xz');
const CLEAN = path.join(ROOT, 'fixtures/cases/abba_trylock_ok.trace.txt.xz');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-gate-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const lint = (...args: string[]) => lockvet(['lint', ...args], { cwd: folder });
const readJson = <T>(name: string): T => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as T;
interface BaselineFile {
  findings: { reason: string; rule: string; expires?: string }[];
}
const edit = (change: (entry: BaselineFile['findings'][number]) => void): void => {
  const baseline = readJson<BaselineFile>('known.json');
  baseline.findings.forEach(change);
  writeFileSync(path.join(folder, 'known.json'), JSON.stringify(baseline, null, 2));
};

describe('a gate from the first finding to its end', () => {
  const known = ['--baseline', 'known.json'];

  it('fails on the finding, in every format at once', async () => {
    const reports = ['sarif=r.sarif', 'junit=r.xml', 'gitlab=r.json'].flatMap((report) => ['--output', report]);
    const { exit, out } = await lint(VIOLATION, '--format', 'github', ...reports);
    expect(exit).toBe(1);
    expect(out).toMatch(
      /^::error file=[^,]*alloc_page_atomic_raw[^,]*,line=13666,title=lockvet%3A alloc-under-raw-spinlock::/,
    );
    const [run] = readJson<Log>('r.sarif').runs;
    expect(run?.results?.map(({ ruleId }) => ruleId)).toEqual(['alloc-under-raw-spinlock']);
    expect(readFileSync(path.join(folder, 'r.xml'), 'utf8')).toContain('errors="1"');
    expect(readJson<unknown[]>('r.json')).toHaveLength(1);
  });

  it('needs a baseline that is there', async () => {
    const { exit, err } = await lint(VIOLATION, ...known);
    expect([exit, err]).toEqual([2, 'known.json: no such file; --update-baseline writes it\n']);
  });

  it('passes once the finding is in the baseline, which asks for a reason', async () => {
    const { exit, out } = await lint(VIOLATION, ...known, '--update-baseline');
    expect(exit).toBe(0);
    expect(out).toContain('gate: 0 new, 1 known, 0 fixed, 0 suppressed');
    expect(out).toContain('known.json: 1 without a reason: fill in why each may stay');
    edit((entry) => {
      entry.reason = 'fixed in the next release';
    });
  });

  it('goes on passing with the reason; SARIF and text say that it is known, JSON keeps to its contract', async () => {
    const { exit, out } = await lint(VIOLATION, ...known, '--output', 'sarif=k.sarif', '--fail-on', 'note');
    expect(exit).toBe(0);
    expect(out).toContain('  known: fixed in the next release\n');
    expect(readJson<Log>('k.sarif').runs[0]?.results?.[0]).toMatchObject({
      baselineState: 'unchanged',
      suppressions: [{ justification: 'fixed in the next release' }],
    });
    const json = await lint(VIOLATION, ...known, '--format', 'json');
    expect(reportSchema.parse(JSON.parse(json.out)).runs[0]).toMatchObject({ verdict: 'violation' });
    expect(json).toMatchObject({ exit: 0, err: expect.stringContaining('gate: 0 new, 1 known') });
    const short = await lint(VIOLATION, ...known, '--new-only', '--quiet');
    expect(short).toEqual({ exit: 0, out: '', err: '' });
  });

  it('fails again when the entry has expired', async () => {
    edit((entry) => {
      entry.expires = '2020-01-31';
    });
    const { exit, out } = await lint(VIOLATION, ...known);
    expect(exit).toBe(1);
    expect(out).toContain('known.json: expired on 2020-01-31, counts as new');
  });

  it('reports the entry stale once the finding is gone, and an update drops it', async () => {
    const { exit, out } = await lint(CLEAN, ...known);
    expect(exit).toBe(0);
    expect(out).toContain('gate: 0 new, 0 known, 1 fixed, 0 suppressed');
    expect(out).toContain('known.json: stale, no longer found: mm_page_alloc (GFP_ATOMIC)');
    expect((await lint(CLEAN, ...known, '--update-baseline')).exit).toBe(0);
    expect(readJson<BaselineFile>('known.json').findings).toEqual([]);
  });
});

describe('a configuration file', () => {
  it('is written, refused, used and overruled', async () => {
    expect(await lockvet(['init', '--format', 'js'], { cwd: folder })).toMatchObject({ exit: 0, err: '' });
    expect(await lockvet(['init'], { cwd: folder })).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/^[^\n]+\n$/),
    });
    const config = { severities: { 'alloc-under-raw-spinlock': { severity: 'off' } }, inputs: { lint: [VIOLATION] } };
    writeFileSync(path.join(folder, 'lockvet.config.js'), `export default ${JSON.stringify(config, null, 1)};\n`);
    const { exit, out } = await lint();
    expect(exit).toBe(0);
    expect(out).toContain('(no reason given; lockvet.config.js:3)');
    expect(out).toContain('gate: 0 new, 0 known, 0 fixed, 1 suppressed');
    expect(out).toContain('lockvet.config.js:3: suppresses findings without a reason');
    expect((await lint(VIOLATION, '--no-config')).exit).toBe(1);
  });
});
