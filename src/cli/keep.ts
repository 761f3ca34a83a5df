import type { Watch } from '../judge/index.js';
import type { Observation } from '../model/observation.js';
import type { Run } from '../model/report.js';
import type { LocksWatch } from '../static/check.js';
import type { Io } from './io.js';
import { version } from './version.js';

/** Where the runs of a command are to be kept, as the command line and the configuration say. */
export interface KeepPlan {
  readonly store: string;
  readonly waitSeconds: number;
  readonly command: string;
  readonly policy: string | undefined;
}

/** What watches the inputs of a command for the store. */
export interface Keeper extends Watch {
  /** What the input of a run showed. */
  of(run: Run): Observation | undefined;
}

/** A keeper where runs are to be stored; undefined costs nothing. Throws InputError where the store's file cannot be one. */
export async function keeperFor(plan: KeepPlan | undefined): Promise<Keeper | undefined> {
  if (plan === undefined) return undefined;
  const { checkStoreFile, Observer } = await import('../store/index.js');
  checkStoreFile(plan.store);
  return new Observer();
}

/** Watches sources being checked for the store. */
export interface SourceKeeper extends LocksWatch {
  /** What they showed; undefined where nothing was shown. */
  of(): Observation | undefined;
}

/** A keeper of what sources tell, where runs are to be stored. Throws InputError where the store's file cannot be one. */
export async function sourceKeeperFor(plan: KeepPlan | undefined): Promise<SourceKeeper | undefined> {
  if (plan === undefined) return undefined;
  const [{ checkStoreFile, observationOfSources }, { sourceLocks }] = await Promise.all([
    import('../store/index.js'),
    import('./source-locks.js'),
  ]);
  checkStoreFile(plan.store);
  const locks = await sourceLocks();
  const of = (): Observation | undefined => {
    const graph = locks.graph();
    return graph && observationOfSources(graph, locks.takers());
  };
  return { onC: locks.onC, onTypescript: locks.onTypescript, of };
}

/** A run to be stored: its judgement after the gate, and what was seen of it. */
export interface Kept {
  readonly run: Run;
  readonly observation: Observation | undefined;
}

/** Stores the runs of a command. Throws InputError where the store cannot be had. */
export async function keep(inputs: readonly Kept[], plan: KeepPlan, io: Io): Promise<void> {
  const [{ Store }, { printable }] = await Promise.all([import('../store/index.js'), import('../report/escape.js')]);
  const revision = await gitRevision(io.cwd);
  const waiting: Promise<void>[] = [];
  const store = await Store.open(plan.store, {
    access: 'write',
    waitSeconds: plan.waitSeconds,
    onWait: (problem) => waiting.push(io.stderr.write(`${printable(problem)}\n`)),
    // Little is written: threads would cost more than they save.
    settings: { threads: '1' },
  });
  try {
    const { command, policy } = plan;
    await store.add({ command, time: io.now(), lockvetVersion: version(), gitRevision: revision, policy, inputs });
  } finally {
    store.close();
    await Promise.all(waiting);
  }
}

/** The commit that is checked out in a folder; undefined where there is none, or no git. */
async function gitRevision(folder: string): Promise<string | undefined> {
  const [{ execFile }, { promisify }] = await Promise.all([import('node:child_process'), import('node:util')]);
  try {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', '--verify', '--quiet', 'HEAD'], { cwd: folder });
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
