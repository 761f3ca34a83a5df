import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Disk } from '../../../src/static/typescript/disk.js';
import { importInCopy, importOfSimulator, isFollowed, isKnown } from '../../../src/static/typescript/places.js';
import { findingsIn } from '../want.js';

let folder: string;
const { packageOf } = new Disk(new Map(), (path) => path);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockvet-places-'));
  for (const [part, name] of [
    ['copy', 'lockvet'],
    ['mine', 'my-driver'],
  ] as const) {
    for (const path of ['src/sim/lock', 'src/rcu/tree']) mkdirSync(join(folder, part, path), { recursive: true });
    writeFileSync(join(folder, part, 'package.json'), JSON.stringify({ files: [{ name: 'no' }], name }));
    for (const path of ['sim', 'rcu']) writeFileSync(join(folder, part, 'src', path, 'index.ts'), '');
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('where sources lie', () => {
  it('takes the simulated kernel of another copy of lockvet for known, not a folder of the same name elsewhere', () => {
    const lock = 'src/sim/lock/mutex.ts';
    expect([isKnown(join(folder, 'copy', lock), packageOf), isKnown(join(folder, 'mine', lock), packageOf)]).toEqual([
      true,
      false,
    ]);
    expect(isFollowed(join(folder, 'copy/src/rcu/tree/node.ts'), packageOf)).toBe(true);
    expect(isFollowed(join(folder, 'mine', lock), packageOf)).toBe(true);
  });

  it('lets a copy mean itself by its name', () => {
    const of = (part: string) => importInCopy('lockvet/rcu', join(folder, part, 'src/a.ts'), packageOf);
    expect([of('copy'), of('mine')]).toEqual([join(folder, 'copy/src/rcu/index.ts'), undefined]);
    expect(importInCopy('lockvet/rcu', resolve('src/rcu/index.ts'), packageOf)).toBeUndefined();
  });

  it('finds the simulated kernel for RCU sources that were copied without it', async () => {
    expect(importOfSimulator('../sim/nowhere.js')).toBeUndefined();
    const file = join(folder, 'mine', 'slow.ts');
    writeFileSync(
      file,
      `import { scenario } from '../../sim/index.js';
export default scenario({ name: 'slow' }, (kernel) => {
  const raw = kernel.rawSpinlock('raw');
  kernel.task('sleeper', function* sleep() {
    yield* raw.guard(() => kernel.msleep(1));
  });
});
`,
    );
    const found = await findingsIn(file);
    expect(found.map(({ rule, confidence }) => `${rule} ${confidence}`)).toEqual(['sleep-in-atomic certain']);
  });
});
