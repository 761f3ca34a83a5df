import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageAssets, renderPage } from '../../../src/report/page/index.js';
import { hostilePage, NASTY } from '../../report/page/hostile-page.js';
import { lockvet, ROOT } from '../built.js';
import { accessibilityProblems, hasBrowser, launchBrowser, openPage } from './browser.js';

const fixture = (name: string): string => path.join(ROOT, 'fixtures', name);
const CYCLE = fixture('cases/abba_mutex.trace.txt.xz');
const INVERSION = fixture('cases/irq_inversion.trace.txt.xz');
const CLEAN = fixture('cases/abba_trylock_ok.trace.txt.xz');
const SOURCES = fixture('c/orders.c');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-page-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const report = (...args: string[]) => lockvet(['report', '--no-config', ...args], { cwd: folder });
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

describe('lockvet report', () => {
  it('writes one page of recordings, logs, sources and scenarios, the same each time, and fails on findings', async () => {
    const inputs = [CYCLE, fixture('cases/abba_mutex.dmesg.txt'), SOURCES, fixture('scenarios/abba.ts')];
    const runs = [await report(...inputs, '--html', 'a.html'), await report(...inputs, '--html', 'b.html')];
    expect(runs.map(({ exit, out }) => [exit, out])).toEqual([
      [1, ''],
      [1, ''],
    ]);
    expect(read('b.html')).toBe(read('a.html'));
    const data = JSON.parse(/id="lockvet-data">(.*?)<\/script>/s.exec(read('a.html'))?.[1] ?? '');
    expect(data.runs.map((run: { kind: string }) => run.kind)).toEqual(['ftrace', 'dmesg', 'scenario', 'c']);
    expect(data.graphs.map((graph: { run: number }) => graph.run)).toEqual([0, 2, 3]);
    expect(data.sources.map((source: { file: string }) => source.file).sort()).toEqual(inputs.slice(1).sort());
  });

  it('passes where nothing is found, and writes to standard output', async () => {
    const { exit, out } = await report(CLEAN, '--html', '-', '--quiet');
    expect(exit).toBe(0);
    expect(out).toMatch(/^<!doctype html>/);
    writeFileSync(path.join(folder, 'clean.html'), out);
  });

  it('says in one line what it misses', async () => {
    expect(await report(CLEAN)).toMatchObject({ exit: 2, err: 'lockvet: report: --html FILE is missing\n' });
    expect(await report(fixture('cases/hardirq_safe.dmesg.txt'), '--html', 'no/such/folder.html')).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/^no\/such\/folder\.html: cannot be written: [^\n]+\n$/m),
    });
  });
});

let browser: Browser;
beforeAll(async () => {
  if (hasBrowser) browser = await launchBrowser();
});
afterAll(() => browser?.close());

