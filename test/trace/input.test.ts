import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentOf, type Storage } from '../../src/trace/input/decompress.js';
import { type ByteFeed, pieces } from '../../src/trace/input/feed.js';
import { fileProblem } from '../../src/trace/input/raw.js';
import { Input } from '../../src/trace/input.js';

const XZ = 'fixtures/cases/abba_mutex.trace.txt.xz';
/** "hello\n", 500 times over, as the zstd tool compresses it, with a checksum. */
const ZSTD = Buffer.from('KLUv/QRYbQAAMGhlbGxvCgEAr4tfiiI6G9A=', 'base64');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'input-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function contentAt(path: string): Promise<Buffer> {
  const input = await Input.open(path);
  const all: Buffer[] = [];
  const content = input.content();
  try {
    for await (const piece of pieces(content, 5000)) all.push(piece);
  } finally {
    await content.close();
  }
  return Buffer.concat(all);
}

describe('stored forms', () => {
  const plain = Buffer.from('hello\n'.repeat(500));
  const xz = readFileSync(XZ);

  it.each<[Storage, Buffer, string]>([
    ['plain', plain, 'a.gz'],
    ['gzip', gzipSync(plain), 'a.txt'],
    ['zstd', ZSTD, 'a.xz'],
  ])('%s is told by its first bytes, not by its name', async (storage, bytes, name) => {
    const path = file(name, bytes);
    const input = await Input.open(path);
    expect(input.storage).toBe(storage);
    expect((await input.head(8)).toString()).toBe('hello\nhe');
    expect((await input.head(1 << 20)).equals(plain)).toBe(true);
    await input.close();
    expect((await contentAt(path)).equals(plain)).toBe(true);
  });

  it('reads xz, twice at a time', async () => {
    const [a, b] = await Promise.all([Input.open(XZ), Input.open(XZ)]);
    const heads = [await a.head(20), await b.head(20)].map(String);
    expect(heads[0]).toMatch(/^# tracer: nop/);
    expect(heads[1]).toBe(heads[0]);
    await Promise.all([a.close(), b.close()]);
    const both = await Promise.all([contentAt(XZ), contentAt(XZ)]);
    expect(both[0].length).toBe(2806940);
    expect(both[0].equals(both[1])).toBe(true);
  });

  it.each<[string, Buffer]>([
    ['gzip', gzipSync(plain)],
    ['xz', xz],
    ['zstd', ZSTD],
  ])('%s joined end to end reads as one', async (name, bytes) => {
    const one = await contentAt(file(`${name}1`, bytes));
    const two = await contentAt(file(`${name}2`, Buffer.concat([bytes, bytes])));
    expect(two.equals(Buffer.concat([one, one]))).toBe(true);
  });

  it.each<[string, Buffer]>([
    ['gzip', gzipSync(plain)],
    ['xz', xz],
    ['zstd', ZSTD],
  ])('%s that ends early or is damaged is one clear line', async (name, bytes) => {
    for (const [what, damaged] of [
      ['early', bytes.subarray(0, bytes.length - 6)],
      ['tiny', bytes.subarray(0, 12)],
      ['flipped', Buffer.from(bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 0xff : byte)))],
      [
        'rubbish behind',
        name === 'gzip' ? bytes.subarray(0, 20) : Buffer.concat([bytes, Buffer.from('rubbish'.repeat(9))]),
      ],
    ] as const) {
      const path = file(`${name}-${what}`, Buffer.from(damaged));
      await expect(contentAt(path), what).rejects.toMatchObject({
        name: 'InputError',
        message: expect.stringMatching(/^\S.*: the \w+ data are damaged or cut off \([^\n]+\)$/),
      });
    }
  });
});

describe('inputs that cannot be read', () => {
  it.each<[string, () => string, string]>([
    ['a directory', () => folder, 'is a directory; give a recording or a kernel log'],
    ['a missing file', () => join(folder, 'none'), 'no such file'],
    [
      'a file inside a file',
      () => join(file('f', Buffer.of(1)), 'x'),
      'no such file: a part of its path is not a directory',
    ],
  ])('%s', async (_what, path, problem) => {
    await expect(Input.open(path())).rejects.toThrow(`${path()}: ${problem}`);
  });

  it('tells a missing permission', () => {
    // Tests may run as a user who may read everything.
    expect(fileProblem('a', Object.assign(new Error(), { code: 'EACCES' })).message).toBe('a: permission denied');
    expect(fileProblem('a', Object.assign(new Error(), { code: 'EXYZ' })).message).toBe('a: cannot be read: EXYZ');
  });
});

describe('feeds', () => {
  it('wait for the read that is under way before others read on', async () => {
    const stored = gzipSync(Buffer.from('x'.repeat(100_000)), { level: 0 });
    let at = 0;
    let reading = 0;
    const slow: ByteFeed = {
      async read(into, start) {
        expect(++reading).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 1));
        const count = stored.copy(into, start, at, at + 1000);
        at += count;
        reading--;
        return count;
      },
      close: async () => {},
    };
    const content = contentOf(slow, 'gzip', 'x');
    expect(await content.read(Buffer.alloc(10), 0)).toBe(10);
    await content.close();
    expect(reading).toBe(0);
  });
});
