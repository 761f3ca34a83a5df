import { ActorKind, type Choice, type Strategy } from '../../src/explore/strategy.js';

/** At that step, so many of those whose turn it would be next are passed over. */
export interface Delay {
  readonly step: number;
  readonly skipped: number;
}

/**
 * Delay-bounded scheduling (Emmi, Qadeer, Rakamarić: Delay-Bounded Scheduling, POPL 2011): whoever moves goes on until it cannot, then the
 * next in turn, interrupts when no CPU can; but for a few delays. All schedules with so many delays are far fewer than all
 * schedules, and can be gone through. Random numbers are all 0: nothing is left to chance.
 */
export class DelayBounded implements Strategy {
  readonly name = 'delays';
  readonly anyTime = true;
  /** By the number of the choice: how many could move. */
  readonly counts: number[] = [];
  readonly #delays: ReadonlyMap<number, number>;
  /** Who moved last. */
  #cpu = -1;

  constructor(delays: readonly Delay[]) {
    this.#delays = new Map(delays.map(({ step, skipped }) => [step, skipped]));
  }

  next(choice: Choice): number {
    const order = this.#order(choice);
    const skipped = this.#delays.get(this.counts.length) ?? 0;
    this.counts.push(choice.count);
    const chosen = order[skipped % order.length] ?? 0;
    const actor = choice.actors[chosen];
    if (actor !== undefined) this.#cpu = actor.cpu;
    return chosen;
  }

  random(): number {
    return 0;
  }

  /** Whose turn it is: the one that moved last unless it only waits for others, CPUs after it, interrupts, ticks. */
  #order(choice: Choice): number[] {
    const rank = (i: number): number => {
      const actor = choice.actors[i];
      if (actor === undefined) return Number.POSITIVE_INFINITY;
      if (actor.kind !== ActorKind.Cpu) return 1000 * (1 + actor.kind) + i;
      const waits = actor.pending?.label === 'cpu_relax';
      if (i === choice.previous && !waits) return -1;
      const distance = actor.cpu - this.#cpu;
      return (distance > 0 ? distance : distance + 100) + (waits ? 500 : 0);
    };
    return Array.from({ length: choice.count }, (_, i) => i).toSorted((a, b) => rank(a) - rank(b));
  }
}

/**
 * Runs all schedules without a delay, all with one, and so on, as long as they are `limit` at most.
 *
 * @returns schedules that were run, and the delays that the last of them have.
 */
export function everySchedule(
  limit: number,
  run: (strategy: DelayBounded) => void,
): { readonly runs: number; readonly delays: number } {
  let runs = 0;
  let level: (readonly Delay[])[] = [[]];
  for (let delays = 0; ; delays++) {
    const next: (readonly Delay[])[] = [];
    for (const given of level) {
      const strategy = new DelayBounded(given);
      run(strategy);
      runs++;
      // One more delay, after those that are there: each set of delays comes up once.
      const from = (given[given.length - 1]?.step ?? -1) + 1;
      for (let step = from; step < strategy.counts.length && runs + next.length <= limit; step++) {
        for (let skipped = 1; skipped < (strategy.counts[step] ?? 0); skipped++)
          next.push([...given, { step, skipped }]);
      }
    }
    if (next.length === 0 || runs + next.length > limit) return { runs, delays };
    level = next;
  }
}
