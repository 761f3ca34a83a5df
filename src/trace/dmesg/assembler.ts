import type { ReportFacts } from './facts.js';
import { type Headline, headlineOf, unknownFramed, warningHeadline } from './headline.js';
import { ReportParser } from './parser.js';
import type { LogRecord } from './record.js';

/** Lines of others that may stand inside a report, from other CPUs on the same console, before it counts as cut off. */
const PATIENCE = { beforeTrace: 300, insideMarks: 100, afterTrace: 3 } as const;
/** Reports printed at the same time by one caller: nested ones. */
const MAX_OPEN = 4;
/** Callers with something open at the same time; older ones are given up, so that memory stays bounded. */
const MAX_STREAMS = 1024;

const FRAME = /^={5,}$/;
const CUT_HERE = /^-+\[ cut here \]-+$/;
const BANNER = /^Linux version \d/;
const DROPPED = /^\*\* \d+ printk messages (?:are suppressed|dropped) \*\*$/;

/** What one caller prints. */
interface Stream {
  /** Reports begun and not over; the one that took the last telling line is last. */
  open: ReportParser[];
  /** The last line that was not blank began a frame. */
  framed: boolean;
  /** A headline of an unknown kind inside a frame: a report when the kernel's identity follows. */
  suspect: { headline: Headline; record: LogRecord } | undefined;
  /** Text of a WARN() printed before its WARNING line. */
  warnText: string | undefined;
}

/**
 * Puts the lines of a log together to reports. Lines of different callers are kept apart where the log names them;
 * where it does not, a report goes on when one that began inside it is over.
 */
export class ReportAssembler {
  readonly #emit: (facts: ReportFacts) => void;
  readonly #streams = new Map<string, Stream>();

  /** `emit` gets each report when it is over, which is not the order in which they began. */
  constructor(emit: (facts: ReportFacts) => void) {
    this.#emit = emit;
  }

  add(record: LogRecord): void {
    const raw = record.text.trimEnd();
    const text = raw.trimStart();
    if (text.startsWith('Linux version ') && BANNER.test(text)) this.end();
    if (text.startsWith('** ') && DROPPED.test(text)) {
      for (const stream of this.#streams.values()) for (const report of stream.open) report.facts.dropped = true;
      return;
    }
    const stream = this.#streams.get(record.caller) ?? this.#watch(text, record);
    if (stream === undefined) return;
    const headline = headlineOf(text) ?? this.#headlineInContext(stream, text, record);
    if (headline !== undefined && !this.#belongs(stream, headline, raw, record.line)) {
      this.#open(stream, headline, record);
    } else if (headline === undefined) {
      this.#route(stream, raw, record.line);
    }
    if (text !== '') stream.framed = FRAME.test(text);
    if (stream.open.length === 0 && !stream.framed && !stream.suspect && stream.warnText === undefined) {
      this.#streams.delete(record.caller);
    }
  }

  /** The log, or this boot's part of it, is over: what is open is cut off. */
  end(): void {
    for (const stream of this.#streams.values()) this.#closeAll(stream);
    this.#streams.clear();
  }

  /** A stream for a caller that has none, when the line may begin something; nearly all lines do not. */
  #watch(text: string, record: LogRecord): Stream | undefined {
    if (!FRAME.test(text) && !CUT_HERE.test(text) && headlineOf(text) === undefined) return undefined;
    if (this.#streams.size >= MAX_STREAMS) {
      const [oldest] = this.#streams;
      if (oldest !== undefined) {
        this.#closeAll(oldest[1]);
        this.#streams.delete(oldest[0]);
      }
    }
    const stream: Stream = { open: [], framed: false, suspect: undefined, warnText: undefined };
    this.#streams.set(record.caller, stream);
    return stream;
  }

  /** Headlines that only what stands around them makes one: an unknown framed report, a WARN() with a text before it. */
  #headlineInContext(stream: Stream, text: string, record: LogRecord): Headline | undefined {
    const { suspect, warnText } = stream;
    if (text === '') return undefined;
    if (suspect !== undefined) {
      stream.suspect = undefined;
      if (/^\d+\.\d+\.?\S* .*(?:Not tainted|Tainted: )/.test(text))
        this.#open(stream, suspect.headline, suspect.record);
      return undefined;
    }
    if (CUT_HERE.test(text)) {
      stream.warnText = '';
    } else if (warnText !== undefined) {
      stream.warnText = warnText === '' && !text.startsWith('WARNING:') ? text : undefined;
    }
    if (stream.framed) {
      const headline = unknownFramed(text);
      if (headline !== undefined) stream.suspect = { headline, record };
    }
    return undefined;
  }

  /** Whether a headline is a further line of a report that is open: the WARNING line of a WARN() whose text came first, or the reverse. */
  #belongs(stream: Stream, headline: Headline, raw: string, line: number): boolean {
    const current = stream.open.at(-1);
    if (headline.kind !== 'warning' || current?.facts.headline.kind !== 'warning') return false;
    // Below "cut here" another WARN() begins, whatever the open one still lacks.
    if (stream.warnText !== undefined) return false;
    const open = current.facts.headline;
    if (open.site === undefined) return headline.site !== undefined && current.feed(raw, line) === 'part';
    if (headline.site !== undefined || current.inTrace) return false;
    current.facts.headline = { ...open, words: headline.words };
    return true;
  }

  #open(stream: Stream, headline: Headline, record: LogRecord): void {
    const { warnText } = stream;
    stream.warnText = undefined;
    stream.suspect = undefined;
    const ownText = warnText !== undefined && warnText !== '' && warningHeadline(warnText) === undefined;
    const named = headline.kind === 'warning' && ownText ? { ...headline, words: warnText } : headline;
    const report = new ReportParser(named, record.line, record.time);
    if (stream.framed && named.framed) report.facts.confirmed = true;
    // A WARN() inside a stack, or the like: the outer report goes on afterwards.
    stream.open.push(report);
    if (stream.open.length > MAX_OPEN) this.#close(stream, 0);
  }

  /** Offers a line to the open reports, the one that was last at it first. */
  #route(stream: Stream, raw: string, line: number): void {
    for (let at = stream.open.length - 1; at >= 0; at--) {
      const report = stream.open[at];
      const verdict = report.feed(raw, line);
      if (verdict === 'foreign') {
        if (this.#patienceOver(report)) this.#close(stream, at);
        continue;
      }
      if (verdict === 'done') this.#close(stream, at);
      else if (at < stream.open.length - 1 && raw.trim() !== '') {
        stream.open.splice(at, 1);
        stream.open.push(report);
      }
      return;
    }
  }

  #patienceOver(report: ReportParser): boolean {
    if (report.insideMarks) return report.refused > PATIENCE.insideMarks;
    return report.refused > (report.complete && report.inTrace ? PATIENCE.afterTrace : PATIENCE.beforeTrace);
  }

  #closeAll(stream: Stream): void {
    while (stream.open.length > 0) this.#close(stream, 0);
  }

  #close(stream: Stream, at: number): void {
    const [report] = stream.open.splice(at, 1);
    if (!report?.facts.confirmed) return;
    report.finish();
    report.facts.cut = !report.complete;
    this.#emit(report.facts);
  }
}
