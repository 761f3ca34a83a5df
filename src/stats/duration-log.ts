import type { Site, SiteWriter } from '../lockdep/site.js';
import type { Durations } from '../model/lock-stats.js';
import { Histogram } from './histogram.js';

/** Lengths of time in ticks, with the place of the longest. */
export class DurationLog {
  readonly #histogram = new Histogram();
  #longest: Site | undefined;

  get count(): number {
    return this.#histogram.count;
  }

  /** Counts a length; true when it is the longest so far, and then {@link place} wants to know where it began. */
  add(ticks: number): boolean {
    const isLongest = this.#histogram.count === 0 || ticks > this.#histogram.max;
    this.#histogram.add(ticks);
    return isLongest;
  }

  place(site: Site): void {
    this.#longest = site;
  }

  /** `scale` turns ticks into the unit of the result; undefined when nothing was counted. */
  result(scale: number, sites: SiteWriter): Durations | undefined {
    const log = this.#histogram;
    if (log.count === 0) return undefined;
    const inUnit = (ticks: number): number => Math.round(ticks * scale);
    return {
      count: log.count,
      total: inUnit(log.total),
      min: inUnit(log.min),
      median: inUnit(log.quantile(0.5)),
      p99: inUnit(log.quantile(0.99)),
      max: inUnit(log.max),
      longest: this.#longest === undefined ? {} : sites.where(this.#longest),
    };
  }
}
