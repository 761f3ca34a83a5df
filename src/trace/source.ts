import type { EventSink } from '../model/events.js';
import type { Finding } from '../model/finding.js';
import type { NameTable } from '../model/names.js';
import type { InputKind } from '../model/report.js';

/** What reading a recording to its end told about the recording itself. */
export interface ReadSummary {
  /** Events handed to the sink. */
  events: number;
  /** Bytes of (decompressed) input. */
  bytes: number;
  /** Plain sentences for the user: lost events, unreadable lines, missing fields; each said once. */
  notes: string[];
}

/** A recording of events, opened and recognised. Read it once. */
export interface EventSource {
  readonly kind: InputKind;
  /** Path as the user gave it; `-` for standard input. */
  readonly path: string;
  /** Valid, and growing, while {@link pump} runs; complete afterwards. */
  readonly names: NameTable;
  /** How {@link EventHeader.time} relates to seconds: 1e9 for nanoseconds, 1 for ticks of a clock without unit. */
  readonly ticksPerSecond: number;
  /** Lock classes whose key is this address are never validated (`__lockdep_no_validate__`), where the file tells. */
  readonly noValidateKey?: { hi: number; lo: number };
  /** A simulated kernel made it: no lockdep of its own watched the events, and waits are events too. */
  readonly simulated?: boolean;
  /** Kernel release where the file tells, e.g. `6.1.192`. */
  readonly kernel?: string;
  /** Feeds every event to `sink`, calls `sink.end()` last. Throws InputError when the input cannot be read. */
  pump(sink: EventSink): Promise<ReadSummary>;
}

/** A kernel log: reports of the real kernel, no events. */
export interface LogSource {
  readonly kind: 'dmesg';
  readonly path: string;
  /** Every report in the log, in order, as findings (not yet merged by fingerprint). */
  read(): Promise<{ findings: Finding[]; notes: string[] }>;
}

export type Source = EventSource | LogSource;

/** True for recordings of events, false for kernel logs. */
export function isEventSource(source: Source): source is EventSource {
  return source.kind !== 'dmesg';
}
