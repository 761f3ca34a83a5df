import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingsIn } from '../want.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockvet-computed-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A scenario whose tasks call `helper()` with a number, each under a raw spinlock of its own, and the locks that are in findings. */
async function locksOf(loop: string, numbers: readonly number[]): Promise<string[]> {
  const file = join(folder, 'loops.ts');
  const task = (n: number, i: number): string => `  const lock${i} = kernel.rawSpinlock('lock${i}');
  kernel.task('task${i}', function* task${i}() {
    yield* lock${i}.lock();
    yield* helper(kernel, ${n});
    yield* lock${i}.unlock();
  });
`;
  const text = `import { scenario, type Kernel, type Op } from 'lockvet/sim';
function* helper(kernel: Kernel, n: number): Op<void> {
  let sleeps = false;
${loop}
  if (sleeps) yield* kernel.msleep(1);
}
export default scenario({ name: 'loops' }, (kernel) => {
${numbers.map(task).join('')}});
`;
  writeFileSync(file, text);
  const findings = await findingsIn(file);
  return [...new Set(findings.flatMap(({ locks }) => locks))].sort();
}

describe('a loop that only computes', () => {
  const numbers = [1, 3, 1, 3];

  it('comes to what its variables make of it, whatever is held', async () => {
    const loop = '  for (let i = 0; i < n; i++) {\n    if (i > 1) sleeps = true;\n  }';
    expect(await locksOf(loop, numbers)).toEqual(['lock1', 'lock3']);
  });

  it('is run each time where it leaves the function', async () => {
    const loop = '  for (let i = 0; i < n; i++) {\n    if (i > 1) return;\n  }\n  sleeps = true;';
    expect(await locksOf(loop, numbers)).toEqual(['lock0', 'lock2']);
  });
});