describe.skipIf(!hasBrowser)('the page in a browser (needs chromium)', () => {
  let url = '';
  beforeAll(async () => {
    // One finding is known: it was accepted.
    await lockvet(['lint', '--no-config', CYCLE, '--baseline', 'known.json', '--update-baseline'], { cwd: folder });
    await report(CYCLE, INVERSION, SOURCES, '--baseline', 'known.json', '--html', 'page.html');
    url = pathToFileURL(path.join(folder, 'page.html')).href;
  });
  const rows = (page: Page) => page.locator('.rows .row');
  const open = (fragment = '', options = {}) => openPage(browser, `${url}${fragment}`, options);
  const done = async ({ page, problems, requests }: Awaited<ReturnType<typeof open>>): Promise<void> => {
    expect(problems).toEqual([]);
    expect(requests.filter((request) => !request.startsWith('data:') && !request.startsWith('file:'))).toEqual([]);
    await page.context().close();
  };

  it('filters findings by click and by text, and keeps the filters in its address', async () => {
    const watched = await open();
    const { page } = watched;
    await rows(page).first().waitFor();
    const all = await rows(page).count();
    expect(all).toBeGreaterThan(3);
    await page.getByRole('checkbox', { name: /^known/ }).check();
    await expect.poll(() => rows(page).count()).toBe(1);
    await expect.poll(() => page.locator('.detail h2').textContent()).toContain('lv_mutex');
    await page.getByRole('checkbox', { name: /^known/ }).uncheck();
    await page.getByRole('checkbox', { name: /^irq-lock-inversion/ }).check();
    await expect.poll(() => new URL(page.url()).hash).toContain('rule=irq-lock-inversion');
    await expect.poll(() => rows(page).count()).toBeLessThan(all);
    const kept = await rows(page).count();
    await page.reload();
    await expect.poll(() => rows(page).count()).toBe(kept);
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await expect.poll(() => rows(page).count()).toBe(all);
    await page.getByLabel('Lock', { exact: true }).fill('lv_raw2');
    await page.waitForFunction((count) => document.querySelectorAll('.rows .row').length < count, all);
    await expect.poll(() => page.locator('.list .count').textContent()).toMatch(/^\d+ of \d+ findings$/);
    await done(watched);
  });

  it('draws the chain, the scenario CPU by CPU, the recording, and quotes sources', async () => {
    const watched = await open('#findings?status=known');
    const { page } = watched;
    await page.locator('.detail .drawing').nth(2).waitFor();
    const [chain, scenario, recorded] = await page.locator('.detail .drawing').all();
    expect(await chain?.locator('.box.named').count()).toBe(2);
    expect(await chain?.getAttribute('aria-label')).toBe('Cycle. lv_mutex, then lv_mutex2, then lv_mutex: a cycle');
    expect([await scenario?.locator('.bar.hold').count(), await scenario?.locator('.bar.wait').count()]).toEqual([
      2, 2,
    ]);
    expect(await recorded?.locator('.bar.hold').count()).toBe(2);
    await page.getByRole('link', { name: 'lv_mutex2', exact: true }).first().click();
    await expect.poll(() => page.locator('.class-name').textContent()).toBe('lv_mutex2');
    await page.goto(`${url}#findings?input=${encodeURIComponent(SOURCES)}`);
    const { line } = await page
      .locator('.detail .source .here')
      .first()
      .evaluate((row) => ({ line: row.textContent ?? '' }));
    const [, number = '', text = ''] = /^▶(\d+)(.*)$/s.exec(line) ?? [];
    expect(readFileSync(SOURCES, 'utf8').split('\n')[Number(number) - 1]?.replaceAll('\t', '        ')).toBe(text);
    await done(watched);
  });

  it('is worked by keyboard', async () => {
    const watched = await open();
    const { page } = watched;
    await page.keyboard.press('Tab');
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('main');
    const first = await page.locator('.detail h2').textContent();
    await page.keyboard.press('j');
    await expect.poll(() => page.locator('.detail h2').textContent()).not.toBe(first);
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-current'))).toBe('true');
    await expect
      .poll(() => page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle))
      .toBe('solid');
    await page.keyboard.press('k');
    await expect.poll(() => page.locator('.detail h2').textContent()).toBe(first);
    await page.keyboard.press('/');
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('search');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await expect.poll(() => page.getByRole('dialog').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('g');
    await expect.poll(() => page.locator('nav [aria-current]').textContent()).toContain('Lock graph');
    await done(watched);
  });

  it('finds a class in the graph, shows what is near it, and goes on from there', async () => {
    const watched = await open('#graph');
    const { page } = watched;
    await page.locator('#map canvas').first().waitFor();
    await page.locator('.class-table tbody tr').first().waitFor();
    const classes = await page.locator('.class-table tbody tr').count();
    await page.getByLabel('Find class').fill('lv_mutex');
    await page.locator('.found a').first().waitFor();
    await page.getByLabel('Find class').press('Enter');
    await expect.poll(() => page.locator('.class-name').textContent()).toBe('lv_mutex');
    await expect.poll(() => page.locator('.class-table tbody tr').count()).toBeLessThan(classes);
    // The other half of the cycle, in red both ways.
    await expect.poll(() => page.locator('.class-detail .link.bad').count()).toBe(2);
    await page.locator('.class-detail .node', { hasText: 'lv_mutex2' }).click();
    await expect.poll(() => page.locator('.class-name').textContent()).toBe('lv_mutex2');
    await page.getByLabel('Depth').selectOption('2');
    await expect.poll(() => new URL(page.url()).hash).toContain('depth=2');
    await page.locator('#map').focus();
    for (const key of ['+', '-', 'ArrowLeft', 'ArrowUp', '0']) await page.keyboard.press(key);
    await page.getByRole('button', { name: 'Show all' }).click();
    await expect.poll(() => page.locator('.class-name').count()).toBe(0);
    await page.getByRole('checkbox', { name: 'in loops' }).check();
    await expect.poll(() => page.locator('.count').first().textContent()).toMatch(/^2 of /);
    await done(watched);
  });

  it('selects a class by a click on the map', async () => {
    // Nothing is near this one: it is in the middle once it is shown.
    const watched = await open('#graph?class=rcu_read_lock');
    const { page } = watched;
    await page.locator('#map canvas').first().waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await expect.poll(() => new URL(page.url()).hash).toBe('#graph');
    await page.locator('#map').click();
    await expect.poll(() => page.locator('.class-name').textContent()).toBe('rcu_read_lock');
    await done(watched);
  });

  it('says so where there is no WebGL, and shows the rest', async () => {
    const watched = await openPage(browser, 'about:blank');
    const { page } = watched;
    await page.addInitScript(() => {
      HTMLCanvasElement.prototype.getContext = () => null;
    });
    await page.goto(`${url}#graph?class=lv_mutex`);
    await page.getByText('draws no WebGL').waitFor();
    await expect.poll(() => page.locator('.class-detail .node').count()).toBeGreaterThan(1);
    await done(watched);
  });

  it('passes axe, its colours in both themes', async () => {
    const watched = await open('', { colorScheme: 'light' });
    const { page } = watched;
    for (const fragment of ['#findings', '#graph?class=lv_mutex', '#inputs']) {
      await page.emulateMedia({ colorScheme: 'light' });
      await page.evaluate((hash) => {
        location.hash = hash;
      }, fragment);
      await page.locator('nav [aria-current]').waitFor();
      expect(await accessibilityProblems(page), fragment).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await accessibilityProblems(page, 'color-contrast'), `${fragment} in dark`).toEqual([]);
    }
    await done(watched);
  });

  it('changes its colours by its own switch', async () => {
    const watched = await open('', { colorScheme: 'light' });
    const { page } = watched;
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.getByRole('button', { name: 'Colours: auto' }).click();
    await expect.poll(() => ground()).toBe(light);
    await page.getByRole('button', { name: 'Colours: light' }).click();
    await expect.poll(() => ground()).not.toBe(light);
    await done(watched);
  });

  it('prints every finding of the list in full', async () => {
    const watched = await open('#findings?rule=lock-order-cycle');
    const { page } = watched;
    await rows(page).first().waitFor();
    const listed = await rows(page).count();
    await page.emulateMedia({ media: 'print' });
    await page.waitForFunction((count) => document.querySelectorAll('.print article').length === count, listed);
    await expect.poll(() => page.locator('.print article').first().isVisible()).toBe(true);
    await expect.poll(() => page.locator('nav').isVisible()).toBe(false);
    await done(watched);
  });

  it('shows hostile names as text and nothing else', async () => {
    const file = path.join(folder, 'hostile.html');
    writeFileSync(file, renderPage(hostilePage(), await pageAssets()));
    const watched = await openPage(browser, pathToFileURL(file).href);
    const { page } = watched;
    await expect.poll(() => rows(page).count()).toBe(NASTY.length);
    for (let i = 0; i < NASTY.length; i++) await page.keyboard.press('j');
    await page.emulateMedia({ media: 'print' });
    await page.emulateMedia({ media: 'screen' });
    for (const name of NASTY) {
      await page.goto(`${pathToFileURL(file).href}#graph?${new URLSearchParams({ class: name })}`);
      // What no address can hold is no class.
      if (name.isWellFormed()) await expect.poll(() => page.locator('.class-name').allTextContents()).toHaveLength(1);
    }
    await page.goto(`${pathToFileURL(file).href}#inputs`);
    const state = await page.evaluate(() => ({
      pwned: 'pwned' in window,
      scripts: document.scripts.length,
      elements: document.querySelectorAll('img, iframe, object, embed, [onload], [onerror]').length,
      text: document.body.innerText,
    }));
    expect(state).toMatchObject({ pwned: false, elements: 0 });
    expect(state.text).toContain('</script><script>window.pwned = 1</script>');
    expect(state.text).toContain('\\x1b[31mred');
    expect(state.text).toContain('\\u{202e}evil');
    expect(state.text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    await done(watched);
  });

  it('looks right with nothing to show', async () => {
    const watched = await openPage(browser, pathToFileURL(path.join(folder, 'clean.html')).href);
    await expect.poll(() => watched.page.getByText('clean', { exact: true }).first().isVisible()).toBe(true);
    await watched.page.keyboard.press('f');
    await expect.poll(() => watched.page.getByText('Nothing was found.').isVisible()).toBe(true);
    await done(watched);
  });
});

