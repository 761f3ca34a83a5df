import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseProcLockdep } from '../../bench/graph/proc-lockdep.js';
import { lockvet } from './built.js';

const ABBA = 'fixtures/cases/abba_mutex.trace.txt.xz';
const DRAIN = 'fixtures/cases/alloc_pages_drain_pcp_raw.trace.txt.xz';
const LOG = 'fixtures/cases/abba_mutex.dmesg.txt';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface GraphDocument {
  readonly classes: readonly { readonly id: number; readonly name: string; readonly key: string }[];
  readonly edges: readonly { readonly from: number; readonly to: number; readonly count: number }[];
}
const run = (...args: string[]) => lockvet(['graph', '--quiet', ...args]);
const jsonOf = async (...args: string[]): Promise<GraphDocument> => JSON.parse((await run(...args)).out);

describe('lockvet graph', () => {
  it('prints the same dependencies as JSON, dot and /proc/lockdep', async () => {
    const [{ classes, edges }, dot, lockdep] = await Promise.all([
      jsonOf(DRAIN),
      run('--format', 'dot', DRAIN),
      run('--format', 'lockdep', DRAIN),
    ]);
    expect(classes.length).toBeGreaterThan(50);
    const keyOf = new Map(classes.map(({ id, key }) => [id, key]));
    const fromJson = edges.map(({ from, to }) => `${keyOf.get(from)} ${keyOf.get(to)}`);
    const fromLockdep = parseProcLockdep(lockdep.out).flatMap(({ key, after }) => after.map((to) => `${key} ${to}`));
    expect(fromLockdep.toSorted()).toEqual(fromJson.toSorted());
    const solid = dot.out.split('\n').filter((line) => line.includes(' -> ') && !line.includes('style=dashed'));
    expect(solid).toHaveLength(edges.length);
  });

  it('finds the cycle', async () => {
    const { classes, edges } = await jsonOf('--scc', ABBA);
    expect(classes.map(({ name }) => name)).toEqual(['lv_mutex', 'lv_mutex2']);
    expect(edges).toHaveLength(2);
  });

  it('tells how one lock comes under another, and when it does not', async () => {
    const found = await run('--path', 'lv_raw', '&zone->lock', DRAIN);
    expect(found).toMatchObject({ exit: 0, err: '' });
    expect(found.out).toMatch(
      /^ {2}lv_raw -> &zone->lock {2}\(EN, \d+ times, with locks taken by trylock in between\)$/m,
    );
    expect(found.out).toMatch(/^ {4}taken: rmqueue_bulk\+/m);
    const none = await run('--path', '&zone->lock', 'lv_raw', '--format', 'json', DRAIN);
    expect(none.exit).toBe(0);
    expect(JSON.parse(none.out)).toEqual({ from: '&zone->lock', to: 'lv_raw', path: null });
  });

  it('draws what is near a lock', async () => {
    const outcome = await run('--around', 'lv_raw', '--format', 'svg', DRAIN);
    expect(outcome).toMatchObject({ exit: 0, err: '' });
    expect(outcome.out).toContain('<svg');
    expect(outcome.out).toContain('lv_raw');
  });

  it('compares two recordings', async () => {
    const { out, exit } = await run('--diff', DRAIN, ABBA);
    expect(exit).toBe(0);
    expect(out).toMatch(/^\+ lv_mutex -> lv_mutex2 /m);
    expect(out).toMatch(/^- lv_raw -> &zone->lock /m);
    expect(out).toMatch(/^\d+ new, \d+ vanished, \d+ in both$/m);
    expect((await run('--diff', ABBA, ABBA)).out).toMatch(/^0 new, 0 vanished, \d+ in both\n$/);
  });

  it('merges several recordings by name', async () => {
    const { classes } = await jsonOf(ABBA, DRAIN);
    const names = classes.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['lv_mutex', 'lv_raw']));
    expect(names.filter((name) => name === '&zone->lock')).toHaveLength(1);
  });

  it('reads sources, and compares what they allow with a recording', async () => {
    const { classes, edges } = await jsonOf('fixtures/scenarios/abba.ts', 'fixtures/c-graph');
    const nameOf = new Map(classes.map(({ id, name }) => [id, name]));
    const orders = edges.map(({ from, to }) => `${nameOf.get(from)} ${nameOf.get(to)}`);
    expect(orders).toEqual(expect.arrayContaining(['a b', 'b a']));
    expect(new Set(classes.map(({ name }) => name)).size).toBeGreaterThan(2);
    const { out, exit } = await run('--diff', ABBA, 'fixtures/scenarios/abba.ts');
    expect(exit).toBe(0);
    expect(out).toMatch(/^\+ a -> b /m);
    expect(out).toMatch(/^2 new, \d+ vanished, 0 in both$/m);
  });

  it('writes to --output, and says notes on standard error', async () => {
    const file = path.join(folder, 'graph.json');
    const outcome = await lockvet(['graph', '--output', file, ABBA]);
    expect(outcome).toMatchObject({
      exit: 0,
      out: '',
      err: expect.stringMatching(/^fixtures\/cases\/abba_mutex.*: .*\n$/),
    });
    expect(JSON.parse(readFileSync(file, 'utf8')).classes.length).toBeGreaterThan(50);
  });

  it.each([
    { args: ['--around', 'lv_mutx', ABBA], err: 'graph: --around: no lock class lv_mutx; did you mean lv_mutex?' },
    {
      args: ['--path', 'lv_raw', '&zon->lock', DRAIN],
      err: 'graph: --path: no lock class &zon->lock; did you mean &zone->lock?',
    },
    { args: ['--depth', '2', ABBA], err: 'graph: --depth needs --around CLASS' },
    { args: ['--around', 'lv_mutex', '--depth', 'x', ABBA], err: 'graph: --depth: "x" is no whole number' },
    { args: ['--match', '/(/', ABBA], err: 'graph: --match: /(/ is no regular expression' },
    { args: ['--format', 'text', ABBA], err: 'graph: --format text is for --path and --diff' },
    { args: ['--format', 'svg', '--diff', ABBA, ABBA], err: 'graph: --diff has the formats text and json, not svg' },
    { args: ['--path', 'a', 'b', '--diff', ABBA, ABBA], err: 'graph: give --path or --diff, not both' },
    { args: [LOG], err: /^fixtures\/cases\/abba_mutex\.dmesg\.txt: is a kernel log/ },
    { args: ['no-such-file'], err: /^no-such-file: / },
  ])('$args: exit 2', async ({ args, err }) => {
    const outcome = await run(...args);
    expect(outcome).toMatchObject({ exit: 2, out: '' });
    expect(outcome.err).toMatch(typeof err === 'string' ? `lockvet: ${err}\n` : err);
    expect(outcome.err.split('\n')).toHaveLength(2);
  });
});

