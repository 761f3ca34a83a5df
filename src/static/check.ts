import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Validator } from '../lockdep/index.js';
import type { Finding } from '../model/finding.js';
import type { LockGraph } from '../model/lock-graph.js';
import { emptyStats, InputError, type Run, verdictOf } from '../model/report.js';
import { type Policy, type RuleSet, userRules } from '../rules/index.js';
import { type FrontOptions, readUnits, type SourceFile } from './c/front.js';
import { catalogueOf, oneKindEach } from './catalogue.js';
import { unknownNotes } from './explain.js';
import { contextHeaders, noSource, sourceFiles } from './files.js';
import { type StaticLocks, staticLocks } from './graph.js';
import type { PackedUnit } from './ir/packed.js';
import { crossesArchitectures } from './judge/architectures.js';
import { cyclesOf } from './judge/cycles.js';
import { findingsOf } from './judge/findings.js';
import type { Replayed } from './judge/replay.js';
import { leakFindings } from './judge/returns.js';
import { byPlace, usageFindings } from './judge/usage.js';
import { FileMemo } from './solve/memo.js';
import { link } from './solve/program.js';
import { type Solution, solve } from './solve/solver.js';

/** The tables of the kernel's functions that come with lockvet. */
export const KERNEL_TABLES = fileURLToPath(new URL('../../rules/kernel', import.meta.url));

export interface CheckOptions {
  readonly rules: RuleSet;
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
  onTypescript(validator: Validator): void;
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
  if (typescript.length === 0) return whole(await checkFiles(files, contextHeaders(c), input, options));
  const { checkTypescript } = await import('./typescript/check.js');
  const { locks } = options;
  const shown = locks && { onReplayed: ({ engines }: Replayed): void => locks.onTypescript(engines.validator) };
  const scenarios = await checkTypescript(typescript, input, { ...options, ...shown });
  if (c.length === 0) return whole(scenarios);
  const kernel = await checkFiles(files, contextHeaders(c), input, options);
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

/**
 * Checks files given one by one.
 * @param context files that are read for what they define and not judged
 * @param input what the run is called
 */
export async function checkFiles(
  files: readonly SourceFile[],
  context: readonly SourceFile[],
  input: string,
  options: CheckOptions,
): Promise<Checked> {
  const asked = new Set(userRules(options.rules).flatMap((rule): string[] => [...rule.events]));
  const solution = await solveFiles(files, context, input, options, asked);
  const { program } = solution;
  options.locks?.onC(staticLocks(solution));
  const judged = new Set(files.map((file) => file.name));
  const findings: Finding[] = [
    ...findingsOf(program, solution.candidates, options.rules, options.policy),
    ...leakFindings(program, solution.leaks, options.rules),
    ...cyclesOf(program, solution.edges, options.rules),
    ...usageFindings(program, solution.uses, solution.edges, options.rules),
  ]
    .filter((finding) => touches(finding, judged) && !crossesArchitectures(finding))
    .sort(byPlace);
  const notes = options.explainUnknown ? unknownNotes(program) : [];
  return {
    run: {
      input,
      kind: 'c',
      verdict: verdictOf(findings),
      findings,
      stats: { ...emptyStats(), functions: program.functionCount, classes: program.initNames.size },
      notes,
    },
    catalogue: catalogueOf(program),
  };
}

/** The lock graphs of sources of both languages: one of all C, one of each scenario. Throws InputError for what is not there. */
export async function graphsOfSources(
  paths: readonly string[],
  options: CheckOptions,
): Promise<{ readonly graph: LockGraph | undefined; readonly validators: readonly Validator[] }> {
  const { c, typescript, problems } = sourceFiles(paths);
  if (c.length + typescript.length === 0) throw noSource(paths, problems);
  const named = c.map((path) => ({ path, name: path }));
  const graph =
    c.length === 0
      ? undefined
      : staticLocks(await solveFiles(named, contextHeaders(c), paths.join(' '), options)).graph;
  if (typescript.length === 0) return { graph, validators: [] };
  const { judgeTypescript } = await import('./typescript/check.js');
  const validators: Validator[] = [];
  const onReplayed = ({ engines }: Replayed): void => void validators.push(engines.validator);
  await judgeTypescript(typescript, { ...options, input: paths.join(' '), onReplayed });
  return { graph, validators };
}

/** What reading and solving need of {@link CheckOptions}. */
export type SolveOptions = Omit<CheckOptions, 'rules' | 'policy' | 'explainUnknown'>;

/** Reads and solves files that {@link checkFiles} judges. Throws InputError for a file that cannot be read. */
export async function solveFiles(
  files: readonly SourceFile[],
  context: readonly SourceFile[],
  input: string,
  options: SolveOptions,
  asked?: ReadonlySet<string>,
): Promise<Solution> {
  const all = [...files, ...context].sort((a, b) => (a.name < b.name ? -1 : 1));
  const front: FrontOptions = {
    tables: [KERNEL_TABLES, ...options.tables],
    cache: options.cache,
    shelf: keptAs(options.cache, 'units', input),
    workers: options.workers,
  };
  const results = await readUnits(all, front, (done) => options.progress(done, all.length));
  const units: PackedUnit[] = [];
  for (const result of results) {
    if (result.unit !== undefined) units.push(result.unit);
    else throw new InputError(all[result.index]?.name ?? '', undefined, result.problem);
  }
  const program = link(units, asked);
  const memo = memoOf(options, all.length, input);
  const solution = solve(program, memo);
  memo?.save();
  return solution;
}

/** More files than this are not worth remembering: the memory would be larger than what it saves. */
const MOST_REMEMBERED = 8000;

function memoOf(options: SolveOptions, files: number, input: string): FileMemo | undefined {
  if (options.cache === undefined || files > MOST_REMEMBERED || files < 20) return undefined;
  const path = keptAs(options.cache, 'solutions', input);
  return path === undefined ? undefined : new FileMemo(path);
}

/** File of the cache in which something is kept of these sources. */
function keptAs(cache: string | undefined, what: string, input: string): string | undefined {
  if (cache === undefined) return undefined;
  return join(cache, what, createHash('sha1').update(`${process.cwd()}\0${input}`).digest('hex'));
}

/** Whether a finding, or a step of its evidence, is in one of the files. */
function touches(finding: Finding, files: ReadonlySet<string>): boolean {
  return [finding.where, ...finding.evidence.map((step) => step.where)].some((where) => files.has(where.file ?? ''));
}
