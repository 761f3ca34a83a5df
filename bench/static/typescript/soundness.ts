/**
 * `npm run campaign:check-soundness -- COUNT SEED [--workers N] [--recursive]`: COUNT random scenarios (with `--recursive` all with functions that call
 * each other) are checked and run under 50 schedules each; whatever a schedule shows must be found, and what is certain must be shown by one of 150 more where they get to it. Batches of 200
 * programs (of SEED, SEED + 1, ...) go to as many workers as there are cores; what is printed does not depend on how many. Prints
 * disagreements, leaves their scenarios in .lockvet-cache/soundness, and counts by rule at the end.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { loadRuleSet } from '../../../src/rules/index.js';
import { type Comparison, compare } from '../../../test/static/typescript/random/compare.js';
import { programText } from '../../../test/static/typescript/random/program-text.js';
import { programs, recursivePrograms } from '../../../test/static/typescript/random/random-program.js';
import { testOptions } from '../../../test/static/want.js';

const BATCH = 200;
const FOLDER = '.lockvet-cache/soundness';
/** Runs leave much behind that is dead at once: with a small young generation a sixth of the time goes into moving it about. */
const YOUNG_MB = 64;

/** Programs of one seed. */
interface Batch {
  readonly seed: number;
  readonly count: number;
  /** Only such in which functions call each other in a ring. */
  readonly recursive: boolean;
}

interface BatchResult extends Omit<Comparison, 'disagreements'> {
  readonly disagreements: readonly (Comparison['disagreements'][number] & { readonly name: string })[];
}

async function runBatch({ seed, count, recursive }: Batch): Promise<BatchResult> {
  const rules = loadRuleSet();
  const sample = fc.sample(recursive ? recursivePrograms : programs, { numRuns: count, seed });
  const law = { rules, policy: rules.policy('strict') };
  const { disagreements, ...rest } = await compare(sample, { law, check: testOptions(), schedules: 50, more: 150 });
  const kept = disagreements.map((one) => {
    const name = join(FOLDER, `seed${seed}-p${one.program}.ts`);
    const program = sample[one.program];
    mkdirSync(FOLDER, { recursive: true });
    if (program !== undefined) writeFileSync(name, programText(program, { prefix: `p${one.program}`, typed: true }));
    return { ...one, name };
  });
  return { ...rest, disagreements: kept };
}

/** Hands batches to the workers until all are done; `onResult` gets their results in the order of the batches. */
async function runAll(
  batches: readonly Batch[],
  workers: number,
  onResult: (result: BatchResult, batch: Batch) => void,
) {
  let next = 0;
  let told = 0;
  const results: BatchResult[] = [];
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
      let given = -1;
      const give = () => {
        given = next++;
        const batch = batches[given];
        if (batch === undefined) void worker.terminate().then(() => resolve());
        else worker.postMessage(batch);
      };
      worker.on('message', (result: BatchResult) => {
        results[given] = result;
        give();
        for (let batch = batches[told]; batch !== undefined; batch = batches[++told]) {
          const done = results[told];
          if (done === undefined) break;
          onResult(done, batch);
        }
      });
      worker.on('error', reject);
      give();
    });
  await Promise.all(Array.from({ length: Math.min(workers, batches.length) }, work));
}

/** What each rule came to: findings that agree, and disagreements of both kinds. */
class Tally {
  readonly #rules = new Map<string, [agreed: number, missed: number, unshown: number]>();

  add({ agreed, disagreements }: BatchResult): void {
    for (const [rule, count] of agreed) this.#of(rule)[0] += count;
    for (const { rule, kind } of disagreements) this.#of(rule)[kind === 'missed' ? 1 : 2]++;
  }

  /** All rules together. */
  get total(): readonly [agreed: number, missed: number, unshown: number] {
    const sum = (at: 0 | 1 | 2): number => [...this.#rules.values()].reduce((all, counts) => all + counts[at], 0);
    return [sum(0), sum(1), sum(2)];
  }

  get text(): string {
    const line = (name: string, cells: readonly unknown[]): string =>
      `${name.padEnd(28)}${cells.map((cell) => String(cell).padStart(19)).join('')}\n`;
    const rows = [...this.#rules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([rule, counts]) => line(rule, counts));
    const head = line('rule', ['agreed', 'shown-not-found', 'certain-not-shown']);
    return `${head}${rows.join('')}${line('all', this.total)}`;
  }

  #of(rule: string): [number, number, number] {
    const counts = this.#rules.get(rule) ?? [0, 0, 0];
    this.#rules.set(rule, counts);
    return counts;
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { workers: { type: 'string' }, recursive: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [count = 20_000, seed = 1] = positionals.map(Number);
  const workers = Number(values.workers ?? availableParallelism());
  if (![count, seed, workers].every((value) => Number.isSafeInteger(value)) || count < 1 || workers < 1) {
    process.stderr.write('usage: campaign:check-soundness [COUNT [SEED]] [--workers N] [--recursive]\n');
    process.exitCode = 2;
    return;
  }
  const batches: Batch[] = [];
  for (let at = 0; at < count; at += BATCH)
    batches.push({ seed: seed + batches.length, count: Math.min(BATCH, count - at), recursive: values.recursive });
  const begin = performance.now();
  const tally = new Tally();
  let done = 0;
  let showing = 0;
  await runAll(batches, workers, (result, batch) => {
    tally.add(result);
    done += batch.count;
    showing += result.showing;
    for (const { kind, name, rule, locks, line, message } of result.disagreements) {
      process.stdout.write(`${kind} ${name}:${line ?? '?'} ${rule} [${locks.join(', ')}] ${message}\n`);
    }
    const [agreed, missed, unshown] = tally.total;
    const seconds = ((performance.now() - begin) / 1000).toFixed(0);
    process.stdout.write(
      `${done} programs, ${showing} show something, ${agreed} findings agree, ${missed + unshown} disagree, ${seconds} s\n`,
    );
  });
  const [, missed, unshown] = tally.total;
  process.stdout.write(`\n${tally.text}`);
  process.exitCode = missed + unshown === 0 ? 0 : 1;
}

if (isMainThread) await main();
else
  parentPort?.on('message', (batch: Batch) => void runBatch(batch).then((result) => parentPort?.postMessage(result)));
