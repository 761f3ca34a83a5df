/**
 * Values that are not known. Conditions never see one: a condition is evaluated in complete worlds only, and a
 * {@link WorldSearch} walks through every world that the condition can tell apart.
 */

/** What a condition can distinguish among values without a natural finite range; see {@link OneOf}. */
export interface Domain {
  /** Gfp masks: enough of them that any other mask answers the condition like one of these. */
  readonly masks: readonly number[];
  /** Integers around those that the condition compares with. */
  readonly integers: readonly number[];
}

/**
 * One value out of several, it is not known which. An instance is one unknown: wherever the same instance stands, it
 * stands for the same value, so facts that depend on each other can share one.
 */
export class OneOf<T> {
  readonly #values: readonly T[] | ((domain: Domain) => readonly T[]);

  /** `values` are all the possible ones, or a function that picks them from what a condition can tell apart. */
  constructor(values: readonly T[] | ((domain: Domain) => readonly T[])) {
    this.#values = values;
  }

  /** The possible values, at least one. */
  values(domain: Domain): readonly T[] {
    return typeof this.#values === 'function' ? this.#values(domain) : this.#values;
  }
}

/** A value, or an unknown among several. */
export type Maybe<T> = T | OneOf<T>;

/** A fresh unknown truth value. */
export function unknownBool(): OneOf<boolean> {
  return new OneOf([false, true]);
}

/** A truth value from a tri-state: undefined becomes a fresh unknown. */
export function maybe(known: boolean | undefined): Maybe<boolean> {
  return known ?? unknownBool();
}

/** A fresh gfp mask of which nothing is known. */
export function unknownMask(): OneOf<number> {
  return new OneOf((domain) => domain.masks);
}

/** A fresh non-negative integer (a size, an order) of which nothing is known. */
export function unknownCount(): OneOf<number> {
  return new OneOf((domain) => domain.integers.filter((value) => value >= 0));
}

/** One world: which value each unknown has. */
export interface World {
  /** The value that `value` has in this world. */
  pick<T>(value: Maybe<T>): T;
}

/**
 * Depth-first search over worlds. An unknown splits the search only when the condition reads it, and short-circuiting
 * operators read little, so few of the 2^n worlds are visited although all are covered.
 */
export class WorldSearch implements World {
  readonly #domain: Domain;
  /** The choice made at the i-th unknown read, and how many values that one has. */
  readonly #choices: number[] = [];
  readonly #widths: number[] = [];
  readonly #read: OneOf<unknown>[] = [];

  constructor(domain: Domain) {
    this.#domain = domain;
  }

  pick<T>(value: Maybe<T>): T {
    if (!(value instanceof OneOf)) return value;
    const values = value.values(this.#domain);
    let at = this.#read.indexOf(value);
    if (at < 0) {
      at = this.#read.length;
      this.#read.push(value);
      if (at === this.#choices.length) {
        this.#choices.push(0);
        this.#widths.push(values.length);
      }
    }
    return values[this.#choices[at] ?? 0] as T;
  }

  /** Moves to the next world; false when all were visited. */
  next(): boolean {
    this.#read.length = 0;
    while (this.#choices.length > 0) {
      const last = this.#choices.length - 1;
      const choice = (this.#choices[last] ?? 0) + 1;
      if (choice < (this.#widths[last] ?? 0)) {
        this.#choices[last] = choice;
        return true;
      }
      this.#choices.pop();
      this.#widths.pop();
    }
    return false;
  }
}
