import type { Options } from 'yargs';
import type { Severity } from '../model/finding.js';
import type { Format } from '../report/index.js';
import { type Arguments, flag, optional, strings } from './command.js';

/** Values of `--format`; the renderer table is checked against this list, which must not load the renderers. */
export const FORMATS = ['text', 'json'] as const satisfies readonly Format[];
const FAIL_ON = ['error', 'warning', 'note', 'never'] as const;
export type FailOn = Severity | 'never';

const string = { type: 'string', requiresArg: true } as const;

/** Options that every command that renders runs has. */
export const reportOptions = {
  format: { ...string, choices: FORMATS, default: 'text', describe: 'layout of the report' },
  output: { ...string, describe: 'write the report to this file instead of standard output' },
  'fail-on': {
    ...string,
    choices: FAIL_ON,
    default: 'error',
    describe: 'exit with 1 at findings of this severity or above',
  },
  quiet: { type: 'boolean', describe: 'findings only: no progress, notes or summary' },
  'no-progress': { type: 'boolean', describe: 'no progress bar on standard error' },
} as const satisfies Record<string, Options>;

/** Options that every command that judges with rules has. */
export const ruleOptions = {
  policy: { ...string, default: 'strict', describe: 'which exceptions rules grant (see rules/policies)' },
  rules: { ...string, describe: 'folder with more rules; may be repeated' },
} as const satisfies Record<string, Options>;

/** {@link reportOptions}, resolved: nothing left to default. */
export interface ReportSettings {
  readonly format: Format;
  /** undefined: standard output. */
  readonly output: string | undefined;
  readonly failOn: FailOn;
  readonly quiet: boolean;
  readonly progress: boolean;
}

export function reportSettings(args: Arguments): ReportSettings {
  const quiet = flag(args, 'quiet');
  return {
    format: oneOf(FORMATS, args.options.format, 'text'),
    output: optional(args, 'output'),
    failOn: oneOf(FAIL_ON, args.options['fail-on'], 'error'),
    quiet,
    progress: !quiet && !flag(args, 'no-progress'),
  };
}

/** {@link ruleOptions}, resolved. */
export interface RuleSettings {
  readonly policy: string;
  readonly ruleFolders: readonly string[];
}

export function ruleSettings(args: Arguments): RuleSettings {
  return { policy: optional(args, 'policy') ?? 'strict', ruleFolders: strings(args, 'rules') };
}

/** yargs has checked `choices`; this gives the value its type. */
function oneOf<T extends string>(choices: readonly T[], value: unknown, fallback: T): T {
  return choices.find((choice) => choice === value) ?? fallback;
}
