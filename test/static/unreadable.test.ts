import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphsOfSources } from '../../src/static/check.js';
import { checkFiles, graphOfFiles } from '../../src/static/kernel.js';
import { checkTypescript } from '../../src/static/typescript/check.js';
import { testOptions } from './want.js';

let folder = '';
const at = (name: string): string => join(folder, name);
const named = (name: string): { readonly path: string; readonly name: string } => ({ path: at(name), name: at(name) });

// Who runs tests may be allowed to read everything: a folder of that name cannot be read as a file by anyone.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockvet-unreadable-'));
  for (const name of ['first.c', 'second.c', 'first.ts', 'second.ts']) mkdirSync(at(name));
  writeFileSync(
    at('good.c'),
    'static DEFINE_RAW_SPINLOCK(lock);\nvoid f(void)\n{\n\traw_spin_lock(&lock);\n\tkmalloc(8, GFP_KERNEL);\n\traw_spin_unlock(&lock);\n}\n',
  );
  writeFileSync(
    at('good.ts'),
    [
      "import { scenario } from 'lockvet/sim';",
      "export default scenario({ name: 'good' }, (kernel) => {",
      "  const lock = kernel.spinlock('lock');",
      "  kernel.task('task', () => lock.guard(() => lock.lock()));",
      '});',
    ].join('\n'),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a source that cannot be read', () => {
  it('costs one line, in C, and the rest is judged', async () => {
    const files = ['first.c', 'good.c', 'second.c'].map(named);
    const { run } = await checkFiles(files, [], folder, testOptions());
    expect(run.notes).toEqual([
      `${at('first.c')}: illegal operation on a directory`,
      `${at('second.c')}: illegal operation on a directory`,
    ]);
    expect(run.findings.map(({ rule }) => rule)).toEqual(['alloc-under-raw-spinlock']);
  });

  it('costs one line, in TypeScript, and the rest is judged', async () => {
    const { run } = await checkTypescript(['first.ts', 'good.ts', 'second.ts'].map(at), folder, testOptions());
    expect(run.notes).toEqual([`${at('first.ts')}: cannot be read`, `${at('second.ts')}: cannot be read`]);
    expect(run.findings.map(({ rule }) => rule)).toEqual(['recursive-lock']);
  });

  it('costs a graph one line, in both languages', async () => {
    const { graph, notes } = await graphOfFiles(['first.c', 'good.c'].map(named), [], folder, testOptions());
    expect(notes).toEqual([`${at('first.c')}: illegal operation on a directory`]);
    expect(graph.classes.map(({ name }) => name)).toEqual(['lock']);
    writeFileSync(at('broken.ts'), 'const a = ;');
    const both = await graphsOfSources([at('good.ts'), at('broken.ts'), at('good.c')], testOptions());
    expect(both.notes).toEqual([expect.stringMatching(/broken\.ts:1: /)]);
    expect(both.validators).toHaveLength(1);
  });

  it('is an error where there is nothing else', async () => {
    const line = `${at('first.c')}: illegal operation on a directory`;
    await expect(checkFiles([named('first.c')], [], folder, testOptions())).rejects.toThrow(line);
    await expect(graphOfFiles([named('first.c')], [], folder, testOptions())).rejects.toThrow(line);
    await expect(checkTypescript([at('first.ts')], folder, testOptions())).rejects.toThrow(
      `${at('first.ts')}: cannot be read`,
    );
  });
});
