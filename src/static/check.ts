import type { Validator } from '../lockdep/index.js';
import type { LockGraph } from '../model/lock-graph.js';
import { type Run, verdictOf } from '../model/report.js';
import type { Policy, RuleSet } from '../rules/index.js';
import { oneKindEach } from './catalogue.js';
import { contextHeaders, noSource, sourceFiles } from './files.js';
import type { StaticLocks } from './graph.js';
import { byPlace } from './judge/by-place.js';
import type { NamedTaker, Replayed } from './judge/replay.js';
import type { graphOfFiles } from './kernel.js';

export interface CheckOptions {
  readonly rules: RuleSet;
  /** Folders of those that do not come with lockvet, for threads to load; undefined: they cannot load them. */
  readonly ruleFolders?: readonly string[] | undefined;
  readonly policy: Policy;
  /** Folders of tables beside {@link KERNEL_TABLES}. */
  readonly tables: readonly string[];
  /** Folder of cached units; undefined for none. */
  readonly cache: string | undefined;
  readonly workers: number;
  /** Say in the notes what was not understood. */
  readonly explainUnknown: boolean;
  readonly progress: (done: number, total: number) => void;
  /** Kernel to judge TypeScript sources for, whatever scenarios say; undefined: what they say. */
  readonly preemptRt?: boolean | undefined;
  /** Is shown what sources tell of locks: all C once, each judgement of TypeScript, which is then made anew. */
  readonly locks?: LocksWatch | undefined;
}

/** See {@link CheckOptions.locks}. */
export interface LocksWatch {
  onC(locks: StaticLocks): void;
  onTypescript(validator: Validator, takers: readonly NamedTaker[]): void;
}

/** The judgement of sources, and what else they tell. */
export interface Checked {
  readonly run: Run;
  /** Lines of a catalogue of lock kinds: see `lint --catalog`. */
  readonly catalogue: readonly string[];
}

/**
 * Checks sources of both languages: files and folders, all together, one run. Throws InputError for what is not there.
 * The run's kind is `typescript` where there is no C among them.
 */
export async function check(paths: readonly string[], options: CheckOptions): Promise<Checked> {
  const { c, typescript, problems } = sourceFiles(paths);
  const input = paths.join(' ');
  if (c.length + typescript.length === 0) throw noSource(paths, problems);
  const files = c.map((path) => ({ path, name: path }));
  const whole = (checked: Checked): Checked => ({
    ...checked,
    run: {
      ...checked.run,
      sources: [...c, ...typescript],
      notes: [...problems.map(({ message }) => message), ...checked.run.notes],
    },
  });
  // Each language's part takes long to load.
  const checkC = async (): Promise<Checked> =>
    (await import('./kernel.js')).checkFiles(files, contextHeaders(c), input, options);
  if (typescript.length === 0) return whole(await checkC());
  const { checkTypescript } = await import('./typescript/check.js');
  const { locks } = options;
  const shown = locks && {
    onReplayed: ({ engines, takers }: Replayed): void => locks.onTypescript(engines.validator, takers),
  };
  const scenarios = await checkTypescript(typescript, input, { ...options, ...shown });
  if (c.length === 0) return whole(scenarios);
  const kernel = await checkC();
  const catalogue = oneKindEach([...kernel.catalogue, ...scenarios.catalogue]);
  return whole({ run: together(kernel.run, scenarios.run), catalogue });
}

/** Two runs over one input as one. */
export function together(a: Run, b: Run): Run {
  const findings = [...a.findings, ...b.findings].sort(byPlace);
  const stats = {
    ...a.stats,
    functions: a.stats.functions + b.stats.functions,
    classes: a.stats.classes + b.stats.classes,
    dependencies: a.stats.dependencies + b.stats.dependencies,
    chains: a.stats.chains + b.stats.chains,
  };
  return { ...a, verdict: verdictOf(findings), findings, stats, notes: [...a.notes, ...b.notes] };
}

/** What sources allow, in both languages. */
export interface SourceGraphs {
  /** Of all C together; undefined: there is none. */
  readonly graph: LockGraph | undefined;
  /** What each scenario comes to. */
  readonly validators: readonly Validator[];
  /** Lines on sources that were left out. */
  readonly notes: readonly string[];
}

/** The lock graphs of sources of both languages: one of all C, one of each scenario. Throws InputError for what is not there. */
export async function graphsOfSources(paths: readonly string[], options: CheckOptions): Promise<SourceGraphs> {
  const { c, typescript, problems } = sourceFiles(paths);
  if (c.length + typescript.length === 0) throw noSource(paths, problems);
  const named = c.map((path) => ({ path, name: path }));
  const ofC = async (): ReturnType<typeof graphOfFiles> =>
    (await import('./kernel.js')).graphOfFiles(named, contextHeaders(c), paths.join(' '), options);
  const kernel = c.length === 0 ? undefined : await ofC();
  const notes = [...problems.map(({ message }) => message), ...(kernel?.notes ?? [])];
  if (typescript.length === 0) return { graph: kernel?.graph, validators: [], notes };
  const { judgeTypescript } = await import('./typescript/check.js');
  const validators: Validator[] = [];
  const onReplayed = ({ engines }: Replayed): void => void validators.push(engines.validator);
  const { trees } = await judgeTypescript(typescript, { ...options, input: paths.join(' '), onReplayed });
  return { graph: kernel?.graph, validators, notes: [...notes, ...trees.problems] };
}
