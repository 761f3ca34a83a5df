import { NullSink } from '../../model/events.js';
import { NEWLINE } from './ascii.js';
import { TextParser } from './parser.js';

/** What the head of a text recording tells. */
export interface TextForm {
  kind: 'ftrace' | 'trace-cmd' | 'perf';
  /** 1e9 for clocks printed in seconds, 1 for bare ticks. */
  ticksPerSecond: number;
}

/** Heads of recordings in which nothing was recorded. */
const EMPTY_RECORDING = /^(?:# tracer: |cpus=\d+$|# *TASK-PID )/m;
const TRACE_CMD_HEAD = /^(?:cpus=\d+|version = \d+)$/m;
/** trace-cmd report gives event names a column of their own, and has no flags unless asked. */
const TRACE_CMD_LINE = /^.{0,40}-\d+ +\[\d+\] +\d+\.\d+: \w+: {2,}\S/m;

/** The form of a text recording that begins with `head` (whole lines are looked at), undefined when it is none. */
export function recogniseText(head: Buffer): TextForm | undefined {
  const end = head.lastIndexOf(NEWLINE) + 1;
  const parser = new TextParser(new NullSink());
  parser.read(head, 0, end);
  const text = (): string => head.toString('latin1', 0, end);
  if (parser.events + parser.others === 0) {
    if (parser.losses === 0 && !EMPTY_RECORDING.test(text())) return undefined;
    return { kind: TRACE_CMD_HEAD.test(text()) ? 'trace-cmd' : 'ftrace', ticksPerSecond: 1e9 };
  }
  const ticksPerSecond = parser.form.inSeconds ? 1e9 : 1;
  if (parser.form.isPerf) return { kind: 'perf', ticksPerSecond };
  const isTraceCmd = TRACE_CMD_HEAD.test(text()) || TRACE_CMD_LINE.test(text());
  return { kind: isTraceCmd ? 'trace-cmd' : 'ftrace', ticksPerSecond };
}
