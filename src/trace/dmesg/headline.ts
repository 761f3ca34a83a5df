/** What a report is about: one a print function of the kernel. */
export type ReportKind =
  | 'circular'
  | 'recursive'
  | 'inconsistent'
  | 'inversion'
  | 'irq-order'
  | 'wait-context'
  | 'unlock'
  | 'contention'
  | 'freed'
  | 'nest'
  | 'user-return'
  | 'exit'
  | 'rcu-usage'
  | 'other-framed'
  | 'sleep'
  | 'scheduling'
  | 'leaked-atomic'
  | 'stall'
  | 'unregistered-key'
  | 'warning';

/** A recognised first line of a report. */
export interface Headline {
  readonly kind: ReportKind;
  /** The kernel's words without `WARNING:`, brackets and what is particular to the occurrence. */
  readonly words: string;
  /**
   * lockdep frames these with lines of `=` and `-`; without the frame, or a line that only such a report has after it,
   * the words may be anybody's.
   */
  readonly framed: boolean;
  readonly comm?: string;
  readonly pid?: number;
  readonly cpu?: number;
  /** Call site or source place that the headline itself names. */
  readonly site?: string;
  readonly source?: string;
}

/** lockdep's and RCU's framed reports; 4.x kernels say INFO, BUG or ERR in brackets where later ones say WARNING. */
const FRAMED: readonly (readonly [RegExp, ReportKind])[] = [
  [/^possible circular locking dependency detected$/, 'circular'],
  [/^possible recursive locking detected$/, 'recursive'],
  [/^inconsistent lock state$/, 'inconsistent'],
  [/^possible irq lock inversion dependency detected$/, 'inversion'],
  [/^[A-Z_-]+-safe -> [A-Z_-]+-unsafe lock order detected$/, 'irq-order'],
  [/^Invalid wait context$/, 'wait-context'],
  [/^bad unlock balance detected!$/, 'unlock'],
  [/^bad contention balance detected!$/, 'contention'],
  [/^held lock freed!$/, 'freed'],
  [/^Nested lock was not taken$/, 'nest'],
  [/^lock held when returning to user space!$/, 'user-return'],
  [/^.+\/\d+ still has locks held!$/, 'exit'],
  [/^suspicious RCU usage\.?$/, 'rcu-usage'],
];

const BRACKETED = /^\[ (?:INFO|BUG|WARNING|ERR): (\S.*?)\s*\]$/;
const PLAIN = /^(?:INFO|BUG|WARNING|ERR): (\S.*)$/;
const SLEEP = /^BUG: sleeping function called from invalid context at (\S+:\d+)$/;
const SCHEDULING = /^BUG: scheduling while atomic: (.+)\/(\d+)\/0x[0-9a-f]+$/;
const LEAKED = /^BUG: (workqueue leaked lock or atomic): (.+)\/0x[0-9a-f]+\/(\d+)$/;
const LEAKED_NEW = /^BUG: (workqueue leaked atomic, lock or RCU): (.+)\[(\d+)\]$/;
const STALL =
  /^(?:rcu: )?INFO: (\S+ (?:self-detected stall on CPU|detected (?:expedited )?stalls on (?:CPUs\/)?tasks))\b.*$/;
const KEY = /^(?:INFO: (trying to register non-static key)\.?|BUG: key \S+ (not in \.data|has not been registered)!)$/;
/** WARN() of a file or, since 6.19, of a file, function, CPU and task. */
const WARN = /^(.*?) ?WARNING: CPU: (\d+) PID: (\d+) at (\S+:\d+) ([^\s()]+)/;
const WARN_NEW = /^(.*?) ?WARNING: (\S+:\d+) at (\S+), CPU#(\d+): (.+)\/(\d+)$/;
/** WARN()s whose text comes before the WARNING line and tells at once whose they are. */
const WARN_TEXT =
  /^(?:(DEBUG_LOCKS_WARN_ON\(.*\))|(Voluntary context switch within RCU read-side critical section)!|(do not call blocking ops when !TASK_RUNNING);.*)$/;
