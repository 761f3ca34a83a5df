import type { Finding } from '../model/finding.js';
import { emptyStats, type Run, verdictOf } from '../model/report.js';
import { type EventSource, isEventSource, type LogSource, type Source } from '../trace/source.js';
import { byWeight, Engines, type Law, type OnJudged, withAdvice } from './engines.js';
import { judgeMerged } from './merged.js';

/** Opens an input; what it throws is for the user. */
export type Open = (path: string) => Promise<Source>;

/**
 * Judges every input alone: one run an input, in their order. `onJudged` is shown the engines that judged a recording, whose
 * validator knows its lock graph.
 */
export async function judgeEach(paths: readonly string[], open: Open, law: Law, onJudged?: OnJudged): Promise<Run[]> {
  const runs: Run[] = [];
  for (const path of paths) {
    const source = await open(path);
    runs.push(isEventSource(source) ? await judgeEvents(source, law, onJudged) : await judgeLog(source, law));
  }
  return runs;
}

/**
 * Judges all recordings of events as one: one lock graph, classes matched by name, one run. Kernel logs hold no events:
 * they stay runs of their own.
 */
export async function judgeTogether(
  paths: readonly string[],
  open: Open,
  law: Law,
  onJudged?: OnJudged,
): Promise<Run[]> {
  const recordings: EventSource[] = [];
  const logs: Run[] = [];
  for (const path of paths) {
    const source = await open(path);
    if (isEventSource(source)) recordings.push(source);
    else logs.push(await judgeLog(source, law));
  }
  return recordings.length === 0 ? logs : [await judgeMerged(recordings, law, onJudged), ...logs];
}

async function judgeEvents(source: EventSource, law: Law, onJudged?: OnJudged): Promise<Run> {
  const { names, ticksPerSecond, noValidateKey, simulated, path } = source;
  const engines = new Engines(
    { names, file: path, ticksPerSecond, ...(noValidateKey && { noValidateKey }), ...(simulated && { simulated }) },
    law,
  );
  const { notes } = await source.pump(engines.sink);
  const findings = engines.findings();
  onJudged?.({ engines, input: path });
  return {
    input: path,
    kind: source.kind,
    verdict: verdictOf(findings),
    findings,
    stats: engines.stats(),
    notes: [...notes, ...engines.notes()],
  };
}

async function judgeLog(source: LogSource, law: Law): Promise<Run> {
  const { findings: reports, notes } = await source.read();
  const findings = countedOnce(reports)
    .map((finding) => withAdvice(finding, law.rules))
    .sort(byWeight);
  return {
    input: source.path,
    kind: source.kind,
    verdict: verdictOf(findings),
    findings,
    stats: emptyStats(),
    notes,
  };
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
