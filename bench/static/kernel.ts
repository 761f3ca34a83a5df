/**
 * How long `lockvet check` takes on a kernel tree: cold, warm, and warm after one file was touched.
 *
 *     npm run build && npx jiti bench/static/kernel.ts TREE PATH...
 *
 * prints wall and processor seconds and the largest memory of each run. For comparison, measured on the same two cores:
 * sparse takes 35 s and smatch 376 s for 360 files (393,630 lines) of kernel/, mm/ and lib/.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [tree = '.', ...paths] = process.argv.slice(2);
const main = resolve('dist/cli/main.js');
const cache = mkdtempSync(join(tmpdir(), 'lockvet-bench-'));

function run(what: string): void {
  const started = performance.now();
  const result = spawnSync(
    '/usr/bin/time',
    ['-f', '%U %S %M', process.execPath, main, 'check', ...paths, '--format', 'json', '--fail-on', 'never'],
    { cwd: tree, env: { ...process.env, LOCKVET_CACHE: cache }, encoding: 'utf8', maxBuffer: 1 << 30 },
  );
  const seconds = (performance.now() - started) / 1000;
  const [user, system, memory] = (result.stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  const cpu = (user ?? 0) + (system ?? 0);
  console.log(
    `${what}: ${seconds.toFixed(1)} s, ${cpu.toFixed(1)} s of processor, ${Math.round((memory ?? 0) / 1024)} MB`,
  );
}

try {
  run('cold');
  run('warm');
  const touched = join(tree, 'kernel/fork.c');
  const before = readFileSync(touched, 'latin1');
  try {
    writeFileSync(touched, `${before}\nstatic void lockvet_bench(void)\n{\n}\n`, 'latin1');
    run('one file touched');
  } finally {
    writeFileSync(touched, before, 'latin1');
  }
} finally {
  rmSync(cache, { recursive: true, force: true });
}
