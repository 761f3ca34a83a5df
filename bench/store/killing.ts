import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { Store } from '../../src/store/index.js';
import { type Plain, select } from '../../src/store/rows.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = path.join(ROOT, 'dist/cli/main.js');

export interface KillOptions {
  readonly kills: number;
  readonly seed: number;
  readonly folder: string;
  /** A recording with findings. */
  readonly input: string;
  /** After so many kills a call is left to finish: it must be in the store afterwards. */
  readonly finishEvery: number;
  readonly say: (line: string) => void;
}

export interface KillResult {
  kills: number;
  /** Kills that left the store without the run, and with it. */
  before: number;
  after: number;
  finished: number;
  runs: number;
}

/** Throws where a store lost something, or is damaged. Needs the built command. */
export async function killCampaign(options: KillOptions): Promise<KillResult> {
  const { kills, seed, folder, input, finishEvery, say } = options;
  const file = path.join(folder, 'killed.db');
  const random = randomFrom(seed);
  const slowest = await callFor(file, input, undefined);
  const model = await runsIn(file);
  const [first] = model;
  if (first === undefined || model.length !== 1) throw new Error('the first run was not stored');
  const result: KillResult = { kills: 0, before: 0, after: 0, finished: 1, runs: 1 };
  while (result.kills < kills) {
    const isLeft = result.finished <= result.kills / finishEvery;
    // Storing is the end of a call: that is where most kills go.
    const delay = isLeft ? undefined : slowest * (random() < 0.2 ? random() : 0.5 + 0.7 * random());
    await callFor(file, input, delay);
    const found = await runsIn(file);
    const isThere = found.length === result.runs + 1;
    if (found.length < result.runs) throw new Error(`a run was lost: ${found.length} of ${result.runs}`);
    if (found.length > result.runs + 1) throw new Error(`${found.length - result.runs} runs came of one call`);
    const broken = found.findIndex((run) => !isDeepStrictEqual(run, first));
    if (broken >= 0) throw new Error(`run ${broken + 1} is not whole: ${JSON.stringify(found[broken])}`);
    result.runs = found.length;
    if (isLeft) {
      if (!isThere) throw new Error('a call that came to its end is not in the store');
      result.finished++;
      continue;
    }
    result.kills++;
    if (isThere) result.after++;
    else result.before++;
    if (result.kills % 50 === 0) say(`${result.kills} kills, ${result.runs} runs in the store`);
  }
  return result;
}

/** Runs the command, killed after `delay` milliseconds; how long it took. Throws where it fails by itself. */
async function callFor(file: string, input: string, delay: number | undefined): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, [MAIN, 'lint', input, '--quiet', '--no-config', '--store', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  if (delay !== undefined) await Promise.race([ended, sleep(delay).then(() => child.kill('SIGKILL'))]);
  const code = await ended;
  if (code !== null && code !== 1) throw new Error(`the command failed by itself: ${said}`);
  return performance.now() - start;
}

/** What is stored of every run, without its number and its time. */
async function runsIn(file: string): Promise<Record<string, Plain>[]> {
  const store = await Store.open(file, { access: 'read', waitSeconds: 5 });
  try {
    const counts = [
      'notes',
      'class_facts',
      'dependencies',
      'chains',
      'held_contexts',
      'acquisitions',
      'allocations',
      'lock_times',
    ]
      .map((table) => `(SELECT count(*) FROM lv.${table} t WHERE t.input_id = i.input_id) AS ${table}`)
      .join(', ');
    const runs = await select(
      store.connection,
      `SELECT i.path, i.events, i.verdict, ${counts},
        (SELECT count(*) FROM lv.findings f WHERE f.input_id = i.input_id) AS findings,
        (SELECT count(*) FROM lv.evidence e JOIN lv.findings f USING (finding_id) WHERE f.input_id = i.input_id) AS evidence,
        (SELECT count(*) FROM lv.held_pairs p WHERE p.first_input <= i.input_id AND p.last_input >= i.input_id) AS pairs
      FROM lv.runs r LEFT JOIN lv.inputs i USING (run_id) ORDER BY r.run_id`,
    );
    const [sums] = await select(
      store.connection,
      `SELECT (SELECT coalesce(sum(inputs), 0) FROM lv.held_pairs) = (SELECT count(*) FROM lv.held_contexts) AS inputs,
        (SELECT coalesce(sum(count), 0) FROM lv.held_pairs) = (SELECT coalesce(sum(count), 0) FROM lv.held_contexts) AS counts,
        (SELECT coalesce(sum(inputs), 0) FROM lv.usage_totals) = (SELECT count(*) FROM lv.class_facts) AS usages`,
    );
    if (runs.length > 0 && (sums?.inputs !== true || sums.counts !== true || sums.usages !== true))
      throw new Error('the sums over all runs are wrong');
    return runs;
  } finally {
    store.close();
  }
}

/** A small generator (mulberry32): the same moments for the same seed, as far as the machine is as fast. */
function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
