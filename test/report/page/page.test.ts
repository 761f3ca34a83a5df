import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { mapLayout } from '../../../src/graph/layout.js';
import type { Run } from '../../../src/model/report.js';
import { packGraph, pageData, renderPage } from '../../../src/report/page/index.js';
import { sampleFinding, sampleRun } from '../sample.js';
import { graphOf, hostilePage, NASTY } from './hostile-page.js';

const ASSETS = { script: 'const end = "</script>";', style: 'p { color: red }' };
const dataOf = (runs: readonly Run[], read: (file: string) => string | undefined = () => undefined) =>
  pageData({ version: '1.2.3', runs, gate: undefined, rules: [], graphs: [], read });

describe('the file of a page', () => {
  const html = renderPage(hostilePage(), ASSETS);
  const scripts = [...html.matchAll(/<script([^>]*)>(.*?)<\/script>/gs)];

  it('has two scripts, whatever the names are: data and program', () => {
    expect(scripts.map(([, attributes]) => attributes)).toEqual([
      ' type="application/json" id="lockvet-data"',
      ' type="module"',
    ]);
    expect(scripts[0]?.[2]).not.toContain('<');
  });

  it('holds the data as it was', () => {
    const data = JSON.parse(scripts[0]?.[2] ?? '');
    expect(data.findings.map((finding: { message: string }) => finding.message)).toEqual(expect.arrayContaining(NASTY));
    expect(data).toEqual(JSON.parse(JSON.stringify(hostilePage())));
  });

  it('holds no text that nobody could read: what is longer loses its middle', () => {
    const name = `begin${'x'.repeat(1_000_000)}end`;
    const page = renderPage(dataOf([sampleRun([sampleFinding({ locks: [name, 'B'] })])]), ASSETS);
    expect(page.length).toBeLessThan(20_000);
    expect(page).toMatch(/"begin[x]+… \(997008 characters\) …x+end"/);
  });

  it('lets only its own script and style run, and nothing be loaded', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    const digest = (text = ''): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${digest(scripts[1]?.[2])}`,
      `style-src ${digest(/<style>(.*?)<\/style>/s.exec(html)?.[1])}`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(renderPage(hostilePage(), ASSETS, 0)).toContain("connect-src 'self'");
  });

  it('is the same for the same runs', () => {
    expect(renderPage(hostilePage(), ASSETS)).toBe(html);
  });
});

describe('the data of a page', () => {
  it('tells new, known and suppressed findings apart, errors first and suppressed ones last', () => {
    const run = sampleRun([
      sampleFinding({ severity: 'note', fingerprint: 'a' }),
      sampleFinding({ fingerprint: 'b', known: { reason: 'why' } }),
    ]);
    const finding = sampleFinding({ fingerprint: 'c' });
    const suppressed = [{ finding, by: 'rule' as const, place: 'lockvet.config.ts:3', reason: '' }];
    const { findings } = dataOf([{ ...run, suppressed }]);
    expect(findings.map(({ fingerprint, status }) => [fingerprint, status])).toEqual([
      ['b', 'known'],
      ['a', 'new'],
      ['c', 'suppressed'],
    ]);
  });

  it('says each advice once', () => {
    const { advices, findings } = dataOf([
      sampleRun([sampleFinding(), sampleFinding({ advice: 'Other.' }), sampleFinding()]),
    ]);
    expect(advices).toHaveLength(2);
    expect(findings.map(({ advice }) => advice)).toEqual([0, 1, 0]);
  });

  it.each([
    ['/src/linux/kernel/rcu/tree.c', 'x', 'kernel/rcu'],
    ['mm/slab.c', 'x', 'mm'],
    ['include/linux/wait.h', 'x', 'include/linux'],
    [undefined, 'ext4_da_write_begin+0x1/0x2', 'fs/ext4'],
    [undefined, 'jbd2_journal_start.constprop.0+0x1/0x2', 'fs/jbd2'],
    [undefined, 'tcp_sendmsg', 'net/ipv4, net/ipv6'],
    ['/home/me/trace.txt', 'my_function', ''],
  ])('places %s, %s in %s', (file, fn, subsystem) => {
    const where = { ...(file !== undefined && { file }), function: fn };
    expect(dataOf([sampleRun([sampleFinding({ where, evidence: [] })])]).findings[0]?.subsystem).toBe(subsystem);
  });

  it('quotes sources around every step, joined where they touch', () => {
    const lines = Array.from({ length: 60 }, (_, i) => `line ${i + 1}`);
    const at = (line: number) => ({ what: 'step', where: { file: 'a.c', line } });
    const finding = sampleFinding({
      where: { file: 'a.c', line: 2 },
      evidence: [at(10), at(14), at(59), at(99)],
      detail: {},
    });
    const { sources } = dataOf([sampleRun([finding], { kind: 'c' })], (file) =>
      file === 'a.c' ? lines.join('\n') : undefined,
    );
    expect(sources.map(({ file, parts }) => [file, ...parts.map((part) => [part.first, part.lines.length])])).toEqual([
      ['a.c', [1, 5], [7, 11], [56, 5]],
    ]);
    expect(sources[0]?.parts[1]?.lines[3]).toBe('line 10');
  });

  it('quotes no recordings', () => {
    expect(dataOf([sampleRun([sampleFinding()])], () => 'text').sources).toEqual([]);
  });
});

describe('the map of a lock graph', () => {
  const graph = graphOf(
    ['outer', 'middle', 'inner', 'alone', 'a', 'b'],
    [
      [0, 1],
      [1, 2],
      [0, 2],
      [4, 5],
      [5, 4],
    ],
  );
  const map = mapLayout(graph, 1000);

  it('has outer locks on the left, inner ones on the right, and what depends on nothing below', () => {
    const [outer = 0, middle = 0, inner = 0] = map.x;
    expect([outer < middle, middle < inner]).toEqual([true, true]);
    expect(Math.max(...map.y)).toBe(map.y[3]);
    for (const value of [...map.x, ...map.y]) expect(value >= 0 && value <= 1000).toBe(true);
  });

  it('knows loops', () => {
    const [, , , , a = -1, b = -2] = map.loop;
    expect(a).toBe(b);
    expect(map.loop.slice(0, 4)).toEqual([-1, -1, -1, -1]);
  });

  it('is the same for the same graph, and there for the smallest', () => {
    expect(mapLayout(graph, 1000)).toEqual(map);
    for (const size of [0, 1, 2]) expect(mapLayout(graphOf(['a', 'b'].slice(0, size), []), 10).x).toHaveLength(size);
  });

  it('goes onto the page by columns, each text once', () => {
    const packed = packGraph(graph, map, 3);
    expect(packed.run).toBe(3);
    expect(packed.classes.name.map((text) => packed.texts[text])).toEqual(graph.classes.map(({ name }) => name));
    expect(new Set(packed.texts).size).toBe(packed.texts.length);
    expect(packed.dependencies.flags).toEqual([1, 1, 1, 1, 2]);
    expect(packed.dependencies.held.time[1]).toBe(0.125);
    expect(packed.dependencies.taken.time[1]).toBe(-1);
  });
});
