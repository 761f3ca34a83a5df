import { createHash } from 'node:crypto';

export { functionOf } from './call-site.js';

/** How bad a finding is; `--fail-on` compares against it. */
export type Severity = 'error' | 'warning' | 'note';
/** `certain`: holds whatever the unknowns are; `possible`: holds for some. */
export type Confidence = 'certain' | 'possible';

/** Where something happened: only what is known is there. */
export interface Where {
  file?: string;
  /** 1-based line of `file`. */
  line?: number;
  function?: string;
  /** `comm-pid`, as ftrace prints a task. */
  task?: string;
  cpu?: number;
  /** Seconds, in the clock of the recording. */
  time?: number;
}

/** One step of the proof: an acquisition, a dependency, a context. */
export interface Evidence {
  what: string;
  where: Where;
}

/** One violation. Plain data: renderers lay it out, they never look back at the engine that found it. */
export interface Finding {
  rule: string;
  severity: Severity;
  confidence: Confidence;
  /** One line. */
  message: string;
  /** Lock class names, outermost first; cycles in order. */
  locks: string[];
  where: Where;
  evidence: Evidence[];
  /** Equal for the same bug in other runs, builds, pids and addresses. */
  fingerprint: string;
  /** How often it occurred. */
  count: number;
  /** How to mend it, one or more sentences. */
  advice?: string;
  /** What the renderer may draw beyond the contract's fields. */
  detail?: FindingDetail;
  /** Where the finding stands that this one follows from, behind which it is told. */
  follows?: Where;
  /** Listed in the baseline; absent: new. */
  known?: Known;
}

/** What the baseline says of a known finding. */
export interface Known {
  /** Why it may stay, in the users' words; '' while nobody has said so. */
  reason: string;
  /** ISO date of the last day on which it may stay; undefined: for good. */
  expires?: string;
}

/** Facts for the kernel-style text report; all optional, none part of the fingerprint. */
export interface FindingDetail {
  /** `possible unsafe locking scenario`: a column a CPU, a row a step. */
  scenario?: Scenario;
  /** Locks held at the event, outermost first. */
  held?: HeldDescription[];
  /** The lock that was being taken (or the thing that was being done). */
  wanted?: HeldDescription;
  /** Context words: `hardirq`, `softirq`, `irqs off`, `preempt depth 2`, ... */
  context?: string[];
}

/** One held lock as a report shows it. */
export interface HeldDescription {
  name: string;
  /** `{outer:inner}` wait types as lockdep prints them, or ''. */
  wait: string;
  /** lockdep's usage characters, e.g. `-.+.`. */
  usage: string;
  read: boolean;
  trylock: boolean;
  where: Where;
}

/** CPUs side by side; `rows[i][c]` is what CPU `c` does at step `i`, or '' for nothing. */
export interface Scenario {
  cpus: string[];
  rows: string[][];
}

/**
 * Digest of the parts that identify a bug: rule, class names, function names without offsets.
 * Never pass addresses, pids, times, line numbers or offsets.
 */
export function fingerprint(rule: string, parts: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([rule, ...parts]))
    .digest('hex')
    .slice(0, 20);
}

/**
 * Class name without what differs from build to build or version to version: `#2` depends on the order in which classes are
 * registered, and before 5.5 a spinlock_t's class was called `&(&x->lock)->rlock`. The subclass, `/1`, is the code's and stays.
 */
export function stableClass(name: string): string {
  return name.replace(/^&\((&.*)\)->rlock(?=$|[#/])/, '$1').replace(/#\d+(?=$|\/\d+$)/, '');
}
