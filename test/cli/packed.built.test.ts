import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockvet } from './built.js';

let folder = '';
const at = (...names: string[]): string => path.join(folder, ...names);

/** Puts what npm would pack, package.json's `files`, into a folder of its own, what it depends on beside it. */
function install(): void {
  const packed = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly files: readonly string[] };
  const modules = at('lib', 'node_modules');
  mkdirSync(path.join(modules, 'lockvet'), { recursive: true });
  for (const name of [...packed.files, 'package.json'])
    cpSync(name, path.join(modules, 'lockvet', name), { recursive: true });
  for (const name of readdirSync('node_modules'))
    if (name !== 'lockvet') symlinkSync(path.resolve('node_modules', name), path.join(modules, name));
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-packed-'));
  install();
  mkdirSync(at('user', 'src'), { recursive: true });
  // Nothing is installed there; the configuration is the user's own.
  const compilerOptions = { module: 'node16', moduleResolution: 'node16', paths: { '@locks/*': ['./src/*'] } };
  writeFileSync(at('user', 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  writeFileSync(at('user', 'package.json'), '{ "type": "module" }');
  writeFileSync(
    at('user', 'src', 'device.ts'),
    `import type { Kernel, Mutex, Op } from 'lockvet/sim';
export class Device {
  readonly lock: Mutex;
  constructor(kernel: Kernel) {
    this.lock = kernel.mutex('lock');
  }
  *twice(): Op<void> {
    yield* this.lock.lock();
    yield* this.lock.lock();
  }
}
`,
  );
  const scenario = (name: string, more: string): string => `import { scenario } from 'lockvet/sim';
import { Device } from './device.js';
${more}
export default scenario({ name: '${name}' }, (kernel) => {
  const device = new Device(kernel);
  kernel.task('task', () => device.twice());
});
`;
  writeFileSync(at('user', 'src', 'near.ts'), scenario('near', ''));
  const other = "import { Other } from '@locks/other.js';\nimport { help } from 'not-installed';\nhelp(Other);";
  writeFileSync(at('user', 'src', 'far.ts'), scenario('far', other));
  writeFileSync(at('user', 'src', 'other.ts'), 'export const Other = 1;\n');
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('lockvet installed from its package', () => {
  it('judges scenarios that import it, of a project with settings of its own; a missing import costs a line', async () => {
    const main = at('lib', 'node_modules', 'lockvet', 'dist', 'cli', 'main.js');
    const { exit, out, err } = await lockvet(['check', 'src', '--no-cache'], { main, cwd: at('user') });
    expect({ exit, err }).toEqual({ exit: 1, err: '' });
    const lines = out.split('\n');
    expect(lines.filter((line) => line.includes(': error: '))).toEqual([
      expect.stringMatching(/^src\/device\.ts:9: error: .*\[recursive-lock\]$/),
    ]);
    expect(lines.filter((line) => line.startsWith('  - '))).toEqual([
      "  - src/far.ts:4: Cannot find module 'not-installed' or its corresponding type declarations.",
    ]);
  }, 60_000);
});
