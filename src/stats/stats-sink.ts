import type { Validator } from '../lockdep/index.js';
import type { EventHeader } from '../model/events.js';
import { TeeSink } from '../model/tee.js';
import type { StatsCollector } from './collector.js';

/** A validator and the collector that stands behind it, as one sink: a release takes away what the collector needs to see. */
export class StatsSink extends TeeSink {
  readonly #validator: Validator;
  readonly #collector: StatsCollector;

  constructor(validator: Validator, collector: StatsCollector) {
    super(validator, collector);
    this.#validator = validator;
    this.#collector = collector;
  }

  override lockRelease(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#collector.beforeRelease(h, hi, lo, name);
    this.#validator.lockRelease(h, hi, lo, name);
  }
}
