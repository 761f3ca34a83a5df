import { RandomSource } from '../../src/explore/random-source.js';
import { type Actor, ActorKind, type Choice, type Strategy } from '../../src/explore/strategy.js';

/** One in this many operations with a chosen label is held back. */
const ONE_IN = 3;

/**
 * A random walk that now and then holds an operation with one of the given labels back for some steps: it widens the windows that a
 * plain random walk hits too rarely, such as that between two instructions of a reader in which a grace period must pass.
 */
export class StretchedStrategy implements Strategy {
  readonly name = 'random';
  readonly anyTime = true;
  readonly #random: RandomSource;
  readonly #labels: Readonly<Record<string, number>>;
  /** By actor: the step until which it is held, for the operation that it is about to do. */
  readonly #held = new Map<number, { label: string; until: number }>();

  /** `labels`: the most steps that an operation of that label may be held back. */
  constructor(seed: number, labels: Readonly<Record<string, number>>) {
    this.#random = new RandomSource(seed);
    this.#labels = labels;
  }

  next(choice: Choice): number {
    const free: number[] = [];
    for (let i = 0; i < choice.count; i++) if (!this.#isHeld(choice, choice.actors[i])) free.push(i);
    for (;;) {
      const i = free.length === 0 ? this.#random.below(choice.count) : (free[this.#random.below(free.length)] ?? 0);
      if (choice.actors[i]?.kind !== ActorKind.Tick || this.#random.below(32) === 0) return i;
    }
  }

  random(bound: number): number {
    return this.#random.below(bound);
  }

  #isHeld(choice: Choice, actor: Actor | undefined): boolean {
    if (actor === undefined || actor.kind !== ActorKind.Cpu) return false;
    const label = actor.pending?.label ?? '';
    const most = this.#labels[label];
    if (most === undefined) {
      this.#held.delete(actor.id);
      return false;
    }
    let held = this.#held.get(actor.id);
    if (held?.label !== label) {
      const steps = this.#random.below(ONE_IN) === 0 ? this.#random.below(most) : 0;
      held = { label, until: choice.step + steps };
      this.#held.set(actor.id, held);
    }
    return choice.step < held.until;
  }
}
