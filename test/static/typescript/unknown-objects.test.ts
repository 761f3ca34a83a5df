import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingsIn } from '../want.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockvet-unknown-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('code that no scenario runs', () => {
  it('is not blamed for locks of objects that nobody makes', async () => {
    // Its threads and handlers, and the tree's, are made of nodes that nobody has put together.
    expect(await findingsIn('src/rcu/tree/boost.ts')).toEqual([]);
  });

  it('is blamed for what its handlers do to the locks that it makes itself', async () => {
    const file = join(folder, 'probe.ts');
    writeFileSync(
      file,
      `import type { Kernel } from 'lockvet/sim';
export function probe(kernel: Kernel): void {
  const lock = kernel.rawSpinlock('lock');
  kernel.timer('expire', function* expire() {
    yield* lock.lock();
    yield* kernel.mm.kmalloc(32, 0);
  });
}
`,
    );
    const found = await findingsIn(file);
    expect(found.map(({ rule, where }) => `${where.line} ${rule}`)).toEqual(
      expect.arrayContaining(['5 held-at-exit', '6 alloc-under-raw-spinlock']),
    );
  });
});
