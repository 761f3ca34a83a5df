/** What a line without an event is: nothing to say of it (comments, headings, stack traces), or nothing known. */
export const Odd = { Silent: 'silent', Unreadable: 'unreadable' } as const;

/** Events that the recorder lost; `count` is 0 where it does not tell how many. */
export interface Loss {
  cpu: number;
  count: number;
}

/** `CPU:0 [LOST 12 EVENTS]`, `CPU:0 [LOST EVENTS]`, and trace-cmd's `CPU:0 [12 EVENTS DROPPED]`. */
const LOST = /^CPU:\s*(\d+) \[(?:LOST )?(?:(\d+) )?EVENTS(?: DROPPED)?\]/;

/** Lines that ftrace, trace-cmd and perf print between events. */
const SILENT: readonly RegExp[] = [
  /^\s*$/,
  /^\s*#/,
  /^\s*=> /,
  /^(?:cpus=\d+|version = \S+|CPU \d+ is empty|trace-cmd: .*)$/,
  // perf's call chains, one address a line.
  /^\s+[0-9a-f]{8,16} .*\(.*\)$/,
  // trace-cmd report -w ends with the latencies that it measured.
  /^\s*(?:Average|Maximum|Minimum|Total|RT task) .*(?:Latency|latency|wakeup|time|task).*$/,
];

/** Tells what a line is that has no event. */
export function oddLine(text: string): (typeof Odd)[keyof typeof Odd] | Loss {
  const lost = LOST.exec(text);
  if (lost) return { cpu: Number(lost[1]), count: Number(lost[2] ?? 0) };
  return SILENT.some((known) => known.test(text)) ? Odd.Silent : Odd.Unreadable;
}
