import type { Validator } from '../lockdep/index.js';
import type { EventSink } from '../model/events.js';
import { StringNames } from '../model/names.js';
import { type Run, verdictOf } from '../model/report.js';
import type { EventSource } from '../trace/source.js';
import { Engines, type Law, type Recording } from './engines.js';
import { MergedClasses } from './merged-classes.js';
import { MergedLines } from './merged-lines.js';
import { MERGED_TICKS_PER_SECOND, TranslatingSink } from './translating-sink.js';
import type { Watch } from './watch.js';

/** Judges several recordings as one: see {@link MergedClasses} for how classes are matched. */
export async function judgeMerged(sources: readonly EventSource[], law: Law, watch?: Watch): Promise<Run> {
  const lines = new MergedLines();
  const recording = mergedRecording(sources);
  const engines = new Engines(recording, law, watch?.validator);
  const notes = await pumpMerged(sources, engines, recording, lines);
  const findings = engines.findings().map((finding) => lines.locate(finding));
  const kernels = new Set(sources.map((source) => source.kernel));
  watch?.onJudged?.({
    engines,
    input: recording.file,
    kernel: kernels.size === 1 ? sources[0]?.kernel : undefined,
    ticksPerSecond: recording.ticksPerSecond,
    place: (where) => lines.where(where),
  });
  const run: Run = {
    input: recording.file,
    kind: sources[0]?.kind ?? 'ftrace',
    verdict: verdictOf(findings),
    findings,
    stats: engines.stats(),
    notes: [...notes, ...engines.notes()],
  };
  watch?.onRun?.(run);
  return run;
}

/** Several recordings as the one that engines are to see. */
export interface MergedRecording extends Recording {
  readonly names: StringNames;
}

/** What the engines that judge these recordings as one must know of them. */
export function mergedRecording(sources: readonly EventSource[]): MergedRecording {
  const noValidateKey = sources.find((source) => source.noValidateKey)?.noValidateKey;
  return {
    names: new StringNames(),
    file: sources.map((source) => source.path).join(' + '),
    ticksPerSecond: MERGED_TICKS_PER_SECOND,
    ...(noValidateKey && { noValidateKey }),
  };
}

/** Feeds one recording after the other to the sink behind `validator`; returns what they said of themselves. */
export async function pumpMerged(
  sources: readonly EventSource[],
  { sink, validator }: { readonly sink: EventSink; readonly validator: Validator },
  { names, noValidateKey }: MergedRecording,
  lines: MergedLines,
): Promise<string[]> {
  const classes = new MergedClasses();
  classes.begin(noValidateKey);
  const notes: string[] = [];
  for (const source of sources) {
    classes.begin(source.noValidateKey);
    const translating = translate(source, sink, { names, classes, lines });
    const summary = await source.pump(translating);
    lines.end(translating.lastLine);
    forgetTasks(validator);
    notes.push(...summary.notes.map((note) => `${source.path}: ${note}`));
  }
  return notes;
}

interface Common {
  readonly names: StringNames;
  readonly classes: MergedClasses;
  readonly lines: MergedLines;
}

function translate(source: EventSource, sink: EventSink, { names, classes, lines }: Common): TranslatingSink {
  return new TranslatingSink(sink, {
    from: source.names,
    to: names,
    ticksPerSecond: source.ticksPerSecond,
    firstLine: lines.begin(source.path),
    classes,
  });
}

/** Pids and CPUs of the next recording are others: nobody holds anything there yet. */
function forgetTasks({ state }: Validator): void {
  state.tasks.clear();
  state.cpus.length = 0;
  state.seesIrqEvents = false;
}
