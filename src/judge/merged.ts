import type { Validator } from '../lockdep/index.js';
import type { EventSink } from '../model/events.js';
import { StringNames } from '../model/names.js';
import { type Run, verdictOf } from '../model/report.js';
import type { EventSource } from '../trace/source.js';
import { Engines, type Law } from './engines.js';
import { MergedClasses } from './merged-classes.js';
import { MergedLines } from './merged-lines.js';
import { MERGED_TICKS_PER_SECOND, TranslatingSink } from './translating-sink.js';

/** Judges several recordings as one: see {@link MergedClasses} for how classes are matched. */
export async function judgeMerged(sources: readonly EventSource[], law: Law): Promise<Run> {
  const names = new StringNames();
  const classes = new MergedClasses();
  const lines = new MergedLines();
  const input = sources.map((source) => source.path).join(' + ');
  const noValidateKey = sources.find((source) => source.noValidateKey)?.noValidateKey;
  const recording = { names, file: input, ticksPerSecond: MERGED_TICKS_PER_SECOND };
  const engines = new Engines({ ...recording, ...(noValidateKey && { noValidateKey }) }, law);
  classes.begin(noValidateKey);
  const notes: string[] = [];
  for (const source of sources) {
    classes.begin(source.noValidateKey);
    const sink = translate(source, engines.sink, { names, classes, lines });
    const summary = await source.pump(sink);
    lines.end(sink.lastLine);
    forgetTasks(engines.validator);
    notes.push(...summary.notes.map((note) => `${source.path}: ${note}`));
  }
  const findings = engines.findings().map((finding) => lines.locate(finding));
  return {
    input,
    kind: sources[0]?.kind ?? 'ftrace',
    verdict: verdictOf(findings),
    findings,
    stats: engines.stats(),
    notes: [...notes, ...engines.notes()],
  };
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
