/**
 * Times reading trace.dat files into a sink that ignores everything, and `trace-cmd report FILE` beside it where it is there.
 * Usage: bench:tracedat FILE...; the figures are medians of three runs, each of ours in a process of its own.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { NullSink } from '../../src/model/events.js';
import { openTraceDat } from '../../src/trace/tracedat/index.js';

const RUNS = 3;

interface Run {
  seconds: number;
  events: number;
  megabytes: number;
  peakMegabytes: number;
}

async function read(file: string): Promise<Run> {
  const start = performance.now();
  const { events, bytes } = await (await openTraceDat(file)).pump(new NullSink());
  return {
    seconds: (performance.now() - start) / 1000,
    events,
    megabytes: bytes / 1e6,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

function measure(file: string): void {
  const jiti = fileURLToPath(new URL('./jiti-cli.mjs', import.meta.resolve('jiti')));
  const script = fileURLToPath(import.meta.url);
  const runs = Array.from({ length: RUNS }, () => {
    const { stdout } = spawnSync(process.execPath, [jiti, script, '--once', file], { encoding: 'utf8' });
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

const [first = '', ...others] = process.argv.slice(2);
if (first === '--once') console.log(JSON.stringify(await read(others[0] ?? '')));
else for (const file of [first, ...others]) measure(file);