/** `lockvet serve`, listening: its address, and how it ends. */
function served(...args: string[]): { url: Promise<string>; stop: () => Promise<number | null> } {
  const child = spawn(process.execPath, [path.join(ROOT, 'dist/cli/main.js'), 'serve', '--no-config', ...args], {
    cwd: folder,
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  const url = new Promise<string>((resolve) => {
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.endsWith('\n')) resolve(out.trim());
    });
  });
  return {
    url,
    stop: () => {
      child.kill('SIGINT');
      return ended;
    },
  };
}

describe('lockvet serve', () => {
  const store = (...inputs: string[]) =>
    lockvet(['lint', '--no-config', '--store', 's.db', ...inputs], { cwd: folder });

  it('says in one line why it cannot', async () => {
    const serve = (...args: string[]) => lockvet(['serve', '--no-config', ...args], { cwd: folder });
    expect(await serve()).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/^lockvet: serve: --store FILE is missing[^\n]*\n$/),
    });
    expect(await serve('--store', 'none.db')).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/^none\.db: no such file[^\n]*\n$/),
    });
    expect(await serve('--store', 'x', '--port', '99999')).toMatchObject({
      exit: 2,
      err: 'lockvet: serve: --port: "99999" is no port\n',
    });
  });

  it.skipIf(!hasBrowser)(
    'shows the latest run, and the next one when it is stored; Ctrl-C ends it (needs chromium)',
    async () => {
      await store(CYCLE);
      const server = served('--store', 's.db');
      const url = await server.url;
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/);
      expect((await fetch(new URL('/', url))).status).toBe(404);
      const { page, problems, requests } = await openPage(browser, `${url}#findings?severity=error`);
      try {
        await expect.poll(() => page.locator('.rows .row').count()).toBe(1);
        await expect.poll(() => page.getByLabel('Stored run').locator('option').count()).toBe(1);
        await store(INVERSION);
        await page.waitForFunction(() => document.querySelectorAll('.rows .row').length === 2);
        // What was looked at stays.
        await expect.poll(() => new URL(page.url()).hash).toBe('#findings?severity=error');
        await page.getByLabel('Stored run').selectOption('1');
        await page.waitForURL(`${url}1#findings?severity=error`);
        await expect.poll(() => page.locator('.rows .row').count()).toBe(1);
        await page.goto(`${url}#graph?class=lv_raw2`);
        await expect.poll(() => page.locator('.class-name').textContent()).toBe('lv_raw2');
        expect(problems).toEqual([]);
        expect(requests.filter((request) => !request.startsWith(url) && !request.startsWith('data:'))).toEqual([]);
        expect(await server.stop()).toBe(0);
      } finally {
        await page.context().close();
      }
    },
  );
});