const WARN_FILES = /^(?:\S*\/)?kernel\/(?:locking|rcu)\//;

/** The headline that `text` is, or undefined for any other line. `text` has no leading or trailing blanks. */
export function headlineOf(text: string): Headline | undefined {
  // Nearly every line of a log ends here.
  if (!/^(?:\[ |WARNING|INFO|BUG|ERR|rcu: INFO|DEBUG_LOCKS|Voluntary|do not call)/.test(text)) return undefined;
  return framedHeadline(text) ?? contextHeadline(text) ?? warningHeadline(text);
}

/** Any line in lockdep's style: a report when it stands between the frame's lines. */
export function unknownFramed(text: string): Headline | undefined {
  const words = (BRACKETED.exec(text) ?? PLAIN.exec(text))?.[1];
  return words === undefined ? undefined : { kind: 'other-framed', words, framed: true };
}

function framedHeadline(text: string): Headline | undefined {
  const words = (BRACKETED.exec(text) ?? PLAIN.exec(text))?.[1];
  if (words === undefined) return undefined;
  for (const [pattern, kind] of FRAMED) {
    if (!pattern.test(words)) continue;
    if (kind !== 'exit') return { kind, words, framed: true };
    const [, comm = '', pid = ''] = /^(.+)\/(\d+) /.exec(words) ?? [];
    return { kind, words: 'still has locks held!', framed: true, comm, pid: Number(pid) };
  }
  return undefined;
}

function contextHeadline(text: string): Headline | undefined {
  const sleep = SLEEP.exec(text);
  if (sleep !== null) {
    return { kind: 'sleep', words: 'sleeping function called from invalid context', framed: false, source: sleep[1] };
  }
  const scheduling = SCHEDULING.exec(text);
  if (scheduling !== null) {
    const [, comm, pid] = scheduling;
    return { kind: 'scheduling', words: 'scheduling while atomic', framed: false, comm, pid: Number(pid) };
  }
  const leaked = LEAKED.exec(text) ?? LEAKED_NEW.exec(text);
  if (leaked !== null) {
    const [, words, comm, pid] = leaked;
    return { kind: 'leaked-atomic', words, framed: false, comm, pid: Number(pid) };
  }
  const stall = STALL.exec(text);
  if (stall !== null) return { kind: 'stall', words: stall[1], framed: false };
  const key = KEY.exec(text);
  if (key !== null) return { kind: 'unregistered-key', words: key[1] ?? `key ${key[2]}`, framed: false };
  return undefined;
}

/** A WARN() of lockdep, RCU or might_sleep(), by its text or by the file that it is in. */
export function warningHeadline(text: string): Headline | undefined {
  const wordsOf = (message: string): string | undefined => {
    const known = WARN_TEXT.exec(message.trim());
    return known?.[1] ?? known?.[2] ?? known?.[3];
  };
  const alone = wordsOf(text);
  if (alone !== undefined) return { kind: 'warning', words: alone, framed: false };
  const fresh = WARN_NEW.exec(text);
  if (fresh !== null) {
    const [, message, source, site, cpu, comm, pid] = fresh;
    const words = wordsOf(message);
    if (words === undefined && !WARN_FILES.test(source)) return undefined;
    const rest = { source, site, cpu: Number(cpu), comm, pid: Number(pid) };
    return { kind: 'warning', words: words ?? `WARNING at ${source}`, framed: false, ...rest };
  }
  const warn = WARN.exec(text);
  if (warn === null) return undefined;
  const [, message, cpu, pid, source, site] = warn;
  const words = wordsOf(message);
  if (words === undefined && !WARN_FILES.test(source)) return undefined;
  const rest = { source, site, cpu: Number(cpu), pid: Number(pid) };
  return { kind: 'warning', words: words ?? `WARNING at ${source}`, framed: false, ...rest };
}
