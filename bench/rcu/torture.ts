/**
 * Campaign: tortures RCU, each seed on every kernel that the flavour is for, most under random and PCT schedules in turn, every eighth by
 * the clock. Prints every run that shows something.
 * Usage: campaign:rcu-torture [--flavour tree|srcu|...|all] [FIRST [COUNT [WORKERS]]], by default 1 100 2. Exit code 1 when anything is
 * found.
 */
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { StrategyName } from '../../src/explore/token.js';
import { FLAVOURS, type Flavour, judgeFlavour, kernelsOf } from '../../test/rcu/flavours.js';
import { judgeTorture } from '../../test/rcu/judge-torture.js';

/** Seeds that a worker is given at a time. */
const CHUNK = 25;
const KNOWN = ['tree', ...FLAVOURS] as const;
type AnyFlavour = 'tree' | Flavour;

/** What one kernel came to over some seeds. */
interface Tally {
  runs: number;
  failing: number;
  gracePeriods: number;
  reads: number;
  updates: number;
  /** Tree RCU's only. */
  callbacks: number;
  plugged: number;
}

interface Chunk {
  flavour: AnyFlavour;
  /** Seeds from `first` to before `end`. */
  first: number;
  end: number;
}

interface ChunkResult extends Chunk {
  /** By the flavour's kernels. */
  tallies: Tally[];
  lines: string[];
}

function kernels(flavour: AnyFlavour): readonly boolean[] {
  return flavour === 'tree' ? [false, true] : kernelsOf(flavour);
}

function strategyFor(seed: number): StrategyName {
  if (seed % 8 === 0) return 'rr';
  return seed % 2 === 0 ? 'random' : 'pct';
}

function nameOf(preemptRt: boolean): string {
  return preemptRt ? 'PREEMPT_RT' : 'PREEMPT';
}

function emptyTally(): Tally {
  return { runs: 0, failing: 0, gracePeriods: 0, reads: 0, updates: 0, callbacks: 0, plugged: 0 };
}

function runChunk(chunk: Chunk): ChunkResult {
  const { flavour, first, end } = chunk;
  const on = kernels(flavour);
  const result: ChunkResult = { ...chunk, tallies: on.map(emptyTally), lines: [] };
  for (let seed = first; seed < end; seed++) {
    for (const [i, preemptRt] of on.entries()) {
      const how = { strategy: strategyFor(seed), seed, preemptRt };
      const run = flavour === 'tree' ? judgeTorture(how) : { ...judgeFlavour(flavour, how), callbacks: 0 };
      const tally = result.tallies[i] ?? emptyTally();
      tally.runs++;
      tally.gracePeriods += run.gracePeriods;
      tally.reads += run.reads;
      tally.updates += run.updates;
      tally.callbacks += run.callbacks;
      tally.plugged += run.plugged;
      if (run.problems.length === 0) continue;
      tally.failing++;
      result.lines.push(`${flavour} ${how.strategy} ${seed} ${nameOf(preemptRt)}: ${run.problems.join('; ')}`);
    }
  }
  return result;
}

/** Hands chunks to the workers until all are done; their results, in the order of the chunks. */
async function runAll(chunks: readonly Chunk[], workers: number): Promise<ChunkResult[]> {
  let next = 0;
  const results: ChunkResult[] = [];
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: 'torture' });
      let given = -1;
      const give = () => {
        given = next++;
        const chunk = chunks[given];
        if (chunk === undefined) void worker.terminate().then(() => resolve());
        else worker.postMessage(chunk);
      };
      worker.on('message', (result: ChunkResult) => {
        results[given] = result;
        for (const line of result.lines) console.error(line);
        give();
      });
      worker.on('error', reject);
      give();
    });
  await Promise.all(Array.from({ length: workers }, work));
  return results;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { flavour: { type: 'string', default: 'tree' } },
    allowPositionals: true,
  });
  const [first = 1, count = 100, workers = 2] = positionals.map(Number);
  const chosen = KNOWN.filter((name) => values.flavour === 'all' || values.flavour === name);
  if (chosen.length === 0) {
    console.error(`--flavour: "${values.flavour}" is none of ${KNOWN.join(', ')}, all`);
    process.exitCode = 2;
    return;
  }
  const chunks: Chunk[] = [];
  for (const flavour of chosen) {
    for (let at = first; at < first + count; at += CHUNK) {
      chunks.push({ flavour, first: at, end: Math.min(at + CHUNK, first + count) });
    }
  }
  const results = await runAll(chunks, workers);
  for (const line of results.flatMap((result) => result.lines)) console.log(line);
  for (const flavour of chosen) {
    const own = results.filter((result) => result.flavour === flavour);
    for (const [i, preemptRt] of kernels(flavour).entries()) {
      const sum = emptyTally();
      for (const { tallies } of own) {
        for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += tallies[i]?.[key] ?? 0;
      }
      console.log(
        `${flavour} ${nameOf(preemptRt)}: ${sum.runs} seeds, ${sum.failing} with findings; ` +
          `${sum.gracePeriods} grace periods, ${sum.reads} reads, ${sum.updates} updates, ` +
          `${sum.callbacks > 0 ? `${sum.callbacks} callbacks, ` : ''}` +
          `${sum.plugged} CPUs taken away`,
      );
      if (sum.failing > 0) process.exitCode = 1;
    }
  }
}

if (!isMainThread && workerData === 'torture') {
  parentPort?.on('message', (chunk: Chunk) => parentPort?.postMessage(runChunk(chunk)));
} else await main();
