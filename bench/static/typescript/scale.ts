/**
 * How long `lockvet check` takes on TypeScript, and how much memory:
 *
 *     npm run bench:check-typescript -- [LINES...]
 *
 * generated code bases (generate.ts) of so many lines, by default 25,000 to 200,000: cold, warm in a new process, and warm
 * after a line was changed in one chain of one driver, after one was added to a driver's device, which what uses it depends on, and
 * after one was added to the common library; and under `--watch` the time from saving a changed line to the judgement (middle of five
 * changes after the first, which loads the compiler). Then a code base of another shape (layers.ts), of 1,000 functions that are reached with
 * many sets of locks: cold, and warm. Findings without the cache must be those with it, or it ends with exit code 1.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type GeneratedFile, generate } from './generate.js';
import { layers } from './layers.js';

/** Functions of the code base in layers. */
const LAYERED = 1000;
const SIZES = [25_000, 50_000, 100_000, 200_000];
const main = resolve('dist/cli/main.js');
const COLUMNS = ['lines', 'functions', '', 'wall', 'CPU', 'memory', 'findings'];
const WIDTHS = [8, 9, -30, 8, 8, 9, 8];

interface Measured {
  readonly seconds: number;
  readonly cpu: number;
  readonly megabytes: number;
  readonly functions: number;
  readonly findings: string;
  readonly count: number;
}

function run(folder: string, cache: string): Measured {
  const started = performance.now();
  const result = spawnSync(
    '/usr/bin/time',
    ['-f', '%U %S %M', process.execPath, main, 'check', '.', '--format', 'json', '--fail-on', 'never'],
    { cwd: folder, env: { ...process.env, LOCKVET_CACHE: cache }, encoding: 'utf8', maxBuffer: 1 << 30 },
  );
  const seconds = (performance.now() - started) / 1000;
  if (result.status !== 0) throw new Error(result.stderr);
  const [user = 0, system = 0, memory = 0] = (result.stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  const document = JSON.parse(result.stdout) as {
    runs: { stats: { functions: number }; findings: readonly unknown[] }[];
  };
  const [only] = document.runs;
  const findings = JSON.stringify(only?.findings ?? []);
  return {
    seconds,
    cpu: user + system,
    megabytes: Math.round(memory / 1024),
    functions: only?.stats.functions ?? 0,
    findings,
    count: only?.findings.length ?? 0,
  };
}

/** Changes under `--watch`: the first loads the compiler and is not counted. */
const CHANGES = 6;

/** Seconds from each change of a file to its judgement, while the sources are watched. */
async function watched(folder: string, cache: string, change: (turn: number) => void): Promise<number[]> {
  const child = spawn(process.execPath, [main, 'check', '.', '--watch', '--fail-on', 'never'], {
    cwd: folder,
    env: { ...process.env, LOCKVET_CACHE: cache },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seconds: number[] = [];
  let turn = 0;
  let saved = 0;
  const next = (): void => {
    if (turn === CHANGES) child.kill('SIGINT');
    else {
      saved = performance.now();
      change(turn++);
    }
  };
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('watching')) setTimeout(next, 500);
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (!/ new, [0-9]+ gone; /.test(text)) return;
    seconds.push((performance.now() - saved) / 1000);
    setTimeout(next, 200);
  });
  await new Promise((done) => child.on('exit', done));
  return seconds.slice(1).sort((a, b) => a - b);
}

function row(cells: readonly string[]): void {
  const line = cells.map((cell, i) => {
    const width = WIDTHS[i] ?? 0;
    return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
  });
  process.stdout.write(`${line.join(' ').trimEnd()}\n`);
}

function touch(file: string, change: (text: string) => string): void {
  const text = readFileSync(file, 'utf8');
  const changed = change(text);
  if (changed === text) throw new Error(`${file}: nothing to change`);
  writeFileSync(file, changed);
}

/** Writes a code base; how many lines it has. */
function writeAll(folder: string, files: readonly GeneratedFile[]): number {
  let lines = 0;
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    lines += text.split('\n').length - 1;
  }
  return lines;
}

/** Runs and prints what it took. */
function measure(what: string, lines: number, folder: string, cache: string): Measured {
  const measured = run(folder, cache);
  const { seconds, cpu, megabytes, functions, count } = measured;
  const figures = [`${seconds.toFixed(2)} s`, `${cpu.toFixed(2)} s`, `${megabytes} MB`, `${count}`];
  row([`${lines}`, `${functions}`, what, ...figures]);
  return measured;
}

/** Runs with a folder for sources and one for the cache. */
async function within(body: (folder: string, cache: string) => Promise<void>): Promise<void> {
  const top = mkdtempSync(join(tmpdir(), 'lockvet-bench-'));
  try {
    await body(join(top, 'sources'), join(top, 'cache'));
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

function mustAgree(what: string, one: Measured, other: Measured): void {
  if (one.findings === other.findings) return;
  process.stderr.write(`${what}: findings differ without the cache\n`);
  process.exitCode = 1;
}

async function drivers(size: number, folder: string, cache: string): Promise<void> {
  const lines = writeAll(folder, generate(size));
  const measured = (what: string): Measured => measure(what, lines, folder, cache);
  measured('cold');
  measured('warm');
  touch(join(folder, 'drv001/chain0x6.ts'), (text) => text.replace('let total = ', 'let total = 1 + '));
  measured('warm, a line of a driver');
  touch(join(folder, 'drv001/device.ts'), (text) => text.replace('flags = 0;', 'flags = 0;\n  spare = 0;'));
  measured("warm, a driver's device");
  const waits = await watched(folder, cache, (turn) =>
    touch(join(folder, 'drv001/chain0x6.ts'), (text) => text.replace('let total = ', `let total = ${turn} + `)),
  );
  const middle = waits[waits.length >> 1] ?? 0;
  row([`${lines}`, '', 'watching, a line of a driver', `${middle.toFixed(2)} s`]);
  touch(join(folder, 'lib/guarded.ts'), (text) => `// One line more.\n${text}`);
  const last = measured('warm, the common library');
  mustAgree(`${lines} lines`, last, run(folder, ''));
}

async function layered(folder: string, cache: string): Promise<void> {
  const lines = writeAll(folder, layers(LAYERED));
  const cold = measure('in layers, cold', lines, folder, cache);
  mustAgree('in layers', measure('in layers, warm', lines, folder, cache), cold);
}

const sizes = process.argv.slice(2).map(Number);
row(COLUMNS);
for (const size of sizes.length > 0 ? sizes : SIZES) await within((folder, cache) => drivers(size, folder, cache));
await within(layered);
