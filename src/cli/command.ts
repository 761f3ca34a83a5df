import type { Options } from 'yargs';
import type { GatePlan } from '../gate/index.js';
import type { Exit, Io } from './io.js';
import type { KeepPlan } from './keep.js';

/** A parsed command line: option values by their full name (with defaults), and what is no option, in order. */
export interface Arguments {
  readonly options: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
  /** What the baseline, the configuration and overrides say; undefined where the command judges nothing. */
  readonly gate?: GatePlan;
  /** Where runs are to be stored; undefined: nowhere. */
  readonly keep?: KeepPlan;
}

/**
 * One command: what the help says and what it does. A command's file is loaded at every start, so it imports engines
 * only inside `run`, dynamically.
 */
export interface Command {
  readonly name: string;
  /** `INPUT...` (one or more), `[RULE]` (one at most) or '' (none). */
  readonly positionals: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, Options>>;
  /** A command line and what it does; at least one. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /** What its help ends with. */
  readonly epilogue?: () => string;
  /**
   * What the last of `words` can be, for the shell; what does not begin as it does is left out afterwards. Absent: files. An error
   * completes nothing.
   */
  complete?(words: readonly string[], args: Arguments, io: Io): Promise<readonly string[]>;
  /** Throws UsageError or InputError; anything else that escapes is a bug. */
  run(args: Arguments, io: Io): Promise<Exit>;
}

/** An option that may be given more than once, as strings. */
export function strings(args: Arguments, name: string): string[] {
  const value = args.options[name];
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** A string option, or undefined where it was not given. */
export function optional(args: Arguments, name: string): string | undefined {
  const value = args.options[name];
  return value === undefined ? undefined : String(value);
}

/** A boolean option. */
export function flag(args: Arguments, name: string): boolean {
  return args.options[name] === true;
}
