import type { Site, SiteWriter } from '../lockdep/site.js';
import type { Durations } from '../model/lock-stats.js';
import { Histogram } from './histogram.js';

/** Lengths of time in ticks, with the place of the longest. */
export class DurationLog extends Histogram {
  #longest: Site | undefined;

  /** The length counted last, the longest so far, began here. */
  place(site: Site): void {
    this.#longest = site;
  }

  /** `scale` turns ticks into the unit of the result; undefined when nothing was counted. */
  result(scale: number, sites: SiteWriter): Durations | undefined {
    if (this.count === 0) return undefined;
    const inUnit = (ticks: number): number => Math.round(ticks * scale);
    return {
      count: this.count,
      total: inUnit(this.total),
      min: inUnit(this.min),
      median: inUnit(this.quantile(0.5)),
      p99: inUnit(this.quantile(0.99)),
      max: inUnit(this.max),
      longest: this.#longest === undefined ? {} : sites.where(this.#longest),
    };
  }
}
