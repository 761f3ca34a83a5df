import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { check } from '../../../src/static/check.js';
import { judgeTypescript } from '../../../src/static/typescript/check.js';
import { testOptions } from '../want.js';
import { bothWays } from './edits/compare.js';
import { editedPrograms, type Files, stages, write } from './edits/small-program.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockvet-incremental-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const DEVICE = `import type { Kernel, Mutex, RawSpinlock } from 'lockvet/sim';
export class Device {
  readonly outer: RawSpinlock;
  readonly inner: Mutex;
  constructor(readonly kernel: Kernel) {
    this.outer = kernel.rawSpinlock('outer');
    this.inner = kernel.mutex('inner');
  }
}
`;
const CALLEE = `import type { Op } from 'lockvet/sim';
import type { Device } from './device.js';
export const DEPTH = 1;
export function* poke(device: Device): Op<void> {
  yield* device.kernel.udelay(DEPTH);
}
`;
const CONFIG = 'export const CONFIG_SLEEP = false;\n';
const SCENARIO = `import { scenario } from 'lockvet/sim';
import { poke } from './callee.js';
import { CONFIG_SLEEP } from './config.js';
import { Device } from './device.js';
export default scenario({ name: 'incremental' }, (kernel) => {
  const device = new Device(kernel);
  kernel.task('worker', function* worker() {
    yield* device.outer.lock();
    yield* poke(device);
    if (CONFIG_SLEEP) yield* kernel.msleep(1);
    yield* device.outer.unlock();
  });
});
`;
/** Types of its parameter come from another file alone. */
const LIBRARY = `import type { Device } from './device.js';
export function* library(device: Device) {
  yield* device.outer.lock();
  yield* device.inner.lock();
  yield* device.inner.unlock();
  yield* device.outer.unlock();
}
`;
const BEFORE: Files = new Map([
  ['device.ts', DEVICE],
  ['callee.ts', CALLEE],
  ['config.ts', CONFIG],
  ['scenario.ts', SCENARIO],
  ['library.ts', LIBRARY],
]);
const changed = (name: string, from: string, to: string): Files => {
  const text = BEFORE.get(name)?.replaceAll(from, to) ?? '';
  expect(text).not.toBe(BEFORE.get(name));
  return new Map([...BEFORE, [name, text]]);
};
const rules = (run: string): string[] => {
  const { findings } = JSON.parse(run) as { findings: { rule: string; locks: string[] }[] };
  return findings.map(({ rule, locks }) => [rule, ...locks].join(' '));
};

/** A folder of functions that no scenario reaches; all take locks in one order, the first in the order given. */
function library(name: string, first: readonly [string, string]): string {
  const nested = (fn: string, [outer, inner]: readonly [string, string]): string =>
    `export function* ${fn}(device: Device): Op<void> {
  yield* device.${outer}.lock();
  yield* device.${inner}.lock();
  yield* device.${inner}.unlock();
  yield* device.${outer}.unlock();
}
`;
  const rest = Array.from({ length: 204 }, (_, i) => `export function* ${name}${i}(): Op<void> {}\n`).join('');
  return `import type { Op } from 'lockvet/sim';\nimport type { Device } from '../device.js';\n${nested(name, first)}${rest}`;
}

describe('check of sources that change', () => {
  it('says with the cache what it says without, whatever changes', async () => {
    const without = new Map(BEFORE);
    without.delete('callee.ts');
    const instead: Files = new Map([...without, ['callee/index.ts', CALLEE.replaceAll('./', '../')]]);
    const all: [what: string, files: Files][] = [
      ['as it was', BEFORE],
      ['a callee in another file', changed('callee.ts', 'udelay(DEPTH)', 'msleep(DEPTH)')],
      ['the class of a lock, and the type of another', changed('device.ts', "'outer'", "'renamed'")],
      ['a constant', changed('config.ts', 'false', 'true')],
      ['a file is gone', without],
      ['another takes its place', instead],
    ];
    const { cached, fresh } = await bothWays(all.map(([, files]) => files));
    for (const [i, [what]] of all.entries()) expect([what, cached[i]]).toEqual([what, fresh[i]]);
    const found = cached.map(rules);
    const nested = ['invalid-wait-context outer inner', 'sleep-in-atomic outer'];
    expect(found[0]).toEqual(nested);
    expect(found[1]).toEqual(['sleep-in-atomic outer', ...nested]);
    expect(found[2]).toEqual(nested.map((text) => text.replace('outer', 'renamed')));
    expect(found[3]).toEqual([...nested, 'sleep-in-atomic outer']);
    expect(found.slice(4)).toEqual([nested, nested]);
    expect(new Set(cached).size).toBe(6);
  });

  it('does so for random changes of random programs', async () => {
    const sample = fc.sample(editedPrograms, { numRuns: 1, seed: 3 });
    const found = new Set<string>();
    for (const program of sample) {
      const { cached, fresh } = await bothWays(stages(program));
      expect(cached).toEqual(fresh);
      for (const run of cached) for (const rule of rules(run)) found.add(rule);
    }
    expect(found.size).toBeGreaterThan(2);
  });

  it('takes no notice of a cache that is damaged', async () => {
    const sources = join(folder, 'sources');
    const cache = join(folder, 'cache');
    write(sources, new Map(), BEFORE);
    const run = async (): Promise<string> => JSON.stringify((await check([sources], { ...testOptions(), cache })).run);
    // Two that begin together and find nothing write the same.
    const [first, second] = await Promise.all([run(), run()]);
    expect(second).toBe(first);
    const files = readdirSync(cache, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.length).toBeGreaterThan(BEFORE.size);
    const damages: ((text: string) => string)[] = [
      () => '',
      (text) => text.slice(0, text.length / 2),
      (text) => text.replaceAll('outer', 'other'),
      () => '0\n{"files":1}',
    ];
    for (const [i, file] of files.entries()) {
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, damages[i % damages.length]?.(text) ?? '');
    }
    expect(await run()).toBe(first);
    // What one file is kept in only: the index still says that the rest is there.
    for (const file of files.filter((name) => readFileSync(name, 'utf8').includes('"unit"'))) rmSync(file);
    expect(await run()).toBe(first);
    write(sources, BEFORE, changed('callee.ts', 'udelay(DEPTH)', 'msleep(DEPTH)'));
    expect(rules(await run())).toContain('sleep-in-atomic outer');
  });

  it('walks many functions that no scenario reaches folder by folder, and judges them together', async () => {
    const sources = join(folder, 'sources');
    const cache = join(folder, 'cache');
    const [lock, other] = [['one', 'two'] as const, ['two', 'one'] as const];
    const device = `import type { Mutex } from 'lockvet/sim';
