import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readUnits, type SourceFile } from '../../../src/static/c/front.js';
import { Shelf, stampOf } from '../../../src/static/c/shelf.js';
import type { PackedUnit } from '../../../src/static/ir/packed.js';
import { KERNEL_TABLES } from '../../../src/static/kernel.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockvet-shelf-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const UNIT: PackedUnit = {
  head: {
    file: 'a.c',
    functions: [],
    fields: [],
    globals: [],
    tables: [],
    callbacks: [],
    inits: [],
    aliases: {},
    unknown: {},
    stored: [],
    shared: '',
    own: '',
  },
  body: Buffer.from('body'),
};

it('finds a unit again while its source is as it was, and with the same tables', () => {
  const source = join(folder, 'a.c');
  const path = join(folder, 'shelf');
  writeFileSync(source, 'int a;\n');
  const shelf = new Shelf(path, 'tables');
  expect(shelf.find('a.c', source)).toBeUndefined();
  shelf.put('a.c', stampOf(source), UNIT);
  shelf.save();
  expect(new Shelf(path, 'tables').find('a.c', source)).toEqual(UNIT);
  expect(new Shelf(path, 'other tables').find('a.c', source)).toBeUndefined();
  writeFileSync(source, 'int b;\n');
  expect(new Shelf(path, 'tables').find('a.c', source)).toBeUndefined();
  writeFileSync(path, 'rubbish');
  expect(new Shelf(path, 'tables').find('a.c', source)).toBeUndefined();
});

it('tells of changed sources what it tells without a cache', async () => {
  const names = Array.from({ length: 8 }, (_, i) => join(folder, `${i}.c`));
  const files: SourceFile[] = names.map((name) => ({ path: name, name }));
  const options = { tables: [KERNEL_TABLES], workers: 0 };
  const kept = { ...options, cache: join(folder, 'cache'), shelf: join(folder, 'cache', 'units') };
  const bodies = async (how: Parameters<typeof readUnits>[1]): Promise<unknown[]> =>
    (await readUnits(files, how, () => {})).map(({ unit }) => [unit?.head, unit && Buffer.from(unit.body)]);
  for (const change of ['kfree(p)', 'vfree(p)', 'vfree(p)', 'put(p)']) {
    for (const name of names.slice(change === 'put(p)' ? 7 : 0))
      writeFileSync(name, `void f(void *p)\n{\n\t${change};\n}\n`);
    expect(await bodies(kept)).toEqual(await bodies({ ...options, cache: undefined }));
  }
});
