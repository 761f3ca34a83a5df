import { statSync } from 'node:fs';
import type { Law, Watch } from '../judge/index.js';
import type { LockGraph } from '../model/lock-graph.js';
import type { Run } from '../model/report.js';
import type { ReadProgress } from '../trace/open.js';
import type { Io } from './io.js';

/** How to judge inputs of any kind. */
export interface JudgeInputs {
  readonly law: Law;
  /** Folders of rules beside those of lockvet: what they say of the kernel's functions counts for sources. */
  readonly ruleFolders: readonly string[];
  readonly io: Io;
  readonly progress: ReadProgress;
  /** All recordings are one run. */
  readonly merge: boolean;
  readonly strict: boolean;
  readonly watch: Watch;
  /** Is told of the lock graph that checked sources allow. */
  readonly onSources?: (run: Run, graph: LockGraph) => void;
}

/**
 * Judges inputs of any kind: scenarios (`.ts`) are run by the clock in the simulated kernel, C sources and folders are checked
 * together, everything else is a recording or a kernel log. Runs come in that order. Throws InputError.
 */
export async function judgeInputs(inputs: readonly string[], options: JudgeInputs): Promise<Run[]> {
  const scenarios = inputs.filter((input) => /\.[mc]?ts$/.test(input));
  const sources = inputs.filter((input) => !scenarios.includes(input) && isSource(input));
  const recordings = inputs.filter((input) => !scenarios.includes(input) && !sources.includes(input));
  return [
    ...(recordings.length === 0 ? [] : await judgeRecordings(recordings, options)),
    ...(scenarios.length === 0 ? [] : await runScenarios(scenarios, options)),
    ...(sources.length === 0 ? [] : [await checkSources(sources, options)]),
  ];
}

function isSource(input: string): boolean {
  return /\.[ch]$/.test(input) || (statSync(input, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

async function judgeRecordings(paths: readonly string[], options: JudgeInputs): Promise<Run[]> {
  const { law, merge, strict, progress, watch } = options;
  const [{ judgeEach, judgeTogether }, { openSource }] = await Promise.all([
    import('../judge/index.js'),
    import('../trace/open.js'),
  ]);
  const open = (path: string) => openSource(path, { strict, progress });
  return (merge ? judgeTogether : judgeEach)(paths, open, law, watch);
}

async function runScenarios(paths: readonly string[], { law, watch }: JudgeInputs): Promise<Run[]> {
  const [{ loadScenarioFile }, { runCampaign }] = await Promise.all([
    import('./load.js'),
    import('../sim/run/campaign.js'),
  ]);
  const runs: Run[] = [];
  for (const path of paths) {
    for (const scenario of await loadScenarioFile(path)) {
      const schedules = [{ strategy: 'rr', seed: 1, depth: 1, preemptRt: undefined }] as const;
      runs.push(runCampaign({ path, scenario }, { law, schedules, watch }));
    }
  }
  return runs;
}

async function checkSources(paths: readonly string[], { law, ruleFolders, io, onSources }: JudgeInputs): Promise<Run> {
  const [{ check }, { cacheFolder }, { availableParallelism }, { sourceLocks }, { tablesIn }] = await Promise.all([
    import('../static/check.js'),
    import('../static/c/cache.js'),
    import('node:os'),
    import('./source-locks.js'),
    import('./tables.js'),
  ]);
  const locks = onSources && (await sourceLocks());
  const { run } = await check(paths, {
    rules: law.rules,
    policy: law.policy,
    tables: tablesIn(ruleFolders),
    cache: cacheFolder(io.env),
    workers: availableParallelism(),
    explainUnknown: false,
    progress: () => {},
    locks,
  });
  const graph = locks?.graph();
  if (graph !== undefined && graph.classes.length > 0) onSources?.(run, graph);
  return run;
}
