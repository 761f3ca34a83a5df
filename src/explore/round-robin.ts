import { RandomSource } from './random-source.js';
import { ActorKind, type Choice, type Strategy } from './strategy.js';

/**
 * By the clock: the CPU that is furthest behind moves next, interrupts arrive when they are due. The schedule of a
 * machine whose CPUs run side by side at equal speed, hence the one whose times mean something. The seed only feeds
 * {@link Strategy.random}.
 */
export class RoundRobin implements Strategy {
  readonly name = 'rr';
  readonly anyTime = false;
  readonly #random: RandomSource;
  readonly #quantum: number;

  /** `quantum`: nanoseconds that a CPU may run ahead before another gets its turn. */
  constructor(seed = 1, quantum = 0) {
    this.#random = new RandomSource(seed);
    this.#quantum = quantum;
  }

  next(choice: Choice): number {
    let best = 0;
    let bestDue = Number.POSITIVE_INFINITY;
    for (let i = 0; i < choice.count; i++) {
      const actor = choice.actors[i];
      if (actor === undefined) break;
      // A due interrupt goes before the operation that would follow it.
      if (actor.kind !== ActorKind.Cpu) return i;
      const due = i === choice.previous ? actor.due - this.#quantum : actor.due;
      if (due < bestDue) {
        bestDue = due;
        best = i;
      }
    }
    return best;
  }

  random(bound: number): number {
    return this.#random.below(bound);
  }
}
