import type { Finding } from './finding.js';

/** What an input was recognised as. */
export type InputKind = 'ftrace' | 'trace-cmd' | 'perf' | 'trace.dat' | 'dmesg' | 'typescript' | 'c' | 'scenario';

/** Numbers of a run; those that do not apply stay 0. */
export interface RunStats {
  events: number;
  classes: number;
  dependencies: number;
  chains: number;
  schedules: number;
  functions: number;
}

/** The judgement of one input: the `runs` entries of the JSON contract, plus what the summary says. */
export interface Run {
  input: string;
  kind: InputKind;
  /** `violation`: at least one finding of severity error. */
  verdict: 'clean' | 'violation';
  findings: Finding[];
  stats: RunStats;
  /** Plain sentences for the summary: lost events, unreadable lines, unknown lock kinds, skipped selftest events. */
  notes: string[];
  /** Findings that somebody silenced: they count for nothing, but they are counted and shown. */
  suppressed?: Suppressed[];
  /** Sources that were judged whole, on every path: what a comment in them silences would have been found. */
  sources?: readonly string[];
}

/** A silenced finding and who silenced it. */
export interface Suppressed {
  finding: Finding;
  /** A comment at the place itself, or a rule that was switched off. */
  by: 'source' | 'rule';
  /** Where it was silenced: `FILE:LINE` or FILE. */
  place: string;
  /** Why, in the users' words; '' where nobody said so. */
  reason: string;
}

/** What a gate counts: the findings of all runs, by what is known of them, and known ones that are gone. */
export interface GateSummary {
  /** Without a baseline everything is new. */
  hasBaseline: boolean;
  new: number;
  known: number;
  fixed: number;
  suppressed: number;
  /** Comments and settings that silence nothing; absent: none. */
  unused?: number;
}

/** All zero. */
export function emptyStats(): RunStats {
  return { events: 0, classes: 0, dependencies: 0, chains: 0, schedules: 0, functions: 0 };
}

/** `violation` when any finding is an error. */
export function verdictOf(findings: readonly Finding[]): 'clean' | 'violation' {
  return findings.some((finding) => finding.severity === 'error') ? 'violation' : 'clean';
}

/**
 * Bad input, bad usage or a bad rule: becomes one line `FILE:LINE: what is wrong` on standard error and exit code 2,
 * never a stack trace. Any other exception that escapes is a bug of lockvet.
 */
export class InputError extends Error {
  readonly file: string;
  readonly line: number | undefined;

  constructor(file: string, line: number | undefined, problem: string) {
    super(line === undefined ? `${file}: ${problem}` : `${file}:${line}: ${problem}`);
    this.name = 'InputError';
    this.file = file;
    this.line = line;
  }
}
