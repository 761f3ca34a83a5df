import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Run } from '../../src/model/report.js';
import { lockvet } from './built.js';

/** More files than make threads worth their start. */
const DRIVERS = 12;
const MODULES = 10;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockvet-threads-'));
  for (const [path, text] of sources()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Drivers that use each other's devices, a third of which take two locks both ways round; one file that is not TypeScript. */
function* sources(): Generator<[path: string, text: string]> {
  // The last by name, and what all others need.
  yield [
    'zlib/device.ts',
    `import type { Kernel, Mutex } from 'lockvet/sim';
export class Device {
  readonly a: Mutex;
  readonly b: Mutex;
  constructor(kernel: Kernel, name: string) {
    this.a = kernel.mutex(name + 'a');
    this.b = kernel.mutex(name + 'b');
  }
}
`,
  ];
  yield ['zlib/broken.ts', 'export const = 1;\n'];
  for (let i = 0; i < DRIVERS; i++) {
    for (let m = 0; m < MODULES; m++) {
      const [first, second] = i % 3 === 0 && m === 4 ? ['b', 'a'] : ['a', 'b'];
      yield [
        `drv${i}/module${m}.ts`,
        `import type { Op } from 'lockvet/sim';
import type { Device } from '../zlib/device.ts';
export function* both${i}x${m}(device: Device): Op<void> {
  yield* device.${first}.lock();
  yield* device.${second}.lock();
  yield* device.${second}.unlock();
  yield* device.${first}.unlock();
}
export function* alone${i}x${m}(device: Device): Op<void> {
  yield* device.a.lock();
${i === 7 && m === 2 ? '  yield* device.a.lock();\n' : ''}  yield* device.a.unlock();
}
`,
      ];
    }
    const calls = Array.from({ length: MODULES }, (_, m) => `    yield* both${i}x${m}(device);`);
    yield [
      `drv${i}/scenario.ts`,
      `import { scenario } from 'lockvet/sim';
import { Device } from '../zlib/device.ts';
${Array.from({ length: MODULES }, (_, m) => `import { both${i}x${m} } from './module${m}.ts';`).join('\n')}
export default scenario({ name: 'drv${i}' }, (kernel) => {
  const device = new Device(kernel, 'drv${i}');
  kernel.task('t', function* () {
${calls.join('\n')}
  });
});
`,
    ];
  }
}

async function findings(...more: string[]): Promise<{ run: Run | undefined; err: string }> {
  const args = ['check', '.', '--format', 'json', '--fail-on', 'never', '--no-config', ...more];
  const { exit, out, err } = await lockvet(args, { cwd: folder, env: { LOCKVET_CACHE: join(folder, '.cache') } });
  expect(exit).toBe(0);
  return { run: (JSON.parse(out) as { runs: Run[] }).runs[0], err };
}

describe('check with several threads', () => {
  it('finds what one thread finds, in the same order, and keeps it', async () => {
    const alone = await findings('--workers', '1', '--no-cache');
    expect(alone.run?.findings.map(({ rule, where }) => `${rule} ${where.file}`)).toEqual([
      ...['drv0', 'drv3', 'drv6'].map((driver) => `lock-order-cycle ${driver}/module4.ts`),
      'recursive-lock drv7/module2.ts',
      'lock-order-cycle drv9/module4.ts',
    ]);
    expect(alone.err.split('\n').filter((line) => line.includes('broken.ts'))).toHaveLength(1);
    expect(await findings('--workers', '3', '--no-cache')).toEqual(alone);
    expect(await findings('--workers', '2')).toEqual(alone);
    expect(await findings('--workers', '2')).toEqual(alone);
  });
});
