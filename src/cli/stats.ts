import type { LockStats } from '../model/lock-stats.js';
import type { SortKey } from '../stats/index.js';
import { type Arguments, type Command, flag, optional } from './command.js';
import { deliverText } from './deliver.js';
import { Exit } from './io.js';
import { UsageError } from './usage.js';
import { version } from './version.js';

const string = { type: 'string', requiresArg: true } as const;
/** Checked against the sorter's own list, which must not be loaded at every start. */
const SORT = [
  'acquisitions',
  'contentions',
  'wait',
  'hold',
  'hold-max',
  'hold-p99',
  'name',
] as const satisfies readonly SortKey[];
const DEFAULT_TOP = 30;

/** `lockvet stats INPUT...`: what the locks of recordings cost. */
export const stats: Command = {
  name: 'stats',
  positionals: 'INPUT...',
  summary: 'acquisitions, contention and hold times of locks; times with interrupts and preemption off',
  options: {
    format: { ...string, choices: ['text', 'json'], default: 'text', describe: 'table or JSON' },
    output: { ...string, describe: 'write the figures to this file instead of standard output' },
    sort: { ...string, choices: SORT, default: 'hold', describe: 'greatest first (hold and wait: total time)' },
    top: { ...string, describe: `rows to print (default ${DEFAULT_TOP}; all in JSON)` },
    match: { ...string, describe: 'only classes named so (part, glob or /regex/)' },
    catalog: { ...string, describe: 'file that tells the kinds of locks by name' },
    quiet: { type: 'boolean', describe: 'no progress and notes' },
    'no-progress': { type: 'boolean', describe: 'no progress bar on standard error' },
  },
  examples: [
    ['lockvet stats trace.dat', 'show the locks that are held longest in total'],
    ['lockvet stats --sort hold-max --top 5 trace.dat', 'show the five longest holds and where they began'],
    ['lockvet stats --format json a.dat b.dat', 'print the figures of two recordings for a script'],
  ],
  async run(args, io) {
    const top = topOf(args);
    const matches = await matcherOf(args);
    const [{ readStats, sorted }, { openSource }, { catalogueOf }, { progressFor }, { printable }] = await Promise.all([
      import('../stats/index.js'),
      import('../trace/open.js'),
      import('./law.js'),
      import('./progress.js'),
      import('../report/escape.js'),
    ]);
    const quiet = flag(args, 'quiet');
    const catalogue = catalogueOf(optional(args, 'catalog'));
    const by = SORT.find((key) => key === args.options.sort) ?? 'hold';
    const runs: (LockStats & { omitted: number })[] = [];
    for (const path of args.positionals) {
      const progress = progressFor(io, !quiet && !flag(args, 'no-progress'));
      try {
        const run = await readStats(path, (input) => openSource(input, { progress }), catalogue);
        const rows = run.classes.filter(({ name }) => matches(name));
        const classes = sorted(rows, by, top);
        runs.push({ ...run, classes, omitted: rows.length - classes.length });
      } finally {
        progress.stop();
      }
    }
    if (!quiet) {
      for (const { input, notes } of runs)
        for (const note of notes) await io.stderr.write(`${printable(`${input}: ${note}`)}\n`);
    }
    const text =
      args.options.format === 'json'
        ? (await import('../report/stats-json.js')).statsJson(runs, version())
        : (await import('../report/stats-table.js')).statsTable(runs);
    await deliverText(text, optional(args, 'output'), io);
    return Exit.Clean;
  },
};

function topOf(args: Arguments): number {
  const given = optional(args, 'top');
  if (given === undefined) return args.options.format === 'json' ? Number.POSITIVE_INFINITY : DEFAULT_TOP;
  if (!/^[1-9]\d{0,8}$/.test(given)) throw new UsageError(`stats: --top: "${given}" is no number of rows`);
  return Number(given);
}

async function matcherOf(args: Arguments): Promise<(name: string) => boolean> {
  const pattern = optional(args, 'match');
  if (pattern === undefined) return () => true;
  const { nameMatcher } = await import('../graph/index.js');
  try {
    return nameMatcher(pattern);
  } catch {
    throw new UsageError(`stats: --match: ${pattern} is no regular expression`);
  }
}
