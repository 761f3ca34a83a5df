/**
 * Times reading ftrace text into a sink that ignores everything, on one core, beside `grep -c lock_acquire` on the same file.
 * Usage: bench:text [FILE...]; without one, the bundled cases are joined into a file of about 250 MB first. The figures
 * are medians; each run of ours is a process of its own and uses the built reader (`npm run build` first: loaders that
 * compile on the fly turn private fields into look-ups, which is several times slower). Also growth: half and all of the file, time and peak memory.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pieces } from '../../src/trace/input/feed.js';
import { Input } from '../../src/trace/input.js';

const RUNS = 5;
const COPIES = 4;

interface Run {
  seconds: number;
  cpuSeconds: number;
  events: number;
  megabytes: number;
  peakMegabytes: number;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

function measure(file: string): Run {
  const once = fileURLToPath(new URL('./once.mjs', import.meta.url));
  const runs = Array.from({ length: RUNS }, () => {
    const { stdout, stderr } = spawnSync(process.execPath, [once, file], { encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as Run;
  });
  const of = (field: keyof Run): number => median(runs.map((run) => run[field]));
  return {
    seconds: of('seconds'),
    cpuSeconds: of('cpuSeconds'),
    events: of('events'),
    megabytes: of('megabytes'),
    peakMegabytes: of('peakMegabytes'),
  };
}

function grepSeconds(file: string): number {
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    // Its output must go somewhere: with none to write, grep stops at the first match.
    spawnSync('grep', ['-c', 'lock_acquire', file]);
    return (performance.now() - start) / 1000;
  });
  return median(times);
}

function report(file: string, run: Run): void {
  const { seconds, cpuSeconds, events, megabytes, peakMegabytes } = run;
  const grep = grepSeconds(file);
  console.log(`${file}: ${megabytes.toFixed(0)} MB, ${events} events`);
  console.log(
    `  ${seconds.toFixed(2)} s (${cpuSeconds.toFixed(2)} s of CPU): ${(megabytes / seconds).toFixed(0)} MB/s ` +
      `(${(megabytes / cpuSeconds).toFixed(0)} a second of CPU), ` +
      `${(events / seconds / 1e6).toFixed(2)} million events/s, peak memory ${peakMegabytes.toFixed(0)} MB`,
  );
  console.log(`  grep -c lock_acquire: ${grep.toFixed(2)} s; lockvet takes ${(seconds / grep).toFixed(1)} times that`);
}

/** The bundled cases, one after the other, several times. */
async function joinCases(into: string): Promise<void> {
  const folder = fileURLToPath(new URL('../../fixtures/cases/', import.meta.url));
  const all: Buffer[] = [];
  for (const name of readdirSync(folder).filter((entry) => entry.endsWith('.trace.txt.xz'))) {
    const content = (await Input.open(join(folder, name))).content();
    for await (const piece of pieces(content, 1 << 20)) all.push(piece);
    await content.close();
  }
  const out = openSync(into, 'w');
  for (let copy = 0; copy < COPIES; copy++) for (const piece of all) writeSync(out, piece);
  closeSync(out);
}

async function main(files: readonly string[]): Promise<void> {
  for (const file of files) report(file, measure(file));
  if (files.length > 0) return;
  const folder = mkdtempSync(join(tmpdir(), 'lockvet-bench-'));
  try {
    const file = join(folder, 'cases.txt');
    await joinCases(file);
    const all = measure(file);
    report(file, all);
    truncateSync(file, statSync(file).size / 2);
    const half = measure(file);
    console.log(
      `  twice the events take ${(all.cpuSeconds / half.cpuSeconds).toFixed(2)} times the time and ` +
        `${(all.peakMegabytes - half.peakMegabytes).toFixed(0)} MB more memory`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await main(process.argv.slice(2));
