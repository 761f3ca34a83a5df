import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CodeCache } from '../../../src/static/typescript/code-cache.js';

const require = createRequire(import.meta.url);
let top: string;
let files: string[];
let cache: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'lockvet-code-'));
  cache = join(top, 'cache');
  files = [join(top, 'inner.cjs'), join(top, 'outer.cjs')];
  writeFileSync(join(top, 'inner.cjs'), 'exports.two = () => 2; exports.place = __filename;');
  writeFileSync(join(top, 'outer.cjs'), "const inner = require('./inner.cjs'); exports.four = () => inner.two() * 2;");
});

afterEach(() => {
  forget();
  rmSync(top, { recursive: true, force: true });
});

function forget(): void {
  for (const file of files) delete require.cache[file];
}

/** What the modules say when they are loaded anew, and how many of them V8 did not have to compile. */
function loaded(): { readonly taken: number; readonly four: unknown; readonly place: unknown } {
  forget();
  const code = new CodeCache(cache, () => files);
  code.load();
  const outer = require(files[1] ?? '') as { four(): unknown };
  const inner = require(files[0] ?? '') as { place: unknown };
  const said = { taken: code.taken, four: outer.four(), place: inner.place };
  code.keep();
  return said;
}

const kept = (): string[] => readdirSync(join(cache, 'code')).map((name) => join(cache, 'code', name));

describe('CodeCache', () => {
  it('loads modules from what V8 has compiled the last time', () => {
    expect(loaded()).toEqual({ taken: 0, four: 4, place: files[0] });
    expect(loaded()).toEqual({ taken: 2, four: 4, place: files[0] });
  });

  it('compiles a module anew whose text has changed, even to one of the same length', () => {
    loaded();
    writeFileSync(files[0] ?? '', 'exports.two = () => 3; exports.place = __filename;');
    expect(loaded()).toEqual({ taken: 1, four: 6, place: files[0] });
    expect(loaded()).toEqual({ taken: 2, four: 6, place: files[0] });
    expect(kept()).toHaveLength(2);
  });

  it('does not use what is damaged', () => {
    loaded();
    for (const file of kept()) {
      const bytes = readFileSync(file);
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 9) ^ 1, bytes.length - 9);
      writeFileSync(file, bytes);
    }
    expect(loaded()).toEqual({ taken: 0, four: 4, place: files[0] });
    for (const file of kept()) writeFileSync(file, '');
    expect(loaded()).toEqual({ taken: 0, four: 4, place: files[0] });
  });

  it('leaves modules to Node that fail, or that are loaded already', () => {
    writeFileSync(files[1] ?? '', 'throw new Error("no");');
    const failing = new CodeCache(cache, () => files);
    failing.load();
    expect(failing.taken).toBe(0);
    expect(require.cache[files[0] ?? '']).toBeUndefined();
    expect(() => require(files[1] ?? '')).toThrow('no');
    writeFileSync(files[1] ?? '', "exports.four = () => require('./inner.cjs').two() * 2;");
    const before = require(files[0] ?? '') as unknown;
    new CodeCache(cache, () => files).load();
    expect(require(files[0] ?? '')).toBe(before);
  });
});
