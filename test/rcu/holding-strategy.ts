import { RandomWalk } from '../../src/explore/random.js';
import { type Actor, ActorKind, type Choice, type Strategy } from '../../src/explore/strategy.js';

/**
 * A random walk that holds a CPU back for as long as `held` says so of what it is about to do: puts a race of few operations
 * in the order that a test is about.
 */
export class HoldingStrategy implements Strategy {
  readonly name = 'random';
  readonly anyTime = true;
  readonly #walk: RandomWalk;
  readonly #held: (actor: Actor) => boolean;

  constructor(seed: number, held: (actor: Actor) => boolean) {
    this.#walk = new RandomWalk(seed);
    this.#held = held;
  }

  next(choice: Choice): number {
    const free: number[] = [];
    for (let i = 0; i < choice.count; i++) {
      const actor = choice.actors[i];
      if (actor !== undefined && !(actor.kind === ActorKind.Cpu && this.#held(actor))) free.push(i);
    }
    if (free.length === 0) return this.#walk.next(choice);
    const actors = free.flatMap((i) => choice.actors[i] ?? []);
    const chosen = free.length === 1 ? 0 : this.#walk.next({ ...choice, count: free.length, actors, previous: -1 });
    return free[chosen] ?? 0;
  }

  random(bound: number): number {
    return this.#walk.random(bound);
  }
}
