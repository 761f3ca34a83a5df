/**
 * Times reading trace.dat files into a sink that ignores everything, and `trace-cmd report FILE` beside it where it is there.
 * Usage: bench:tracedat FILE...; the figures are medians of three runs, each of ours in a process of its own.
 */
import { spawnSync } from 'node:child_process';

const RUNS = 3;

interface Run {
  seconds: number;
  events: number;
  megabytes: number;
  peakMegabytes: number;
}

const built = (path: string): string => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href);

/** What a measuring process runs: the built package, since sources run through a loader are several times slower. */
const CHILD = `
const { NullSink } = await import(${built('model/events.js')});
const { openTraceDat } = await import(${built('trace/tracedat/index.js')});
const start = performance.now();
const { events, bytes } = await (await openTraceDat(process.argv[1])).pump(new NullSink());
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, events, megabytes: bytes / 1e6, peakMegabytes: process.resourceUsage().maxRSS / 1024 }));
`;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

function measure(file: string): void {
  const runs = Array.from({ length: RUNS }, () => {
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', CHILD, file], { encoding: 'utf8' });
    return JSON.parse(stdout) as Run;
  });
  const seconds = median(runs.map((run) => run.seconds));
  const { events = 0, megabytes = 0 } = runs[0] ?? {};
  console.log(
    `${file}: ${events} events, ${megabytes.toFixed(0)} MB of pages in ${seconds.toFixed(2)} s: ` +
      `${(events / seconds / 1e6).toFixed(2)} million events/s, ${(megabytes / seconds).toFixed(0)} MB/s, ` +
      `peak memory ${median(runs.map((run) => run.peakMegabytes)).toFixed(0)} MB`,
  );
  if (spawnSync('trace-cmd', ['version']).error) return;
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    spawnSync('trace-cmd', ['report', file], { stdio: 'ignore' });
    return (performance.now() - start) / 1000;
  });
  console.log(
    `  trace-cmd report: ${median(times).toFixed(2)} s; lockvet takes ${(seconds / median(times)).toFixed(3)} of that`,
  );
}

for (const file of process.argv.slice(2)) measure(file);
