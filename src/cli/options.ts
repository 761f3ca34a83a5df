import type { Options } from 'yargs';
import type { GatePlan } from '../gate/index.js';
import type { Severity } from '../model/finding.js';
import type { Format } from '../report/index.js';
import { type Arguments, flag, optional, strings } from './command.js';
import type { KeepPlan } from './keep.js';
import { UsageError } from './usage.js';

/** Values of `--format`; the renderer table is checked against this list, which must not load the renderers. */
export const FORMATS = ['text', 'json', 'sarif', 'junit', 'github', 'gitlab'] as const satisfies readonly Format[];
const FAIL_ON = ['error', 'warning', 'note', 'never'] as const;
export type FailOn = Severity | 'never';

const string = { type: 'string', requiresArg: true } as const;

/** Options that every command that renders runs has. */
export const reportOptions = {
  format: { ...string, choices: FORMATS, default: 'text', describe: 'layout of the report' },
  output: {
    ...string,
    describe: 'write the report to this file instead of standard output; FORMAT=FILE writes one more; may be repeated',
  },
  'fail-on': {
    ...string,
    choices: FAIL_ON,
    // Not yargs' own default: a configuration file may say otherwise.
    defaultDescription: 'error',
    describe: 'exit with 1 at new findings of this severity or above',
  },
  baseline: { ...string, describe: 'file of known findings, which do not count for --fail-on' },
  'update-baseline': { type: 'boolean', describe: 'write the findings into the baseline, keeping the reasons in it' },
  'new-only': { type: 'boolean', describe: 'leave known findings out of the report' },
  store: { ...string, describe: 'database to keep the findings in, and what was seen of locks (see lockvet query)' },
  'store-wait': { ...string, describe: 'seconds to wait for a store that another process writes (default 10)' },
  config: { ...string, describe: 'configuration file (default: lockvet.config.{ts,js,json}, here or above)' },
  'no-config': { type: 'boolean', describe: 'read no configuration file' },
  quiet: { type: 'boolean', describe: 'findings only: no progress, notes or summary' },
  'no-progress': { type: 'boolean', describe: 'no progress bar on standard error' },
} as const satisfies Record<string, Options>;

/** Options that every command that judges with rules has. */
export const ruleOptions = {
  policy: { ...string, defaultDescription: 'strict', describe: 'which exceptions rules grant (see rules/policies)' },
  rules: { ...string, describe: 'folder with more rules; may be repeated' },
} as const satisfies Record<string, Options>;

/** Options of commands that judge what is written for the simulated kernel. */
export const kernelOptions = {
  'preempt-rt': { type: 'boolean', describe: 'the simulated kernel is PREEMPT_RT, whatever scenarios say' },
  'no-preempt-rt': { type: 'boolean', describe: 'it is not, whatever scenarios say' },
} as const satisfies Record<string, Options>;

/** {@link kernelOptions}, resolved; undefined: what scenarios say. Throws UsageError for both. */
export function preemptRtOf(args: Arguments): boolean | undefined {
  const [yes, no] = [flag(args, 'preempt-rt'), flag(args, 'no-preempt-rt')];
  if (yes && no) throw new UsageError('give --preempt-rt or --no-preempt-rt, not both');
  return yes ? true : no ? false : undefined;
}

/** A report in a file, beside the one that `--format` names. */
export interface ExtraOutput {
  readonly format: Format;
  readonly path: string;
}

/** {@link reportOptions}, resolved: nothing left to default. */
export interface ReportSettings {
  readonly format: Format;
  /** undefined: standard output. */
  readonly output: string | undefined;
  readonly extraOutputs: readonly ExtraOutput[];
  readonly failOn: FailOn;
  readonly quiet: boolean;
  readonly progress: boolean;
  /** Where formats that explain rules find those of the user. */
  readonly ruleFolders: readonly string[];
  readonly gate: GatePlan;
  /** undefined: runs are not stored. */
  readonly keep: KeepPlan | undefined;
}

/** Without baseline, configuration and overrides: every finding is new. */
const OPEN_GATE: GatePlan = { settings: new Map(), baseline: undefined, update: false, newOnly: false, today: '' };

/** Throws UsageError for `--output`. */
export function reportSettings(args: Arguments): ReportSettings {
  const quiet = flag(args, 'quiet');
  return {
    format: oneOf(FORMATS, args.options.format, 'text'),
    ...outputsOf(strings(args, 'output')),
    failOn: oneOf(FAIL_ON, args.options['fail-on'], 'error'),
    quiet,
    progress: !quiet && !flag(args, 'no-progress'),
    ruleFolders: strings(args, 'rules'),
    gate: args.gate ?? OPEN_GATE,
    keep: args.keep,
  };
}

/** Tells `FILE` from `FORMAT=FILE`. A file whose name begins with a format and `=` can be given as `./text=...`. */
function outputsOf(values: readonly string[]): Pick<ReportSettings, 'output' | 'extraOutputs'> {
  const extraOutputs: ExtraOutput[] = [];
  const plain: string[] = [];
  const paths = new Set<string>();
  for (const value of values) {
    const at = value.indexOf('=');
    const format = at < 0 ? undefined : FORMATS.find((name) => name === value.slice(0, at));
    const path = format ? value.slice(at + 1) : value;
    if (path === '') throw new UsageError(`--output ${value} names no file`);
    if (paths.has(path)) throw new UsageError(`--output: ${path} is given more than once`);
    paths.add(path);
    if (format) extraOutputs.push({ format, path });
    else plain.push(path);
  }
  if (plain.length > 1)
    throw new UsageError('--output FILE is given more than once; FORMAT=FILE writes another report');
  return { output: plain[0], extraOutputs };
}

/** {@link ruleOptions}, resolved. */
export interface RuleSettings {
  readonly policy: string;
  readonly ruleFolders: readonly string[];
}

export function ruleSettings(args: Arguments): RuleSettings {
  return { policy: optional(args, 'policy') ?? 'strict', ruleFolders: strings(args, 'rules') };
}

/** Seconds to wait for a store. Throws UsageError for what is no time. */
export function storeWait(args: Arguments): number {
  const given = optional(args, 'store-wait');
  if (given === undefined) return DEFAULT_STORE_WAIT;
  if (!/^\d{1,5}(\.\d{1,3})?$/.test(given)) throw new UsageError(`--store-wait: "${given}" is no number of seconds`);
  return Number(given);
}

const DEFAULT_STORE_WAIT = 10;

/** yargs has checked `choices`; this gives the value its type. */
function oneOf<T extends string>(choices: readonly T[], value: unknown, fallback: T): T {
  return choices.find((choice) => choice === value) ?? fallback;
}
