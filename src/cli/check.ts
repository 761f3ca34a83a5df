import type { Run } from '../model/report.js';
import { type Arguments, type Command, flag, optional } from './command.js';
import { deliver } from './deliver.js';
import { keeperFor, sourceKeeperFor } from './keep.js';
import {
  kernelOptions,
  preemptRtOf,
  type ReportSettings,
  reportOptions,
  reportSettings,
  ruleOptions,
  ruleSettings,
} from './options.js';
import { tablesIn } from './tables.js';
import { UsageError } from './usage.js';

const text = { type: 'string', requiresArg: true } as const;

/** `lockvet check PATH...`: judge sources. */
export const check: Command = {
  name: 'check',
  positionals: 'PATH...',
  summary: 'judge sources: kernel C and TypeScript written for the simulated kernel',
  options: {
    ...reportOptions,
    ...ruleOptions,
    diff: {
      ...text,
      describe: 'only what changed since this git revision brings in; - reads a patch from standard input',
    },
    watch: {
      type: 'boolean',
      describe: 'judge again whenever a source changes, and say what is new and gone, until Ctrl-C',
    },
    'catalog-out': { ...text, describe: 'write the lock kinds of the sources, for lint --catalog' },
    'explain-unknown': { type: 'boolean', describe: 'say what in the sources was not understood' },
    tables: { ...text, describe: 'folder with more tables of kernel functions, as kernel/ in one of --rules' },
    ...kernelOptions,
    merge: { type: 'boolean', describe: 'one lock graph over all inputs: so it is of sources, given or not' },
    workers: { ...text, describe: 'threads that read and judge sources (default: one a CPU)' },
    'no-cache': { type: 'boolean', describe: 'read every file anew and keep nothing' },
  },
  examples: [
    ['lockvet check drivers/dca/dca-core.c', 'judge one file'],
    ['lockvet check kernel mm lib', 'judge folders, all together'],
    ['lockvet check scenario.ts', 'judge a scenario of the simulated kernel on every path'],
    ['lockvet check kernel --diff HEAD~1', 'what the last commit brings in'],
    ['lockvet check scenario.ts --watch', 'judge it again whenever it changes'],
  ],
  async run(args, io) {
    const settings = reportSettings(args);
    const workers = workersOf(optional(args, 'workers'));
    const isWatching = flag(args, 'watch');
    if (isWatching) checkWatchable(args, settings);
    const [{ check: checkSources }, { checkDiff }, { loadRuleSet }, { cacheFolder }] = await Promise.all([
      import('../static/check.js'),
      import('../static/diff.js'),
      import('../rules/index.js'),
      import('../static/c/cache.js'),
    ]);
    const diff = optional(args, 'diff');
    // Of two sides only what differs is told.
    const keeper = await sourceKeeperFor(diff === undefined && !isWatching ? settings.keep : undefined);
    if (keeper === undefined) await keeperFor(settings.keep);
    const { policy, ruleFolders } = ruleSettings(args);
    const rules = loadRuleSet({ extra: ruleFolders });
    const tables = optional(args, 'tables');
    const preemptRt = preemptRtOf(args);
    const options = {
      rules,
      ruleFolders,
      policy: rules.policy(policy),
      tables: [...tablesIn(ruleFolders), ...(tables === undefined ? [] : [tables])],
      cache: flag(args, 'no-cache') ? undefined : cacheFolder(io.env),
      workers: workers ?? (await cpuCount()),
      explainUnknown: flag(args, 'explain-unknown'),
      progress: () => {},
      preemptRt,
      locks: keeper,
    };
    const catalogue = optional(args, 'catalog-out');
    const judge = async (): Promise<Run> => {
      const checked =
        diff === undefined
          ? await checkSources(args.positionals, options)
          : await checkDiff(args.positionals, diff, options);
      if (catalogue !== undefined) await writeCatalogue(catalogue, checked.catalogue);
      return checked.run;
    };
    if (!isWatching) return deliver([await judge()], settings, io, keeper);
    const { watchSources } = await import('./watch.js');
    return watchSources(args.positionals, judge, settings, io);
  },
};

/** Throws UsageError for what makes no sense again and again. */
function checkWatchable(args: Arguments, { format, gate }: ReportSettings): void {
  if (format !== 'text') throw new UsageError(`check: --watch writes text, not --format ${format}`);
  if (optional(args, 'diff') === '-') throw new UsageError('check: --watch cannot follow a patch on standard input');
  if (gate.update) throw new UsageError('check: --watch would put into the baseline whatever comes and goes');
}

/** Throws UsageError for what is no count of threads. */
function workersOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,3}$/.test(text)) throw new UsageError(`check: --workers takes a number, not '${text}'`);
  return Number(text);
}

async function cpuCount(): Promise<number> {
  const { availableParallelism } = await import('node:os');
  return availableParallelism();
}

async function writeCatalogue(path: string, lines: readonly string[]): Promise<void> {
  const [{ writeFile }, { InputError }] = await Promise.all([import('node:fs/promises'), import('../model/report.js')]);
  const head = '# Kinds of locks by the name that lockdep shows, as lockvet check found them in sources.\n';
  try {
    await writeFile(path, `${head}${lines.join('\n')}\n`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new InputError(path, undefined, message.replace(/^[A-Z]+: /, '').split(',')[0] ?? 'cannot be written');
  }
}
