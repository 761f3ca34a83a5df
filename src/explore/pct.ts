import { RandomSource } from './random-source.js';
import { ActorKind, type Choice, type Strategy } from './strategy.js';

/**
 * Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010): every task and interrupt gets a random priority,
 * the highest that can move does, and at `depth - 1` random points the one that moves falls below all others. A bug
 * that needs `depth` ordering constraints is found with probability at least 1/(n k^(depth-1)).
 */
export class Pct implements Strategy {
  readonly name = 'pct';
  readonly anyTime = true;
  readonly #random: RandomSource;
  readonly #priorities = new Map<number, number>();
  /** Steps at which the running actor falls, ascending. */
  readonly #changePoints: number[] = [];
  #falls = 0;

  /**
   * `depth`: ordering constraints of the bugs looked for, at least 1; `length`: expected operations of a run. The default goes
   * with the seed from 16 to 2048, so that a range of seeds suits runs of every length.
   */
  constructor(seed: number, depth = 3, length = 16 << (seed & 7)) {
    this.#random = new RandomSource(seed);
    for (let i = 1; i < depth; i++) this.#changePoints.push(1 + this.#random.below(length));
    this.#changePoints.sort((a, b) => a - b);
  }

  next(choice: Choice): number {
    let best = this.#highest(choice);
    while ((this.#changePoints[0] ?? Number.POSITIVE_INFINITY) <= choice.step) {
      this.#changePoints.shift();
      this.#fall(choice, best);
      best = this.#highest(choice);
    }
    // A context that waits for another in a loop would wait for ever for one of lower priority.
    if (choice.actors[best]?.pending?.label === 'cpu_relax') {
      this.#fall(choice, best);
      best = this.#highest(choice);
    }
    // A tick only makes the scheduler rotate equals; taken for ever it would starve them all.
    if (choice.actors[best]?.kind === ActorKind.Tick) this.#fall(choice, best);
    return best;
  }

  random(bound: number): number {
    return this.#random.below(bound);
  }

  #highest(choice: Choice): number {
    let best = 0;
    let bestPriority = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < choice.count; i++) {
      const priority = this.#priorityOf(choice, i);
      if (priority > bestPriority) {
        bestPriority = priority;
        best = i;
      }
    }
    return best;
  }

  #priorityOf(choice: Choice, i: number): number {
    const actor = choice.actors[i];
    if (actor === undefined) return Number.NEGATIVE_INFINITY;
    const key = actor.id * 4 + actor.kind;
    let priority = this.#priorities.get(key);
    if (priority === undefined) {
      priority = 1 + this.#random.below(0x40000000);
      this.#priorities.set(key, priority);
    }
    return priority;
  }

  #fall(choice: Choice, i: number): void {
    const actor = choice.actors[i];
    if (actor !== undefined) this.#priorities.set(actor.id * 4 + actor.kind, -++this.#falls);
  }
}
