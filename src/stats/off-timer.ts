import { type Site, siteOf } from '../lockdep/site.js';
import type { EventHeader } from '../model/events.js';
import { DurationLog } from './duration-log.js';

/** A CPU's span at hand; `since` below 0: there is none. */
interface Span {
  since: number;
  last: number;
  begin: Site | undefined;
}

/** Times that something was off on a CPU, told by events that switch it off and on. */
export class OffTimer {
  readonly log = new DurationLog();
  readonly #spans: Span[] = [];
  /** An event was seen. */
  isTold = false;

  off(h: EventHeader, ip: number): void {
    this.isTold = true;
    const span = spanOf(this.#spans, h.cpu);
    if (span.since >= 0) return;
    span.since = h.time;
    span.begin = siteOf(h, ip);
  }

  on(h: EventHeader): void {
    this.isTold = true;
    close(this.#spans, h.cpu, h.time, this.log);
  }

  /** What was going on on a CPU, or on all, is not to be counted: events were lost or belong to a selftest. */
  forget(cpu?: number): void {
    forget(this.#spans, cpu);
  }
}

/**
 * The same told by the state that any event carries: a span runs from the first event with it off to the last such one, so
 * it is shorter than the truth.
 */
export class FlagTimer {
  readonly log = new DurationLog();
  readonly #spans: Span[] = [];

  see(h: EventHeader, isOff: boolean, ip: number): void {
    const span = spanOf(this.#spans, h.cpu);
    if (!isOff) {
      if (span.since >= 0) close(this.#spans, h.cpu, span.last, this.log);
      return;
    }
    if (span.since < 0) {
      span.since = h.time;
      span.begin = siteOf(h, ip);
    }
    span.last = h.time;
  }

  forget(cpu?: number): void {
    forget(this.#spans, cpu);
  }
}

function spanOf(spans: Span[], cpu: number): Span {
  let span = spans[cpu];
  if (span === undefined) {
    span = { since: -1, last: -1, begin: undefined };
    spans[cpu] = span;
  }
  return span;
}

function close(spans: Span[], cpu: number, time: number, log: DurationLog): void {
  const span = spanOf(spans, cpu);
  if (span.since < 0) return;
  if (log.add(time - span.since) && span.begin !== undefined) log.place(span.begin);
  span.since = -1;
}

function forget(spans: readonly Span[], cpu: number | undefined): void {
  spans.forEach((span, id) => {
    if (cpu === undefined || cpu === id) span.since = -1;
  });
}