describe('lockvet stats', () => {
  it('prints a table, greatest first', async () => {
    const { out, exit } = await lockvet(['stats', '--quiet', '--sort', 'acquisitions', '--top', '3', DRAIN]);
    expect(exit).toBe(0);
    expect(out).toMatch(/^class +rw +acquired +holds +min +median +p99 +max +longest/m);
    expect(out).toMatch(/^&pcp->lock +W +[\d,]+ /m);
    expect(out).toMatch(/^and \d+ rows more \(--top\)$/m);
    expect(out).toMatch(/^interrupts off: [\d,]+ times, .*longest began: \S+/m);
  });

  it('prints all as JSON, a run an input', async () => {
    const { out, exit } = await lockvet(['stats', '--quiet', '--format', 'json', DRAIN, ABBA]);
    expect(exit).toBe(0);
    const { tool, runs } = JSON.parse(out);
    expect(tool).toBe('lockvet');
    expect(runs.map((one: { input: string; unit: string }) => [one.input, one.unit])).toEqual([
      [DRAIN, 'ns'],
      [ABBA, 'ns'],
    ]);
    const raw = runs[0].classes.find((row: { name: string }) => row.name === 'lv_raw');
    expect(raw).toMatchObject({ access: 'exclusive', acquisitions: 1, contentions: 0, hold: { count: 1 }, wait: null });
    expect(raw.hold.longest.function).toMatch(/^c_alloc_pages_drain_pcp_raw\+/);
  });

  it.each([
    { args: ['--top', '0', ABBA], err: 'lockvet: stats: --top: "0" is no number of rows\n' },
    { args: ['--sort', 'hols', ABBA], err: /^lockvet: stats: --sort hols is not one of .*did you mean hold\?\n$/ },
    { args: [LOG], err: /^fixtures\/cases\/abba_mutex\.dmesg\.txt: is a kernel log/ },
  ])('$args: exit 2', async ({ args, err }) => {
    const outcome = await lockvet(['stats', ...args]);
    expect(outcome).toMatchObject({ exit: 2, out: '' });
    expect(outcome.err).toMatch(err);
  });
});
