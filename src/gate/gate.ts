import type { Finding, Severity } from '../model/finding.js';
import { type GateSummary, type Run, type Suppressed, verdictOf } from '../model/report.js';
import { type Baseline, type BaselineEntry, baselineText, isExpired, updatedEntries } from './baseline.js';
import { applySettings, type RuleSettings } from './rule-settings.js';
import { Comments, siftBySource } from './source-suppressions.js';

/** What a gate is told before anything is judged. */
export interface GatePlan {
  readonly settings: RuleSettings;
  /** undefined: every finding is new. */
  readonly baseline: Baseline | undefined;
  readonly update: boolean;
  /** Leave known findings out of the report. */
  readonly newOnly: boolean;
  /** ISO date that expiry dates are compared with. */
  readonly today: string;
}

/** Runs after the gate: known findings marked, silenced ones set aside. */
export interface Gated {
  readonly runs: Run[];
  /** The same with the known findings that `newOnly` leaves out of the report. */
  readonly complete: readonly Run[];
  readonly summary: GateSummary;
  /** Anything in the summary is worth saying: a baseline is in use or something is suppressed. */
  readonly isActive: boolean;
  /** What the users should do about the baseline and about suppressions, in plain sentences. */
  readonly notes: string[];
  /** Baseline entries whose findings are gone. */
  readonly fixed: readonly BaselineEntry[];
  /** The text that the baseline file should have; undefined: leave it. */
  readonly baselineText: string | undefined;
}

/** Settles how every finding stands: with its users' severity, new, known or suppressed. */
export function applyGate(runs: readonly Run[], plan: GatePlan, read: (file: string) => string | undefined): Gated {
  const comments = new Comments(read);
  const sifted = runs.map((run) => sift(run, plan.settings, comments));
  const all = sifted.flatMap((run) => run.findings);
  const suppressed = sifted.flatMap((run) => run.suppressed ?? []);
  const { baseline, today } = plan;
  const idle = [...comments.unused(runs.flatMap((run) => run.sources ?? [])), ...idleSettings(runs, plan.settings)];
  const notes = [...suppressionNotes(suppressed), ...idle];
  const unused = idle.length > 0 ? { unused: idle.length } : {};
  if (baseline === undefined) {
    const summary = {
      hasBaseline: false,
      new: all.length,
      known: 0,
      fixed: 0,
      suppressed: suppressed.length,
      ...unused,
    };
    const isActive = suppressed.length + idle.length > 0;
    return { runs: sifted, complete: sifted, summary, isActive, notes, fixed: [], baselineText: undefined };
  }
  const present = new Set([...all, ...suppressed.map(({ finding }) => finding)].map(({ fingerprint }) => fingerprint));
  const fixed = baseline.entries.filter(({ fingerprint }) => !present.has(fingerprint));
  const entries = plan.update ? updatedEntries(baseline, all, present) : baseline.entries;
  const byFingerprint = new Map(entries.map((entry) => [entry.fingerprint, entry]));
  const marked = sifted.map((run) => withKnown(run, byFingerprint, today));
  const isNew = (finding: Finding): boolean => finding.known === undefined;
  const news = marked.flatMap((run) => run.findings).filter(isNew).length;
  return {
    complete: marked,
    runs: plan.newOnly ? marked.map((run) => withFindings(run, run.findings.filter(isNew))) : marked,
    summary: {
      hasBaseline: true,
      new: news,
      known: all.length - news,
      fixed: fixed.length,
      suppressed: suppressed.length,
      ...unused,
    },
    isActive: true,
    notes: [...notes, ...baselineNotes(plan, baseline, entries, fixed, present)],
    fixed,
    baselineText: plan.update ? baselineText(entries) : undefined,
  };
}

function sift(run: Run, settings: RuleSettings, comments: Comments): Run {
  const byRule = applySettings(run.findings, settings);
  const bySource = siftBySource(byRule.findings, comments);
  const suppressed = [...(run.suppressed ?? []), ...byRule.suppressed, ...bySource.suppressed];
  return { ...withFindings(run, bySource.findings), ...(suppressed.length > 0 && { suppressed }) };
}

function withKnown(run: Run, entries: ReadonlyMap<string, BaselineEntry>, today: string): Run {
  const findings = run.findings.map((finding): Finding => {
    const entry = entries.get(finding.fingerprint);
    if (entry === undefined || isExpired(entry, today)) return finding;
    const { reason, expires } = entry;
    return { ...finding, known: { reason, ...(expires !== undefined && { expires }) } };
  });
  return { ...run, findings };
}

const WEIGHT: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

function withFindings(run: Run, findings: readonly Finding[]): Run {
  const sorted = [...findings].sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity]);
  return { ...run, findings: sorted, verdict: verdictOf(sorted) };
}

function suppressionNotes(suppressed: readonly Suppressed[]): string[] {
  const places = new Set(suppressed.filter(({ reason }) => reason === '').map(({ place }) => place));
  return [...places].map((place) => `${place}: suppresses findings without a reason`);
}

/** Rules that are switched off and that no source breaks. Recordings show what happened to occur: of them nothing is told. */
function idleSettings(runs: readonly Run[], settings: RuleSettings): string[] {
  if (runs.length === 0 || runs.some(({ sources }) => sources === undefined)) return [];
  const found = new Set(runs.flatMap((run) => run.findings).map(({ rule }) => rule));
  return [...settings]
    .filter(([rule, { severity }]) => severity === 'off' && !found.has(rule))
    .map(([rule, { place }]) => `${place}: ${rule} is off, which suppresses nothing`);
}

function baselineNotes(
  { update, today }: GatePlan,
  { path, entries: before }: Baseline,
  entries: readonly BaselineEntry[],
  fixed: readonly BaselineEntry[],
  present: ReadonlySet<string>,
): string[] {
  const notes: string[] = [];
  const about = ({ rule, message }: BaselineEntry): string => `${message} [${rule}]`;
  for (const entry of entries) {
    if (!present.has(entry.fingerprint) || !isExpired(entry, today)) continue;
    notes.push(`${path}: expired on ${entry.expires}, counts as new: ${about(entry)}`);
  }
  for (const entry of fixed) notes.push(`${path}: ${update ? 'dropped' : 'stale'}, no longer found: ${about(entry)}`);
  if (fixed.length > 0 && !update) notes.push(`${path}: --update-baseline drops stale entries`);
  const old = new Set(before.map(({ fingerprint }) => fingerprint));
  const added = entries.filter(({ fingerprint }) => !old.has(fingerprint)).length;
  const silent = entries.filter(({ reason }) => reason.trim() === '').length;
  if (added > 0) notes.push(`${path}: ${added} added`);
  if (silent > 0) notes.push(`${path}: ${silent} without a reason: fill in why each may stay`);
  return notes;
}
