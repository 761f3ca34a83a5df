import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NullSink } from '../../src/model/events.js';
import { LockType, WaitType } from '../../src/model/wait-type.js';
import { builtInCatalogue, LOCK_KINDS, loadCatalogue } from '../../src/trace/catalog.js';
import { openSource } from '../../src/trace/open.js';
import { isEventSource } from '../../src/trace/source.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'catalog-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, 'catalog.tsv');
  writeFileSync(path, text);
  return path;
}

describe('the built-in catalogue', () => {
  it.each<[string, number, number, number]>([
    ['&rq->__lock', 0, WaitType.Spin, LockType.Normal],
    ['&p->pi_lock', 0, WaitType.Spin, LockType.Normal],
    ['&zone->lock', 0, WaitType.Config, LockType.Normal],
    ['&pcp->lock', 0, WaitType.Config, LockType.Normal],
    ['batched_entropy_u8.lock', 0, WaitType.Config, LockType.PerCpu],
    ['&mm->mmap_lock', 0, WaitType.Sleep, LockType.Normal],
    ['console_owner', 0, WaitType.Unchecked, LockType.Normal],
    ['rcu_read_lock', WaitType.Free, WaitType.Config, LockType.Normal],
    ['hugetlb_lock', 0, WaitType.Config, LockType.Normal],
    ['dca_lock', 0, WaitType.Spin, LockType.Normal],
    ['(wq_completion)events', 0, WaitType.Unchecked, LockType.Normal],
  ])('%s', (name, waitOuter, waitInner, lockType) => {
    expect(builtInCatalogue()(name)).toEqual({ waitOuter, waitInner, lockType });
  });

  it('does not guess', () => {
    expect(builtInCatalogue()('&lock')).toBeUndefined();
    expect(builtInCatalogue()('')).toBeUndefined();
  });

  it('agrees with what a kernel records of the same locks', async () => {
    const source = await openSource('fixtures/cases/irq_inversion.trace.txt.xz');
    if (!isEventSource(source)) throw new Error('not a recording');
    const catalogue = builtInCatalogue();
    const sink = new NullSink();
    const seen = new Set<string>();
    sink.lockAcquire = (_h, a) => {
      const name = source.names.text(a.name);
      const kind = catalogue(name);
      if (kind === undefined || seen.has(name)) return;
      seen.add(name);
      const { waitOuter, waitInner, lockType } = a;
      expect({ name, waitOuter, waitInner, lockType }).toEqual({ name, ...kind });
    };
    await source.pump(sink);
    expect(seen.size).toBeGreaterThan(20);
  });
});

describe('a catalogue of the user', () => {
  it('goes before the built-in one', () => {
    const catalogue = loadCatalogue(
      file('# mine\n\nmutex\t&zone->lock\nraw_spinlock  a name (with) spaces  \nrwlock x*\n'),
    );
    expect(catalogue('&zone->lock')?.waitInner).toBe(WaitType.Sleep);
    expect(catalogue('a name (with) spaces')?.waitInner).toBe(WaitType.Spin);
    expect(catalogue('xyz')?.waitInner).toBe(WaitType.Config);
    expect(catalogue('&pcp->lock')?.waitInner).toBe(WaitType.Config);
  });

  it.each<[string, string, string]>([
    [
      'an unknown kind',
      'mutex a\nspin b\n',
      `:2: unknown kind of lock "spin"; the kinds are ${[...LOCK_KINDS.keys()].join(', ')}`,
    ],
    ['a missing name', 'mutex\n', ':1: expected KIND NAME, found only "mutex"'],
    ['two kinds for a name', 'mutex a\n\nrwlock a\n', ':3: "a" has another kind in line 1'],
  ])('%s is told with its line', (_what, text, problem) => {
    const path = file(text);
    expect(() => loadCatalogue(path)).toThrow(path + problem);
  });

  it('must be there', () => {
    expect(() => loadCatalogue(join(folder, 'none'))).toThrow('none: no such file');
    expect(() => loadCatalogue(folder)).toThrow('is a directory');
  });

  it('may be large', () => {
    const kinds = [...LOCK_KINDS.keys()];
    const lines = Array.from({ length: 20_000 }, (_, i) => `${kinds[i % kinds.length]}\t&lock_${i}->lock`);
    const path = file(lines.join('\n'));
    const start = performance.now();
    const catalogue = loadCatalogue(path);
    expect(catalogue('&lock_19999->lock')).toBe(LOCK_KINDS.get(kinds[19_999 % kinds.length] ?? ''));
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('says the same kinds that the built-in file uses', () => {
    const text = readFileSync('rules/kernel/lock-kinds.tsv', 'utf8');
    for (const line of text.split('\n').filter((entry) => entry !== '' && !entry.startsWith('#'))) {
      expect(line).toMatch(/^\w+\t\S.*\S$/);
    }
  });
});
