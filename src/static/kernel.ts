import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../model/finding.js';
import type { LockGraph } from '../model/lock-graph.js';
import { emptyStats, InputError, verdictOf } from '../model/report.js';
import { userRules } from '../rules/index.js';
import { type FrontOptions, readUnits, type SourceFile } from './c/front.js';
import { catalogueOf } from './catalogue.js';
import type { Checked, CheckOptions } from './check.js';
import { unknownNotes } from './explain.js';
import { staticLocks } from './graph.js';
import type { PackedUnit } from './ir/packed.js';
import { crossesArchitectures } from './judge/architectures.js';
import { byPlace } from './judge/by-place.js';
import { cyclesOf } from './judge/cycles.js';
import { findingsOf } from './judge/findings.js';
import { leakFindings } from './judge/returns.js';
import { usageFindings } from './judge/usage.js';
import { FileMemo } from './solve/memo.js';
import { link } from './solve/program.js';
import { type Solution, solve } from './solve/solver.js';

/** The tables of the kernel's functions that come with lockvet. */
export const KERNEL_TABLES = fileURLToPath(new URL('../../rules/kernel', import.meta.url));

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
  const { solution, unreadable } = await solveFiles(files, context, input, options, asked);
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
  const notes = [...unreadable.map(({ message }) => message), ...(options.explainUnknown ? unknownNotes(program) : [])];
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

/** The lock graph of files, and lines on those that cannot be read. Throws InputError where none of them can be. */
export async function graphOfFiles(
  files: readonly SourceFile[],
  context: readonly SourceFile[],
  input: string,
  options: CheckOptions,
): Promise<{ readonly graph: LockGraph; readonly notes: readonly string[] }> {
  const { solution, unreadable } = await solveFiles(files, context, input, options);
  return { graph: staticLocks(solution).graph, notes: unreadable.map(({ message }) => message) };
}

/** What reading and solving need of {@link CheckOptions}. */
type SolveOptions = Omit<CheckOptions, 'rules' | 'policy' | 'explainUnknown'>;

interface Solved {
  readonly solution: Solution;
  /** Files that cannot be read: the others are solved without them. */
  readonly unreadable: readonly InputError[];
}

/** Reads and solves files that {@link checkFiles} judges. Throws InputError where none of them can be read. */
async function solveFiles(
  files: readonly SourceFile[],
  context: readonly SourceFile[],
  input: string,
  options: SolveOptions,
  asked?: ReadonlySet<string>,
): Promise<Solved> {
  const all = [...files, ...context].sort((a, b) => (a.name < b.name ? -1 : 1));
  const front: FrontOptions = {
    tables: [KERNEL_TABLES, ...options.tables],
    cache: options.cache,
    shelf: keptAs(options.cache, 'units', input),
    workers: options.workers,
  };
  const results = await readUnits(all, front, (done) => options.progress(done, all.length));
  const units: PackedUnit[] = [];
  const unreadable: InputError[] = [];
  for (const result of results) {
    if (result.unit !== undefined) units.push(result.unit);
    else unreadable.push(new InputError(all[result.index]?.name ?? '', undefined, result.problem));
  }
  const [first] = unreadable;
  if (first !== undefined && units.length === 0) throw first;
  const program = link(units, asked);
  const memo = memoOf(options, all.length, input);
  const solution = solve(program, memo);
  memo?.save();
  return { solution, unreadable };
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
