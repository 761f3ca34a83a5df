import type { Finding } from '../model/finding.js';
import { emptyStats, type Run, verdictOf } from '../model/report.js';
import { type EventSource, isEventSource, type LogSource, type Source } from '../trace/source.js';
import { byWeight, Engines, type Law, recordingOf, withAdvice } from './engines.js';
import { judgeMerged } from './merged.js';
import type { Watch } from './watch.js';

/** Opens an input; what it throws is for the user. */
export type Open = (path: string) => Promise<Source>;

/**
 * Judges every input alone: one run an input, in their order. `watch` is shown the engines that judged a recording, whose
 * validator knows its lock graph.
 */
export async function judgeEach(paths: readonly string[], open: Open, law: Law, watch?: Watch): Promise<Run[]> {
  const runs: Run[] = [];
  for (const path of paths) {
    const source = await open(path);
    runs.push(isEventSource(source) ? await judgeEvents(source, law, watch) : await judgeLog(source, law, watch));
  }
  return runs;
}

/**
 * Judges all recordings of events as one: one lock graph, classes matched by name, one run. Kernel logs hold no events:
 * they stay runs of their own.
 */
export async function judgeTogether(paths: readonly string[], open: Open, law: Law, watch?: Watch): Promise<Run[]> {
  const recordings: EventSource[] = [];
  const logs: Run[] = [];
  for (const path of paths) {
    const source = await open(path);
    if (isEventSource(source)) recordings.push(source);
    else logs.push(await judgeLog(source, law, watch));
  }
  return recordings.length === 0 ? logs : [await judgeMerged(recordings, law, watch), ...logs];
}

async function judgeEvents(source: EventSource, law: Law, watch?: Watch): Promise<Run> {
  const { ticksPerSecond, path } = source;
  const engines = new Engines(recordingOf(source), law, watch?.validator);
  const { notes } = await source.pump(engines.sink);
  const findings = engines.findings();
  watch?.onJudged?.({ engines, input: path, kernel: source.kernel, ticksPerSecond });
  const run: Run = {
    input: path,
    kind: source.kind,
    verdict: verdictOf(findings),
    findings,
    stats: engines.stats(),
    notes: [...notes, ...engines.notes()],
  };
  watch?.onRun?.(run);
  return run;
}

async function judgeLog(source: LogSource, law: Law, watch?: Watch): Promise<Run> {
  const { findings: reports, notes } = await source.read();
  const findings = countedOnce(reports)
    .map((finding) => withAdvice(finding, law.rules))
    .sort(byWeight);
  const run: Run = {
    input: source.path,
    kind: source.kind,
    verdict: verdictOf(findings),
    findings,
    stats: emptyStats(),
    notes,
  };
  watch?.onRun?.(run);
  return run;
}

/** One violation is one finding, counted: the first of those with one fingerprint stands for all. */
function countedOnce(findings: readonly Finding[]): Finding[] {
  const byFingerprint = new Map<string, Finding>();
  for (const finding of findings) {
    const known = byFingerprint.get(finding.fingerprint);
    byFingerprint.set(finding.fingerprint, known ? { ...known, count: known.count + finding.count } : { ...finding });
  }
  return [...byFingerprint.values()];
}
