import type { Finding, Severity } from '../model/finding.js';
import type { Run, Suppressed } from '../model/report.js';
import { printable } from './escape.js';
import { counted } from './layout.js';
import type { GateReport } from './options.js';
import { type Paint, paintFor } from './paint.js';
import { findingLines } from './text-finding.js';

/** What a text report may leave out or add. */
export interface TextOptions {
  readonly colour: boolean;
  /** Findings only: no notes, no summary. */
  readonly quiet: boolean;
  /** What the gate says besides the runs; undefined: nothing. */
  readonly gate?: GateReport | undefined;
}

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** The report that people read: every finding in full, then notes and a summary line a run, then a total. */
export function renderText(runs: readonly Run[], options: TextOptions): string {
  const paint = paintFor(options.colour);
  const blocks: string[][] = [];
  const advised = new Map<string, string | undefined>();
  for (const run of runs) {
    for (const finding of run.findings) {
      const isRepeat = advised.has(finding.rule) && advised.get(finding.rule) === finding.advice;
      blocks.push(findingLines(finding, run.input, isRepeat, paint));
      advised.set(finding.rule, finding.advice);
    }
    if (!options.quiet) blocks.push(runSummary(run, paint));
  }
  if (!options.quiet && runs.length > 1) blocks.push([total(runs, paint)]);
  if (!options.quiet && options.gate) blocks.push(gateLines(options.gate, paint));
  return blocks.length === 0 ? '' : `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function runSummary(run: Run, paint: Paint): string[] {
  const { events, classes, dependencies, chains, schedules, functions } = run.stats;
  const sizes = [
    [events, 'event'],
    [classes, 'class'],
    [dependencies, 'dependency'],
    [chains, 'chain'],
    [schedules, 'schedule'],
    [functions, 'function'],
  ] as const;
  const size = sizes
    .filter(([count, noun]) => count > 0 || noun === 'event')
    .map(([count, noun]) => counted(count, noun));
  const seen = run.stats.events === 0 && run.stats.functions > 0 ? size.slice(1) : size;
  return [
    `${printable(run.input)} (${run.kind}): ${verdict(run.findings, paint)}; ${seen.join(', ')}`,
    ...run.notes.map((note) => `  ${paint.dim('-')} ${printable(note)}`),
    ...(run.suppressed ?? []).map((silenced) => `  ${paint.dim('-')} ${suppressedLine(silenced, run.input)}`),
  ];
}

/** One line: a suppressed finding is told, not explained. */
function suppressedLine({ finding, place, reason }: Suppressed, input: string): string {
  const { where, message, rule } = finding;
  const at = [where.file ?? input, where.line].filter((part) => part !== undefined).join(':');
  const why = reason === '' ? 'no reason given' : reason;
  return printable(`suppressed: ${at}: ${message} [${rule}] (${why}; ${place})`);
}

/** What is new, known, gone and suppressed, and what is to be done about it. */
function gateLines({ summary, notes }: GateReport, paint: Paint): string[] {
  return [gateLine(summary), ...notes.map((note) => `  ${paint.dim('-')} ${printable(note)}`)];
}

/** `gate: 1 new, 3 known, 2 fixed, 1 suppressed`, and `, 4 suppressions unused` where there are any. */
export function gateLine(summary: GateReport['summary']): string {
  const unused = summary.unused === undefined ? '' : `, ${counted(summary.unused, 'suppression')} unused`;
  return `gate: ${summary.new} new, ${summary.known} known, ${summary.fixed} fixed, ${summary.suppressed} suppressed${unused}`;
}

/** `clean`, or `2 findings: 1 error, 1 warning`. */
function verdict(findings: readonly Finding[], paint: Paint): string {
  if (findings.length === 0) return paint.good('clean');
  const parts = SEVERITIES.map((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? '' : paint.severity(severity, counted(count, severity));
  });
  return `${counted(findings.length, 'finding')}: ${parts.filter(Boolean).join(', ')}`;
}

function total(runs: readonly Run[], paint: Paint): string {
  const violations = runs.filter((run) => run.verdict === 'violation').length;
  const findings = runs.flatMap((run) => run.findings);
  return `${counted(runs.length, 'input')}, ${violations} with violations; ${verdict(findings, paint)}`;
}
