import type { Strategy } from '../../explore/strategy.js';
import type { FailureOptions } from './options.js';

/** Decides which allocations fail on purpose. */
export class Failures {
  /** May be changed at any time by the scenario. */
  options: FailureOptions;
  /** Allocations asked about, and those that were made to fail. */
  asked = 0;
  injected = 0;
  readonly #strategy: Strategy;

  constructor(options: FailureOptions, strategy: Strategy) {
    this.options = options;
    this.#strategy = strategy;
  }

  /** should_fail(): call once an allocation. */
  shouldFail(): boolean {
    const { nth, percent, pattern } = this.options;
    const index = this.asked++;
    const fails =
      (nth !== undefined && nth > 0 && (index + 1) % nth === 0) ||
      (percent !== undefined && percent > 0 && this.#strategy.random(100) < percent) ||
      (pattern !== undefined && pattern.length > 0 && pattern[index % pattern.length] === 'x');
    if (fails) this.injected++;
    return fails;
  }
}
