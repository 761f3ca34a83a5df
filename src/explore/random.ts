import { RandomSource } from './random-source.js';
import { ActorKind, type Choice, type Strategy } from './strategy.js';

/** One tick is taken for this many that are offered: a tick only preempts, and would otherwise drown the rest. */
const TICK_ONE_IN = 32;

/** Every actor is as likely as any other at every operation (ticks less so). */
export class RandomWalk implements Strategy {
  readonly name = 'random';
  readonly anyTime = true;
  readonly #random: RandomSource;

  constructor(seed: number) {
    this.#random = new RandomSource(seed);
  }

  next(choice: Choice): number {
    for (;;) {
      const i = this.#random.below(choice.count);
      if (choice.actors[i]?.kind !== ActorKind.Tick || this.#random.below(TICK_ONE_IN) === 0) return i;
    }
  }

  random(bound: number): number {
    return this.#random.below(bound);
  }
}
