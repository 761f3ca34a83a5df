import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { mapLayout } from '../../src/graph/layout.js';
import type { LockGraph } from '../../src/model/lock-graph.js';
import { emptyStats } from '../../src/model/report.js';
import { MAP_SIZE, packGraph, pageAssets, pageData, renderPage } from '../../src/report/page/index.js';
import { launchBrowser, openPage } from '../../test/cli/page/browser.js';

/**
 * How long the page takes to open and to answer: of a recording (an argument, or nothing) and of a made-up graph of 5,000 classes and
 * 50,000 dependencies. In headless chromium without a GPU: a browser that has one draws the map faster.
 */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = path.join(ROOT, '.lockvet-cache', 'bench-page');
const CLASSES = 5000;
const DEPENDENCIES = 50_000;

mkdirSync(FOLDER, { recursive: true });
const pages: [name: string, file: string, cls: string][] = [];
const [recording] = process.argv.slice(2);
if (recording !== undefined && existsSync(recording)) {
  const file = path.join(FOLDER, 'recording.html');
  const begin = performance.now();
  // Findings are no failure of the measurement.
  execFileSync(process.execPath, [
    path.join(ROOT, 'dist/cli/main.js'),
    'report',
    recording,
    '--html',
    file,
    '--quiet',
    '--fail-on',
    'never',
  ]);
  console.log(`lockvet report ${recording}: ${seconds(performance.now() - begin)}`);
  pages.push([recording, file, '&zone->lock']);
}
{
  const begin = performance.now();
  const graph = madeUp();
  const placement = mapLayout(graph, MAP_SIZE);
  console.log(
    `layout of ${CLASSES} classes and ${graph.dependencies.length} dependencies: ${seconds(performance.now() - begin)}`,
  );
  const file = path.join(FOLDER, 'made-up.html');
  const stats = { ...emptyStats(), events: 1, classes: CLASSES, dependencies: graph.dependencies.length };
  const run = { input: 'made up', kind: 'ftrace', verdict: 'clean', findings: [], stats, notes: [] } as const;
  const data = pageData({
    version: '0',
    runs: [{ ...run, findings: [], notes: [] }],
    gate: undefined,
    rules: [],
    graphs: [packGraph(graph, placement, 0)],
    read: () => undefined,
  });
  writeFileSync(file, renderPage(data, await pageAssets()));
  pages.push(['made up', file, '&object_2500->lock']);
}

const browser = await launchBrowser();
for (const page of pages) await measure(browser, ...page);
await browser.close();

async function measure(browser: Browser, name: string, file: string, cls: string): Promise<void> {
  console.log(`\n${name}: ${(statSync(file).size / 1e6).toFixed(2)} MB`);
  const url = pathToFileURL(file).href;
  const first = await openPage(browser, url, { reducedMotion: 'no-preference' });
  console.log(`  opened, usable after ${await markOf(first.page, 'lockvet-usable')}`);
  await first.page.context().close();
  const { page } = await openPage(browser, `${url}#graph`, { reducedMotion: 'no-preference' });
  console.log(
    `  opened at the graph: usable after ${await markOf(page, 'lockvet-usable')}, map after ${await markOf(page, 'lockvet-map')}`,
  );
  await settled(page);
  const act = async (what: string, how: () => Promise<void>): Promise<void> =>
    console.log(`  ${what}: ${await blockedBy(page, how)}`);
  await act('search by name', async () => {
    await page.getByLabel('Find class').fill('lock');
  });
  await page.getByLabel('Find class').fill('');
  await settled(page);
  await act('focus on a class', async () => {
    await page.evaluate(
      (fragment) => {
        location.hash = fragment;
      },
      `graph?${new URLSearchParams({ class: cls })}`,
    );
  });
  await act('depth 2', async () => {
    await page.getByLabel('Depth').selectOption('2');
  });
  await act('show all', async () => {
    await page.getByRole('button', { name: 'Show all' }).click();
  });
  const box = await page.locator('#map').boundingBox();
  await page.mouse.move((box?.x ?? 0) + 300, (box?.y ?? 0) + 250);
  await act('zoom by wheel, 5 times', async () => {
    for (let i = 0; i < 5; i++) await page.mouse.wheel(0, -200);
  });
  await act('drag', async () => {
    await page.mouse.down();
    await page.mouse.move((box?.x ?? 0) + 400, (box?.y ?? 0) + 300, { steps: 10 });
    await page.mouse.up();
  });
  await page.context().close();
}

async function markOf(page: Page, name: string): Promise<string> {
  await page.waitForFunction((mark) => performance.getEntriesByName(mark).length > 0, name);
  return seconds(await page.evaluate((mark) => performance.getEntriesByName(mark)[0]?.startTime ?? Number.NaN, name));
}

/** The longest time for which the page answered nothing, and how long it had no rest. */
async function blockedBy(page: Page, act: () => Promise<void>): Promise<string> {
  await page.evaluate(() => {
    const seen: number[] = [];
    const observer = new PerformanceObserver((list) => seen.push(...list.getEntries().map(({ duration }) => duration)));
    observer.observe({ type: 'longtask' });
    Object.assign(window, { longTasks: seen });
  });
  await act();
  await settled(page);
  const tasks = await page.evaluate(() => ('longTasks' in window ? (window.longTasks as number[]) : []));
  return tasks.length === 0
    ? 'no task above 50 ms'
    : `${tasks.length} tasks above 50 ms, the longest ${Math.max(...tasks).toFixed(0)} ms`;
}

/** Until two frames were drawn and nothing is left to do. */
async function settled(page: Page): Promise<void> {
  await page.waitForTimeout(700);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

/** Outer locks take inner ones; a few are hubs, as `&zone->lock` is. The same each time. */
function madeUp(): LockGraph {
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const pairs = new Set<number>();
  while (pairs.size < DEPENDENCIES) {
    const from = Math.floor(random() * CLASSES);
    const to =
      random() < 0.2
        ? CLASSES - 1 - Math.floor(random() ** 2 * 40)
        : from + 1 + Math.floor(random() ** 3 * (CLASSES - from));
    if (from < to && to < CLASSES) pairs.add(from * CLASSES + to);
  }
  const place = (at: number) => ({
    function: `function_${at}+0x1c/0x40`,
    task: `task-${at % 300}`,
    cpu: at % 8,
    line: at * 7,
    time: at / 1000,
  });
  return {
    classes: Array.from({ length: CLASSES }, (_, id) => ({
      id,
      name: `&object_${id}->lock`,
      stableName: `&object_${id}->lock`,
      key: null,
      subclass: 0,
      usage: '-.+.',
      waitOuter: id < CLASSES / 2 ? 4 : id < CLASSES * 0.8 ? 3 : 2,
      waitInner: id < CLASSES / 2 ? 4 : id < CLASSES * 0.8 ? 3 : 2,
      acquisitions: 1000 + id,
      reach: { forward: 1, backward: 1 },
    })),
    dependencies: [...pairs].map((pair, at) => ({
      from: Math.floor(pair / CLASSES),
      to: pair % CLASSES,
      kinds: ['EN'],
      count: 1 + (at % 1000),
      direct: at % 4 !== 0,
      closesCycle: false,
      held: place(at),
      taken: place(at + 1),
    })),
  };
}
