import { replayToken, type Schedule } from '../../explore/token.js';
import type { Law, Watch } from '../../judge/index.js';
import type { EventSink } from '../../model/events.js';
import type { Finding } from '../../model/finding.js';
import type { NameTable } from '../../model/names.js';
import { emptyStats, type Run, type RunStats, verdictOf } from '../../model/report.js';
import { type Judged, type JudgeOptions, judgeRun, type ScenarioFile } from './judge-run.js';

export interface CampaignOptions {
  readonly law: Law;
  /** Schedules to run, in order; at least one. */
  readonly schedules: readonly Schedule[];
  readonly recorder?: (names: NameTable) => EventSink;
  /** Of several schedules it is told of the first one with source lines, of the others without. */
  readonly watch?: Watch;
}

/**
 * Runs a scenario under every schedule and judges all as one run: a violation that several schedules show is one finding.
 * Several schedules are run without source lines first, and again with them where they show something new.
 */
export function runCampaign(what: ScenarioFile, options: CampaignOptions): Run {
  const { law, schedules, recorder, watch } = options;
  const merged = new Merged();
  const seen = new Set<string>();
  let failing = 0;
  const watched = watch && { watch };
  for (const [index, schedule] of schedules.entries()) {
    let judged: Judged;
    if (schedules.length === 1)
      judged = judgeRun(what, { law, schedule, precise: true, ...watched, ...(recorder && { recorder }) });
    else {
      if (index === 0 && watch !== undefined) judgeRun(what, { law, schedule, precise: true, watch });
      judged = judgeAsNeeded(what, { law, schedule, ...(index > 0 && watched) }, seen);
    }
    if (judged.findings.length > 0) failing++;
    merged.add(judged, schedule);
  }
  const findings = merged.findings();
  const run: Run = {
    input: what.path,
    kind: 'scenario',
    verdict: verdictOf(findings),
    findings,
    stats: { ...merged.stats, schedules: schedules.length },
    notes: [
      ...merged.notes(what.path),
      ...(schedules.length > 1 ? [`${failing} of ${schedules.length} schedules show a finding`] : []),
    ],
  };
  watch?.onRun?.(run);
  return run;
}

/** Judges fast; precisely as well when the fast run shows a violation that is not known yet. */
function judgeAsNeeded(what: ScenarioFile, options: Omit<JudgeOptions, 'precise'>, seen: Set<string>): Judged {
  const { law, schedule } = options;
  const fast = judgeRun(what, { ...options, precise: false });
  const fresh = fast.findings.filter((finding) => !seen.has(finding.fingerprint));
  for (const finding of fresh) seen.add(finding.fingerprint);
  if (fresh.length > 0 || fast.unjudged) return judgeRun(what, { law, schedule, precise: true });
  // Known by their fast fingerprints only: counted by the schedules that showed them first.
  return { ...fast, findings: fast.findings.map((finding) => ({ ...finding, count: 0 })) };
}

/** Findings and numbers of several schedules put together. */
class Merged {
  readonly stats: RunStats = emptyStats();
  readonly #findings = new Map<string, { finding: Finding; schedule: Schedule }>();
  readonly #notes = new Set<string>();

  add(judged: Judged, schedule: Schedule): void {
    for (const finding of judged.findings) {
      if (finding.count === 0) continue;
      const known = this.#findings.get(finding.fingerprint);
      if (known === undefined) this.#findings.set(finding.fingerprint, { finding: { ...finding }, schedule });
      else known.finding.count += finding.count;
    }
    for (const note of judged.notes) this.#notes.add(note);
    const { stats } = this;
    stats.events += judged.stats.events;
    stats.classes = Math.max(stats.classes, judged.stats.classes);
    stats.dependencies = Math.max(stats.dependencies, judged.stats.dependencies);
    stats.chains = Math.max(stats.chains, judged.stats.chains);
  }

  findings(): Finding[] {
    return [...this.#findings.values()].map(({ finding }) => finding);
  }

  /** What the engines say, and how to repeat each schedule that showed something first. */
  notes(path: string): string[] {
    const tokens = new Map<string, string[]>();
    for (const { finding, schedule } of this.#findings.values()) {
      const token = replayToken(schedule);
      tokens.set(token, [...(tokens.get(token) ?? []), finding.rule]);
    }
    const repeats = [...tokens].map(
      ([token, rules]) => `to repeat ${[...new Set(rules)].join(', ')}: lockvet run ${path} --replay ${token}`,
    );
    return [...this.#notes, ...repeats];
  }
}
