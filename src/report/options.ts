import type { Severity } from '../model/finding.js';
import type { GateSummary, Run } from '../model/report.js';

/** What a report says of a rule. */
export interface RuleDoc {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  /** How to mend it, one paragraph of plain text. */
  readonly advice: string;
  readonly references: readonly string[];
  /** The rule's README in Markdown, without its first heading. */
  readonly help: string;
}

/** What the gate says besides the runs. */
export interface GateReport {
  readonly summary: GateSummary;
  /** Plain sentences about the baseline and suppressions. */
  readonly notes: readonly string[];
}

/** What renderers need besides the runs; a renderer takes what concerns it. */
export interface RenderOptions {
  /** lockvet's own version. */
  readonly version: string;
  readonly colour: boolean;
  readonly quiet: boolean;
  /** Folder that paths in formats for machines are made relative to, absolute. */
  readonly root: string;
  /** Rules that findings may be of; only formats that explain rules ask. */
  readonly rules: readonly RuleDoc[];
  /** undefined: neither a baseline nor suppressions. */
  readonly gate: GateReport | undefined;
}

/** A report, and what its format had to leave out, in plain sentences. */
export interface Rendered {
  readonly text: string;
  readonly omissions: readonly string[];
}

/** Turns runs into a report. Pure: the same runs and options give the same text. */
export type Renderer = (runs: readonly Run[], options: RenderOptions) => Rendered;
