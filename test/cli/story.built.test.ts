import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Log } from 'sarif';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockvet } from './built.js';
import { hasBrowser, launchBrowser, openPage } from './page/browser.js';

/** A driver in the simulated kernel; `locked` is what it does under its raw_spinlock_t, `after` what it does then. */
const driver = (locked: string, after: string): string => `import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'driver' }, (kernel) => {
  const lock = kernel.rawSpinlock('dev->lock');
  kernel.task('worker', function* work() {
    const flags = yield* lock.lockIrqsave();
    ${locked}
    yield* lock.unlockIrqrestore(flags);
    ${after}
  });
});
`;
const ALLOCATE = 'const page = yield* kernel.mm.allocPage(Gfp.GFP_ATOMIC);';
const FREE = 'if (page !== null) yield* kernel.mm.freePage(page);';
const GOOD = driver('// Registers are written here.', `${ALLOCATE} ${FREE}`);
const BAD = driver(ALLOCATE, FREE);

const GATE = ['--baseline', 'known.json', '--store', 'lockvet.db'];
const FORMATS = ['--format', 'github', '--output', 'sarif=report.sarif'];

/**
 * What a team goes through: a change breaks a rule, is let through with a reason, is mended. Each step goes on where the one before
 * it ended, in one git repository.
 */
describe('the story of a finding', () => {
  let repository = '';
  let fingerprint = '';
  const run = (...args: string[]) => lockvet(args, { cwd: repository });
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=dev', '-c', 'user.email=dev@example.org', ...args], {
      cwd: repository,
      encoding: 'utf8',
    });
  const file = (name: string): string => path.join(repository, name);
  /** A commit with this driver, and what it does recorded in the simulated kernel. */
  const commit = async (source: string, message: string): Promise<string> => {
    writeFileSync(file('driver.ts'), source);
    const recorded = await run(
      'run',
      'driver.ts',
      '--record',
      'driver.txt',
      '--fail-on',
      'never',
      '--format',
      'json',
      '--quiet',
    );
    expect([recorded.exit, recorded.err]).toEqual([0, '']);
    git('add', 'driver.ts', 'driver.txt');
    git('commit', '--quiet', '--message', message);
    return git('rev-parse', 'HEAD').trim();
  };
  const history = async (): Promise<Record<string, unknown>[]> => {
    const { out } = await run('query', 'history', fingerprint, '--store', 'lockvet.db', '--format', 'json');
    return JSON.parse(out) as Record<string, unknown>[];
  };
  const results = (): unknown[] => {
    const log = JSON.parse(readFileSync(file('report.sarif'), 'utf8')) as Log;
    return log.runs.flatMap(({ results: found = [] }) => found.map(({ ruleId }) => ruleId));
  };
  const revisions: string[] = [];

  beforeAll(() => {
    repository = mkdtempSync(path.join(tmpdir(), 'lockvet-story-'));
    git('init', '--quiet');
    writeFileSync(file('known.json'), '{ "version": 1, "findings": [] }\n');
  });
  afterAll(() => rmSync(repository, { recursive: true }));

  it('begins with a driver that keeps the rules', async () => {
    revisions.push(await commit(GOOD, 'A driver'));
    expect(await run('lint', 'driver.txt', ...GATE, '--quiet')).toEqual({ exit: 0, out: '', err: '' });
  });

  it('a change allocates under the raw_spinlock_t: the gate fails with exactly that', async () => {
    revisions.push(await commit(BAD, 'Allocate where it is needed'));
    const { exit, out } = await run('lint', 'driver.txt', ...GATE, ...FORMATS);
    expect(exit).toBe(1);
    expect(results()).toEqual(['alloc-under-raw-spinlock']);
    const annotations = out.split('\n').filter((line) => line.startsWith('::'));
    expect(annotations).toHaveLength(1);
    expect(annotations[0]).toMatch(/^::error file=driver\.txt,line=\d+,title=lockvet%3A alloc-under-raw-spinlock::/);
  });

  it('the finding is let through with a reason: the next run passes', async () => {
    expect((await run('lint', 'driver.txt', ...GATE, '--update-baseline', '--quiet')).exit).toBe(0);
    const baseline = JSON.parse(readFileSync(file('known.json'), 'utf8')) as {
      findings: { reason: string; fingerprint: string; rule: string }[];
    };
    expect(baseline.findings.map(({ rule }) => rule)).toEqual(['alloc-under-raw-spinlock']);
    const [entry] = baseline.findings;
    if (entry === undefined) throw new Error('the baseline is empty');
    entry.reason = 'mended before the release';
    fingerprint = entry.fingerprint;
    writeFileSync(file('known.json'), JSON.stringify(baseline, null, 2));
    const { exit, out } = await run('lint', 'driver.txt', ...GATE, '--format', 'github');
    expect([exit, out.split('\n').filter((line) => line.startsWith('::error'))]).toEqual([0, []]);
  });

  it('the page shows it as known, with the reason', async () => {
    const { exit } = await run('report', 'driver.txt', '--baseline', 'known.json', '--html', 'page.html', '--quiet');
    expect(exit).toBe(0);
    const data = JSON.parse(
      /id="lockvet-data">(.*?)<\/script>/s.exec(readFileSync(file('page.html'), 'utf8'))?.[1] ?? '',
    );
    expect(data.findings).toMatchObject([
      {
        rule: 'alloc-under-raw-spinlock',
        status: 'known',
        fingerprint,
        known: { reason: 'mended before the release' },
      },
    ]);
  });

  it.skipIf(!hasBrowser)('and a browser draws it (needs chromium)', async () => {
    const browser = await launchBrowser();
    try {
      const { page, problems } = await openPage(browser, pathToFileURL(file('page.html')).href);
      await page.getByText('mended before the release').waitFor();
      expect(await page.locator('.detail .box.named').allTextContents()).toEqual([expect.stringMatching(/^dev->lock/)]);
      await page.locator('.detail a.lock').first().click();
      await expect.poll(() => page.locator('.class-name').textContent()).toBe('dev->lock');
      expect(problems).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  it('the driver is mended: the entry that is no longer needed is reported', async () => {
    revisions.push(await commit(GOOD, 'Allocate before the lock is taken'));
    const { exit, out } = await run('lint', 'driver.txt', ...GATE);
    expect(exit).toBe(0);
    expect(out).toContain('gate: 0 new, 0 known, 1 fixed, 0 suppressed');
    expect(out).toContain('known.json: stale, no longer found: ');
  });

  it('the store knows how it went', async () => {
    const [, bad, mended] = revisions;
    const common = { input: 'driver.txt' };
    expect(await history()).toMatchObject([
      { ...common, state: 'new', 'from run': 2, 'to run': 2, runs: 1, revision: bad, occurrences: 1 },
      {
        ...common,
        state: 'known',
        'from run': 3,
        'to run': 4,
        runs: 2,
        revision: bad,
        reason: 'mended before the release',
      },
      { ...common, state: 'gone', 'from run': 5, 'to run': 5, runs: 1, revision: mended, occurrences: null },
    ]);
    const { out } = await run(
      'query',
      'allocs',
      '--under',
      'raw_spinlock_t',
      '--store',
      'lockvet.db',
      '--format',
      'json',
    );
    expect(JSON.parse(out)).toMatchObject([
      { gfp: 'GFP_ATOMIC', order: 0, under: 'dev->lock', inputs: 3, 'last run': 4 },
    ]);
  });
});
