import type { Finding } from '../../model/finding.js';
import { InputError } from '../../model/report.js';
import type { LogSource } from '../source.js';
import { ReportAssembler } from './assembler.js';
import type { ReportFacts } from './facts.js';
import { findingOf } from './finding.js';
import { type Chunks, forEachLine } from './lines.js';
import { RecordReader } from './record.js';

export { looksLikeKernelLog } from './recognise.js';

/** A log can repeat one report for days: beyond this many, further ones only raise the count of the last. */
const MAX_ALIKE = 100;
/** Where cut reports are listed in a note. */
const LISTED = 5;

/**
 * A kernel log (dmesg, serial console, journal, syslog, syzbot report) whose reports of lockdep, RCU and might_sleep() become
 * findings. `path` is what findings name; `open` gives the decompressed bytes, once. Errors of the input become InputError.
 */
export function openKernelLog(path: string, open: () => Chunks): LogSource {
  return {
    kind: 'dmesg',
    path,
    async read() {
      const reader = new LogReader(path);
      try {
        await forEachLine(open(), (raw, line) => reader.line(raw, line));
      } catch (error) {
        if (error instanceof InputError || !isSystemError(error)) throw error;
        throw new InputError(path, undefined, error.message);
      }
      return reader.end();
    },
  };
}

class LogReader {
  readonly #path: string;
  readonly #records = new RecordReader();
  readonly #assembler = new ReportAssembler((facts) => this.#report(facts));
  readonly #findings: { finding: Finding; line: number }[] = [];
  readonly #alike = new Map<string, { count: number; last: Finding }>();
  readonly #limits = new Set<string>();
  readonly #cut: number[] = [];
  #dropped = 0;

  constructor(path: string) {
    this.#path = path;
  }

  line(raw: string, line: number): void {
    for (const record of this.#records.read(raw, line)) {
      const limit = /^BUG: (MAX_[A-Z_]+) too low!$/.exec(record.text)?.[1];
      if (limit !== undefined) this.#limits.add(limit);
      this.#assembler.add(record);
    }
  }

  end(): { findings: Finding[]; notes: string[] } {
    this.#assembler.end();
    this.#findings.sort((a, b) => a.line - b.line);
    return { findings: this.#findings.map(({ finding }) => finding), notes: this.#notes() };
  }

  #report(facts: ReportFacts): void {
    const finding = findingOf(this.#path, facts);
    if (facts.cut) this.#cut.push(facts.line);
    if (facts.dropped) this.#dropped++;
    const alike = this.#alike.get(finding.fingerprint);
    if (alike !== undefined && alike.count >= MAX_ALIKE) {
      alike.last.count++;
      return;
    }
    this.#alike.set(finding.fingerprint, { count: (alike?.count ?? 0) + 1, last: finding });
    this.#findings.push({ finding, line: facts.line });
  }

  #notes(): string[] {
    const notes: string[] = [];
    if (this.#cut.length > 0) {
      const lines = this.#cut.sort((a, b) => a - b).slice(0, LISTED);
      const more = this.#cut.length > lines.length ? ', ...' : '';
      const which = this.#cut.length === 1 ? 'report is' : 'reports are';
      notes.push(
        `${this.#cut.length} ${which} cut off (line ${lines.join(', ')}${more}): what they say further is missing`,
      );
    }
    if (this.#dropped > 0) notes.push(`the kernel dropped lines inside ${this.#dropped} of the reports`);
    for (const limit of this.#limits) {
      notes.push(`the validator of the kernel ran into its limit ${limit} and switched itself off`);
    }
    return notes;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}
