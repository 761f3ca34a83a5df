import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockvet } from './built.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const bench = (...args: string[]) => lockvet(['rcu', 'bench', ...args]);
const CACHE = ['cache', '--quick', '--set', 'line-bytes=64', '--set', 'pointer-bytes=8'];

describe('lockvet rcu bench', () => {
  it('prints tables and the parameters of the model', async () => {
    const { exit, out, err } = await bench(...CACHE);
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(out).toMatch(/^ +64 +8 +256 +1000 +1\.000 +0\.126 +7\.94 /m);
    expect(out).toContain('1000 / (124 + 2) = 7.94');
    expect(out).toMatch(/^\* line-bytes=64 /m);
    expect(out).toMatch(/^ {2}memory-ns=80 /m);
  });

  it('prints JSON, the same bytes every time, and runs the parts asked for alone', async () => {
    const line = ['oom', 'cache', '--quick', '--format', 'json', '--set', 'oom-objects=600', '--seed', '3'];
    const [first, second] = await Promise.all([bench(...line), bench(...line)]);
    expect(first).toMatchObject({ exit: 0, err: '' });
    expect(second.out).toBe(first.out);
    const { tool, seed, quick, parameters, ...parts } = JSON.parse(first.out);
    expect({ tool, seed, quick }).toEqual({ tool: 'lockvet', seed: 3, quick: true });
    expect(parameters).toContainEqual(expect.objectContaining({ name: 'oom-objects', value: '600', changed: true }));
    expect(Object.keys(parts)).toEqual(['version', 'cache', 'oom']);
    expect(parts.oom.rows.every(({ lost }: { lost: number }) => lost === 0)).toBe(true);
  });

  it('writes figures and plots to files', async () => {
    const file = path.join(folder, 'bench.txt');
    const plots = path.join(folder, 'a', 'plots');
    expect(await bench(...CACHE, '--output', file, '--plots', plots)).toEqual({ exit: 0, out: '', err: '' });
    expect(readFileSync(file, 'utf8')).toContain('7.94');
    expect(readdirSync(plots)).toEqual(['cache-misses.svg', 'cache-times.svg']);
    expect(readFileSync(path.join(plots, 'cache-misses.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
  });

  it.each([
    { args: ['rcu', 'bench', 'flod'], err: 'rcu bench: no part flod; did you mean flood?' },
    { args: ['rcu', 'bench', 'oom', 'oom'], err: 'rcu bench: a part is given more than once' },
    { args: ['rcu', 'torture'], err: 'rcu: the one thing to do is "lockvet rcu bench"' },
    {
      args: ['rcu', 'bench', '--set', 'line-byte=64'],
      err: 'rcu: --set: no parameter line-byte; did you mean line-bytes?',
    },
    {
      args: ['rcu', 'bench', '--set', 'line-bytes=48'],
      err: 'rcu: --set: line-bytes: 48 is no power of two',
    },
    { args: ['rcu', 'bench', '--seed', 'x'], err: 'rcu: --seed: "x" is no whole number' },
  ])('refuses $args', async ({ args, err }) => {
    expect(await lockvet(args)).toEqual({ exit: 2, out: '', err: `lockvet: ${err}\n` });
  });

  it('says which file or folder cannot be written', async () => {
    const nowhere = path.join(folder, 'none', 'bench.txt');
    expect(await bench(...CACHE, '--output', nowhere)).toEqual({
      exit: 2,
      out: '',
      err: `${nowhere}: cannot be written: no such file or directory\n`,
    });
    const taken = path.join(folder, 'bench.txt', 'plots');
    const outcome = await bench(...CACHE, '--output', path.join(folder, 'other.txt'), '--plots', taken);
    expect(outcome).toEqual({ exit: 2, out: '', err: `${taken}: cannot be made a folder\n` });
  });
});
