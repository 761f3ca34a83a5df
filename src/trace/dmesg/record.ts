/** One printk line (or one line of a printk of several lines), freed of what the log's medium put around it. */
export interface LogRecord {
  /** The kernel's own text; leading spaces are part of it. */
  text: string;
  /** 1-based line of the log. */
  line: number;
  /** Seconds since boot, where the line says so. */
  time: number | undefined;
  /** Who printed it, `T123` (task) or `C1` (interrupt on a CPU), '' where the log does not tell (CONFIG_PRINTK_CALLER). */
  caller: string;
}

/** What {@link takePrefix} found at the start of a line. */
interface Prefix {
  width: number;
  time: number | undefined;
  caller: string;
  /** False for lines of other programs in a syslog or journal. */
  fromKernel: boolean;
  /** rsyslog writes line feeds as `#012`. */
  escaped: boolean;
  /** More than a clock: a form that only kernel logs have. */
  kernelHead: boolean;
}

const STAMP = /^\[\s*(\d{1,10}\.\d{3,9})\]/;
/** dmesg -T, -d, -H: a wall-clock time or a delta in the place of the time since boot. */
const OTHER_STAMP =
  /^\[(?:[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} [\d:]{8} \d{4}|[A-Z][a-z]{2} ?\d{1,2} \d\d:\d\d|\s*[+<][ \d.]+>?|\s*\d+\.\d+ <[ \d.]+>)\]/;
const CALLER = /^ ?\[\s*([TC]\d+)\]/;
const LEVEL = /^<\d{1,3}>/;
const FACILITY = /^(?:kern|user|daemon|syslog|auth)\s*:(?:emerg|alert|crit|err|warn|notice|info|debug)\s*: /;
/** /dev/kmsg: level, sequence number, microseconds, flags. */
const KMSG = /^\d{1,4},\d+,(\d+),([^;]*);/;
const ISO_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:([.,])\d+)?(?:Z| ?[+-]\d\d:?\d\d)? /;
const SYSLOG_TIME = /^\p{L}{3,10}\.? +\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)? /u;
const SYSLOG_KERNEL = /^(?:[^\s:[\]]+ )?kernel: ?/;
const SYSLOG_PROGRAM = /^[^\s:[\]]+ [^\s:[\]]+\[\d+\]: /;
/** A stamp inside a line: something without a line end was printed before it (a login prompt, another CPU). */
const INNER_STAMP = /\[\s{0,8}\d{1,10}\.\d{6}\](?=$| |\[)/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a serial console sends is what is looked for.
const ESCAPES = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007]*\u0007|[@-Z\\-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above; tabs stay, they are text.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const HAS_CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/;

/**
 * Takes the prefixes off the lines of one log: `[   12.345678]`, `[ T123]`, `<4>`, syslog and journal heads, dmesg's
 * and /dev/kmsg's own forms, terminal colours. Lines without any are taken as they are. State: what a line that
 * continues a printk of several lines needs to know of the one before it.
 */
export class RecordReader {
  #lastCaller = '';
  #lastTime: number | undefined;
  #lastWidth = 0;

  /** The records of one raw line, in order: none (another program's line), one, or more. */
  read(raw: string, line: number): LogRecord[] {
    const clean = HAS_CONTROLS.test(raw) ? raw.replace(ESCAPES, '').replace(CONTROLS, '') : raw;
    const records: LogRecord[] = [];
    for (let rest = clean; ; ) {
      const prefix = takePrefix(rest);
      const body = rest.slice(prefix.width);
      const inner = INNER_STAMP.exec(body);
      this.#add(records, prefix, inner === null ? body : body.slice(0, inner.index), line);
      if (inner === null) return records;
      rest = body.slice(inner.index);
    }
  }

  #add(records: LogRecord[], prefix: Prefix, body: string, line: number): void {
    if (!prefix.fromKernel) return;
    let text = body;
    if (prefix.width > 0) {
      this.#lastCaller = prefix.caller;
      this.#lastTime = prefix.time;
      this.#lastWidth = prefix.width;
    } else if (this.#lastWidth > 0) {
      // dmesg and journalctl indent the further lines of a printk by the width of its prefix.
      const indent = ' '.repeat(this.#lastWidth);
      if (text.startsWith(indent)) text = text.slice(indent.length);
    }
    const texts = prefix.escaped && text.includes('#012') ? text.split('#012') : [text];
    for (const part of texts) {
      records.push({ text: part, line, time: this.#lastTime, caller: this.#lastCaller });
    }
  }
}

/** Whether a raw line carries a head that only kernel logs have; the clock of a syslog alone is none. */
export function hasKernelHead(raw: string): boolean {
  const clean = raw.replace(ESCAPES, '').replace(CONTROLS, '');
  const { kernelHead, fromKernel } = takePrefix(clean);
  return (kernelHead && fromKernel) || INNER_STAMP.test(clean);
}

function takePrefix(line: string): Prefix {
  const prefix: Prefix = { width: 0, time: undefined, caller: '', fromKernel: true, escaped: false, kernelHead: false };
  let rest = line;
  const take = (length: number): void => {
    prefix.width += length;
    rest = rest.slice(length);
  };
  const kmsg = KMSG.exec(rest);
  if (kmsg !== null) {
    take(kmsg[0].length);
    prefix.kernelHead = true;
    prefix.time = Number(kmsg[1]) / 1e6;
    prefix.caller = /caller=([TC]\d+)/.exec(kmsg[2])?.[1] ?? '';
    return prefix;
  }
  const clock = ISO_TIME.exec(rest) ?? SYSLOG_TIME.exec(rest);
  if (clock !== null) {
    take(clock[0].length);
    // Of all ISO times only dmesg's have a comma.
    prefix.kernelHead = clock[1] === ',';
    if (SYSLOG_PROGRAM.test(rest)) prefix.fromKernel = false;
  }
  for (const head of [FACILITY, LEVEL]) take(head.exec(rest)?.[0].length ?? 0);
  takeSyslogHead();
  const stamp = STAMP.exec(rest) ?? OTHER_STAMP.exec(rest);
  if (stamp === null) return prefix;
  take(stamp[0].length);
  prefix.kernelHead = true;
  if (stamp[1] !== undefined) prefix.time = Number(stamp[1]);
  const caller = CALLER.exec(rest);
  if (caller !== null) {
    take(caller[0].length);
    prefix.caller = caller[1] ?? '';
  }
  if (rest.startsWith(' ')) take(1);
  takeSyslogHead();
  return prefix;

  function takeSyslogHead(): void {
    const head = SYSLOG_KERNEL.exec(rest);
    if (head === null) return;
    take(head[0].length);
    prefix.escaped = true;
    prefix.kernelHead = true;
  }
}
