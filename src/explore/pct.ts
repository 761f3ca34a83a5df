import { RandomSource } from './random-source.js';
import { type Actor, ActorKind, type Choice, type Strategy } from './strategy.js';

/** After this many steps the one that has not moved for the longest time goes to the front. */
const RESCUE_EVERY = 500;
/** Above every priority that is drawn. */
const FRONT = 0x40000001;

/**
 * Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010): every task and interrupt gets a random priority,
 * the highest that can move does, and at `depth - 1` random points the one that moves falls below all others. A bug
 * that needs `depth` ordering constraints is found with probability at least 1/(n k^(depth-1)). In longer runs
 * the one that has waited for longest comes to the front now and then: others may wait for it in loops, by the clock or by spinning, that would
 * never end.
 */
export class Pct implements Strategy {
  readonly name = 'pct';
  readonly anyTime = true;
  readonly #random: RandomSource;
  readonly #priorities = new Map<number, number>();
  /** Steps at which the running actor falls, ascending. */
  readonly #changePoints: number[] = [];
  /** Step at which each was last chosen. */
  readonly #moved = new Map<number, number>();
  #falls = 0;
  #rescues = 0;
  #nextRescue = RESCUE_EVERY;

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
    if (choice.step >= this.#nextRescue) this.#rescue(choice);
    let best = this.#highest(choice);
    while ((this.#changePoints[0] ?? Number.POSITIVE_INFINITY) <= choice.step) {
      this.#changePoints.shift();
      this.#fall(choice, best);
      best = this.#highest(choice);
    }
    // A context that waits for another in a loop would wait for ever for one of lower priority: it takes this turn, all others go
    // before its next one.
    if (choice.actors[best]?.pending?.label === 'cpu_relax') this.#fall(choice, best);
    // A tick only makes the scheduler rotate equals; taken for ever it would starve them all.
    if (choice.actors[best]?.kind === ActorKind.Tick) this.#fall(choice, best);
    const actor = choice.actors[best];
    if (actor !== undefined) this.#moved.set(keyOf(actor), choice.step);
    return best;
  }

  random(bound: number): number {
    return this.#random.below(bound);
  }

  #rescue(choice: Choice): void {
    this.#nextRescue = choice.step + RESCUE_EVERY;
    let longest: number | undefined;
    let since = choice.step;
    for (let i = 0; i < choice.count; i++) {
      const actor = choice.actors[i];
      if (actor === undefined || actor.kind === ActorKind.Tick) continue;
      const key = keyOf(actor);
      const moved = this.#moved.get(key);
      // Its wait counts from now on: sources of interrupts come and go.
      if (moved === undefined) this.#moved.set(key, choice.step);
      if (moved === undefined || moved >= since) continue;
      since = moved;
      longest = key;
    }
    if (longest === undefined) return;
    this.#priorities.set(longest, FRONT + this.#rescues++);
    this.#moved.set(longest, choice.step);
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
    const key = keyOf(actor);
    let priority = this.#priorities.get(key);
    if (priority === undefined) {
      priority = 1 + this.#random.below(0x40000000);
      // Time goes on when an interrupt is taken before it is due. Half of them let all others go first, or a task that waits by
      // the clock in a loop would hold up those that it waits for.
      if (actor.kind === ActorKind.Interrupt && (priority & 1) === 1) priority = -++this.#falls;
      this.#priorities.set(key, priority);
    }
    return priority;
  }

  #fall(choice: Choice, i: number): void {
    const actor = choice.actors[i];
    if (actor !== undefined) this.#priorities.set(keyOf(actor), -++this.#falls);
  }
}

function keyOf(actor: Actor): number {
  return actor.id * 4 + actor.kind;
}