export class Device {
  constructor(readonly one: Mutex, readonly two: Mutex) {}
}
`;
    const stage = (a: readonly [string, string]): Files =>
      new Map([
        ['device.ts', device],
        ['a/library.ts', library('a', a)],
        ['b/library.ts', library('b', lock)],
      ]);
    const files = [...stage(lock).keys()].sort().map((name) => join(sources, name));
    const run = async (): Promise<{ read: string[]; walked: string[]; rules: string[] }> => {
      const { rules: set, policy } = testOptions();
      const { trees, outcomes, walked } = await judgeTypescript(files, { rules: set, policy, cache, input: sources });
      const inside = (names: readonly string[]): string[] => names.map((name) => relative(sources, name));
      const found = outcomes.flatMap(({ findings }) => findings.map(({ rule }) => rule));
      return { read: inside(trees.read), walked: inside(walked), rules: found };
    };
    write(sources, new Map(), stage(lock));
    expect(await run()).toEqual({ read: ['a/library.ts', 'b/library.ts', 'device.ts'], walked: ['a', 'b'], rules: [] });
    expect(await run()).toEqual({ read: [], walked: [], rules: [] });
    write(sources, stage(lock), stage(other));
    // The order of the one folder is known from what was kept of it.
    expect(await run()).toEqual({ read: ['a/library.ts'], walked: ['a'], rules: ['lock-order-cycle'] });
    const kept = readdirSync(cache, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    for (const file of kept) if (readFileSync(file, 'utf8').includes('"moments"')) rmSync(file);
    write(sources, stage(other), stage(lock));
    expect(await run()).toEqual({ read: [], walked: ['a', 'b'], rules: [] });
  });

  it('asks again where the base of its configuration has changed', async () => {
    const base = (to: string): string => JSON.stringify({ compilerOptions: { paths: { '@dev/*': [`../${to}/*`] } } });
    const files = (to: string): Files =>
      new Map([
        ['tsconfig.json', '{ // of the project\n  "extends": ["./conf/base"]\n}'],
        ['conf/base.json', base(to)],
        ['one/device.ts', DEVICE],
        ['two/device.ts', DEVICE.replace("'outer'", "'other'")],
        ['callee.ts', CALLEE.replace('./device.js', '@dev/device')],
        ['config.ts', CONFIG],
        [
          'scenario.ts',
          SCENARIO.replace('./device.js', '@dev/device').replace('yield* poke(device)', 'yield* device.inner.lock()'),
        ],
      ]);
    const { cached, fresh } = await bothWays([files('one'), files('two')]);
    expect(cached).toEqual(fresh);
    const locks = cached.map((run) => rules(run).find((rule) => rule.startsWith('invalid-wait-context')));
    expect(locks).toEqual(['invalid-wait-context outer inner', 'invalid-wait-context other inner']);
  });
});
