import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockGraphOf } from '../../../src/graph/extract.js';
import { graphsOfSources } from '../../../src/static/check.js';
import { findingsIn, testOptions } from '../want.js';

/** More than a function is walked in before states are compared. */
const LOCKS = 20;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockvet-covered-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A scenario whose tasks call `helper()` under one lock each, and under each two that follow each other. */
function scenarioOf(helper: string, last = 'mutex'): string {
  const numbers = [...Array(LOCKS).keys()];
  return `import { Gfp, scenario, type Kernel, type Mutex, type Op } from 'lockvet/sim';
function* helper(kernel: Kernel, inner: Mutex, first: Mutex): Op<void> {
${helper}
}
export default scenario({ name: 'many' }, (kernel) => {
  const inner = kernel.mutex('inner');
${numbers.map((i) => `  const lock${i} = kernel.${i === LOCKS - 1 ? last : 'mutex'}('lock${i}');`).join('\n')}
  const first = lock0;
${numbers
  .map(
    (i) => `  kernel.task('task${i}', function* task${i}() {
    yield* lock${i}.lock();
    yield* helper(kernel, inner, first);
    yield* lock${i}.unlock();${
      i === 0
        ? ''
        : `
    yield* lock${i - 1}.lock();
    yield* lock${i}.lock();
    yield* helper(kernel, inner, first);
    yield* lock${i}.unlock();
    yield* lock${i - 1}.unlock();`
    }
  });`,
  )
  .join('\n')}
});
`;
}

function sourceOf(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe('a function that is called under many locks', () => {
  it('has an order with each of them', async () => {
    const file = sourceOf('orders.ts', scenarioOf('  yield* inner.lock();\n  yield* inner.unlock();'));
    const { validators } = await graphsOfSources([file], testOptions());
    const [graph] = validators.map((validator) => lockGraphOf(validator));
    const names = new Map(graph?.classes.map(({ id, name }) => [id, name]));
    const before = graph?.dependencies.filter(({ to }) => names.get(to) === 'inner').map(({ from }) => names.get(from));
    expect(before?.sort()).toEqual([...Array(LOCKS).keys()].map((i) => `lock${i}`).sort());
  });

  it('is told where the last of them forbids what it does', async () => {
    const file = sourceOf('last.ts', scenarioOf('  yield* kernel.mm.kmalloc(32, Gfp.GFP_KERNEL);', 'rawSpinlock'));
    const rules = (await findingsIn(file)).map(({ rule, where }) => `${where.line} ${rule}`);
    expect(rules).toContain('3 alloc-under-raw-spinlock');
  });

  it('is told where one of them is its own', async () => {
    const file = sourceOf('own.ts', scenarioOf('  yield* first.lock();\n  yield* first.unlock();'));
    const found = await findingsIn(file);
    const own = found.filter(({ rule, where }) => rule === 'recursive-lock' && where.line === 3);
    expect(own).toHaveLength(1);
  });
});
