import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { check } from '../../../src/static/check.js';
import { testOptions } from '../want.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockvet-ts-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const IMPORT = "import { scenario } from 'lockvet/sim';";
const NESTED = [
  "export default scenario({ name: 'nested' }, (kernel) => {",
  "  const outer = kernel.rawSpinlock('outer');",
  "  const inner = kernel.mutex('inner');",
  "  kernel.task('caller', function* nest() {",
  '    yield* outer.lock();',
  '    yield* inner.lock();',
  '    yield* inner.unlock();',
  '    yield* outer.unlock();',
  '  });',
  '});',
];

describe('TypeScript that is not as it should be', () => {
  it('says where there was nothing to judge', async () => {
    const nothing = write('nothing.ts', 'function* unused() { yield 1; }');
    const something = write('something.ts', 'export function* used() { yield 1; }');
    const notes = async (file: string): Promise<number> => (await check([file], testOptions())).run.notes?.length ?? 0;
    expect([await notes(nothing), await notes(something)]).toEqual([1, 0]);
  });

  it('says where a file that is given alone is no TypeScript', async () => {
    const file = write('broken.ts', IMPORT, 'const a = ;');
    await expect(check([file], testOptions())).rejects.toThrow(`${file}:2: Expression expected.`);
    const binary = write('binary.ts', '\0\x01');
    await expect(check([binary], testOptions())).rejects.toThrow(`${binary}: not a text`);
  });

  it('says what is wrong with some files and judges the rest', async () => {
    const broken = write('broken.ts', 'const a = ;');
    const typed = write('typed.ts', "export const size: number = 'large';");
    const deep = write('deep.ts', `export const a = ${'('.repeat(20_000)}1${')'.repeat(20_000)};`);
    const nested = write('nested.ts', `export function f(x: number) { ${'if (x) { '.repeat(600)}${'} '.repeat(601)}`);
    const lost = write('lost.ts', "import { nothing } from './nowhere.js';", 'export const all = nothing;');
    const binary = write('binary.ts', '\0\x01');
    const large = write('large.ts', `export const list = [${'1,'.repeat(2_000_000)}];`);
    write('good.ts', IMPORT, ...NESTED);
    const options = { ...testOptions(), cache: join(folder, '.cache') };
    const { run } = await check([folder], options);
    expect((await check([folder], options)).run).toEqual(run);
    const notes = run.notes.join('\n');
    expect(run.notes).toContain(`${binary}: not a text`);
    expect(run.notes).toContain(`${large}: not read: 4.0 MB, a source may have 4`);
    for (const file of [deep, nested]) expect(run.notes).toContain(`${file}: not read: its code is nested too deeply`);
    expect(notes).toContain(`${broken}:1: Expression expected.`);
    expect(notes).toContain(`${typed}:1: Type 'string' is not assignable to type 'number'.`);
    expect(notes).toContain(`${lost}:1: Cannot find module './nowhere.js'`);
    expect(run.findings.map((finding) => `${finding.where.line} ${finding.rule}`)).toContain('7 invalid-wait-context');
  });

  it.skipIf(process.getuid?.() === 0)('says which folders it may not read (not as root, who may)', async () => {
    write('good.ts', IMPORT, ...NESTED);
    const secret = join(folder, 'secret');
    mkdirSync(secret, { mode: 0 });
    try {
      const { run } = await check([folder], testOptions());
      expect(run.notes).toContain(`${secret}: permission denied`);
      await expect(check([secret], testOptions())).rejects.toThrow(`${secret}: permission denied`);
    } finally {
      chmodSync(secret, 0o700);
    }
  });

  it('follows imports in a circle', async () => {
    const first = write('first.ts', "import { second } from './second.js';", 'export const first = () => second;');
    write('second.ts', "import { first } from './first.js';", 'export const second: unknown = () => first();');
    const { run } = await check([first], testOptions());
    expect(run.findings).toEqual([]);
  });

  it('names what is not there, and a folder without sources', async () => {
    await expect(check([join(folder, 'none.ts')], testOptions())).rejects.toThrow('no such file or folder');
    mkdirSync(join(folder, 'empty'));
    await expect(check([join(folder, 'empty')], testOptions())).rejects.toThrow('no source');
  });

  it('judges C and TypeScript of one folder in one run', async () => {
    write('good.ts', IMPORT, ...NESTED);
    write(
      'a.c',
      'static DEFINE_RAW_SPINLOCK(l);',
      'void f(void)',
      '{',
      '\traw_spin_lock(&l);',
      '\tkfree(p);',
      '\traw_spin_unlock(&l);',
      '}',
    );
    const { run } = await check([folder], testOptions());
    expect(run.kind).toBe('c');
    expect(new Set(run.findings.map((finding) => finding.rule))).toContain('free-under-raw-spinlock');
    expect(new Set(run.findings.map((finding) => finding.rule))).toContain('invalid-wait-context');
  });
});
