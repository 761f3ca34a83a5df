import type { MakeValidator, OnJudged, Watch } from '../../judge/index.js';
import type { Observation } from '../../model/observation.js';
import type { Run } from '../../model/report.js';
import { duckdb } from '../library.js';
import { observationOf } from './extract.js';
import { together } from './together.js';
import { WatchedValidator } from './watched-validator.js';

/** Watches inputs being judged and keeps what each showed, for the store. */
export class Observer implements Watch {
  readonly #seen = new Map<Run, Observation>();
  #met: Observation | undefined;

  readonly validator: MakeValidator = (options) => {
    // The database library is loaded while the first events are on their way: nothing else is to be done then.
    setImmediate(duckdb);
    return new WatchedValidator(options);
  };

  readonly onJudged: OnJudged = (judged) => {
    const { validator } = judged.engines;
    if (!(validator instanceof WatchedValidator)) return;
    const seen = observationOf(validator, judged);
    this.#met = this.#met === undefined ? seen : together(this.#met, seen);
  };

  readonly onRun = (run: Run): void => {
    if (this.#met !== undefined) this.#seen.set(run, this.#met);
    this.#met = undefined;
  };

  /** What the input of this run showed; undefined for logs and sources. */
  of(run: Run): Observation | undefined {
    return this.#seen.get(run);
  }
}
