import type { Finding, Severity } from '../../model/finding.js';
import type { Run, Suppressed } from '../../model/report.js';
import type { GateReport, RuleDoc } from '../options.js';
import type { PageData, PageFinding, PageGraph } from './data.js';
import { excerptsOf } from './excerpts.js';
import { subsystemOf } from './subsystem.js';

/** What a page is made of. */
export interface PageParts {
  readonly version: string;
  readonly runs: readonly Run[];
  readonly gate: GateReport | undefined;
  readonly rules: readonly RuleDoc[];
  readonly graphs: readonly PageGraph[];
  /** See {@link PageData.store}. */
  readonly store?: PageData['store'];
  /** Reads a source by the name that findings give it; undefined for what is no readable file. */
  readonly read: (file: string) => string | undefined;
}

const WEIGHT: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** Everything that the page shows. */
export function pageData({ version, runs, gate, rules, graphs, read, store = null }: PageParts): PageData {
  const advices = new Map<string, number>();
  const adviceOf = ({ advice }: Finding): number => {
    if (advice === undefined) return -1;
    const index = advices.get(advice) ?? advices.size;
    advices.set(advice, index);
    return index;
  };
  const findings = runs.flatMap((run, index) => [
    ...run.findings.map((finding) => pageFinding(finding, index, adviceOf(finding), undefined)),
    ...(run.suppressed ?? []).map((one) => pageFinding(one.finding, index, adviceOf(one.finding), one)),
  ]);
  findings.sort((a, b) => rank(a) - rank(b));
  const named = new Set(findings.map((finding) => finding.rule));
  return {
    version,
    runs: runs.map(({ input, kind, verdict, stats, notes }) => ({ input, kind, verdict, stats, notes })),
    findings,
    gate: gate === undefined ? null : { summary: gate.summary, notes: gate.notes },
    rules: rules.filter(({ id }) => named.has(id)).map(({ id, title, references }) => ({ id, title, references })),
    advices: [...advices.keys()],
    sources: excerptsOf(runs, read),
    graphs,
    store,
  };
}

/** Suppressed ones last, errors first. */
function rank({ status, severity }: PageFinding): number {
  return (status === 'suppressed' ? 3 : 0) + WEIGHT[severity];
}

function pageFinding(finding: Finding, run: number, advice: number, silenced: Suppressed | undefined): PageFinding {
  const { rule, severity, confidence, message, locks, where, evidence, fingerprint, count } = finding;
  return {
    ...{ run, rule, severity, confidence, message, locks, where, evidence, fingerprint, count, advice },
    status: silenced ? 'suppressed' : finding.known ? 'known' : 'new',
    subsystem: subsystemOf([where, ...evidence.map((step) => step.where)]),
    detail: finding.detail ?? {},
    known: finding.known ?? null,
    silenced: silenced ? { by: silenced.by, place: silenced.place, reason: silenced.reason } : null,
  };
}
