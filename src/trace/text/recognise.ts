import { NullSink } from '../../model/events.js';
import { SIMULATION_HEAD } from '../write/fields.js';
import { NEWLINE } from './ascii.js';
import { TextParser } from './parser.js';

/** What the head of a text recording tells. */
export interface TextForm {
  kind: 'ftrace' | 'trace-cmd' | 'perf';
  /** 1e9 for clocks printed in seconds, 1 for bare ticks. */
  ticksPerSecond: number;
  /** A simulated kernel was recorded. */
  simulated?: true;
  /** Key of its lock classes that are never validated. */
  noValidateKey?: { hi: number; lo: number };
}

/** Heads of recordings in which nothing was recorded. */
const EMPTY_RECORDING = /^(?:# tracer: |cpus=\d+$|# *TASK-PID )/m;
const FTRACE_HEAD = /^# tracer: /m;
const TRACE_CMD_HEAD = /^(?:cpus=\d+|version = \d+)$/m;
/** trace-cmd report gives event names a column of their own, and has no flags unless asked. */
const TRACE_CMD_LINE = /^.{0,40}-\d+ +\[\d+\] +\d+\.\d+: \w+: {2,}\S/m;

/** The form of a text recording that begins with `head` (whole lines are looked at), undefined when it is none. */
export function recogniseText(head: Buffer): TextForm | undefined {
  const end = head.lastIndexOf(NEWLINE) + 1;
  const simulation = simulationIn(head.toString('latin1', 0, Math.min(end, HEAD_LENGTH)));
  const parser = new TextParser(new NullSink());
  parser.read(head, 0, end);
  const text = (): string => head.toString('latin1', 0, end);
  if (parser.events + parser.others === 0) {
    if (parser.losses === 0 && !EMPTY_RECORDING.test(text())) return undefined;
    return { kind: TRACE_CMD_HEAD.test(text()) ? 'trace-cmd' : 'ftrace', ticksPerSecond: 1e9, ...simulation };
  }
  const ticksPerSecond = parser.form.inSeconds ? 1e9 : 1;
  // A comm may look like perf's columns: the recording's own heading decides.
  if (parser.form.isPerf && !FTRACE_HEAD.test(text())) return { kind: 'perf', ticksPerSecond };
  const isTraceCmd = TRACE_CMD_HEAD.test(text()) || TRACE_CMD_LINE.test(text());
  return { kind: isTraceCmd ? 'trace-cmd' : 'ftrace', ticksPerSecond, ...simulation };
}

/** Bytes in which the heading of a simulation is looked for. */
const HEAD_LENGTH = 4096;

/** What the heading of a recorded simulation tells. */
function simulationIn(head: string): Pick<TextForm, 'simulated' | 'noValidateKey'> {
  const at = head.indexOf(SIMULATION_HEAD);
  const key = /^([0-9a-f]{8})([0-9a-f]{8})$/m.exec(at < 0 ? '' : head.slice(at + SIMULATION_HEAD.length));
  if (key === null) return {};
  const half = (digits: string | undefined): number => Number.parseInt(digits ?? '0', 16) | 0;
  return { simulated: true, noValidateKey: { hi: half(key[1]), lo: half(key[2]) } };
}
