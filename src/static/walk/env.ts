import { join, sameValue, type Value, valueKey } from './value.js';

/** Names in the order in which they were declared, each with its place. One object for equal orders, so that places need not be looked up anew. */
class Names {
  readonly list: readonly string[];
  readonly places: ReadonlyMap<string, number>;
  readonly #longer = new Map<string, Names>();
  readonly #alike = new Map<string, readonly number[]>();

  constructor(list: readonly string[]) {
    this.list = list;
    this.places = new Map(list.map((name, i) => [name, i]));
  }

  and(name: string): Names {
    let longer = this.#longer.get(name);
    if (longer === undefined) {
      longer = new Names([...this.list, name]);
      this.#longer.set(name, longer);
    }
    return longer;
  }

  /** Places of the names that begin so. */
  beginning(prefix: string): readonly number[] {
    let places = this.#alike.get(prefix);
    if (places === undefined) {
      places = this.list.flatMap((name, i) => (name.startsWith(prefix) ? [i] : []));
      this.#alike.set(prefix, places);
    }
    return places;
  }
}

/** Variables of an invocation. Never changed: a path that gives one a value goes on with another `Env`. */
export class Env {
  readonly #names: Names;
  readonly #values: readonly (Value | undefined)[];

  private constructor(names: Names, values: readonly (Value | undefined)[]) {
    this.#names = names;
    this.#values = values;
  }

  /** One without variables, from which all of a walk are made. */
  static empty(): Env {
    return new Env(new Names([]), []);
  }

  get(name: string): Value | undefined {
    const place = this.#names.places.get(name);
    return place === undefined ? undefined : this.#values[place];
  }

  /** Names of the variables that have a value and begin so, in the order in which they were declared. */
  names(prefix: string): string[] {
    const out: string[] = [];
    for (const place of this.#names.beginning(prefix))
      if (this.#values[place] !== undefined) out.push(this.#names.list[place] ?? '');
    return out;
  }

  /** One object for all with the same names, declared in the same order. */
  get shape(): object {
    return this.#names;
  }

  /** Equal for equal values, of one {@link shape}. */
  get key(): string {
    let key = '';
    for (const value of this.#values) key += value === undefined ? '\n' : `${valueKey(value)}\n`;
    return key;
  }

  /** With a value for a variable; undefined: without it. */
  with(name: string, value: Value | undefined): Env {
    const place = this.#names.places.get(name);
    if (place === undefined)
      return value === undefined ? this : new Env(this.#names.and(name), [...this.#values, value]);
    if (this.#values[place] === value) return this;
    const values = this.#values.slice();
    values[place] = value;
    return new Env(this.#names, values);
  }

  /** With all variables of a closure. */
  withAll(values: Iterable<readonly [string, Value]>): Env {
    let out: Env = this;
    for (const [name, value] of values) out = out.with(name, value);
    return out;
  }

  /** Where two paths meet. What only one of them has declared, the code after that cannot name. */
  joined(other: Env): Env {
    if (this === other) return this;
    let out: (Value | undefined)[] | undefined;
    const values = this.#values;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value === undefined) continue;
      const there = this.#at(other, i);
      const next = there === undefined ? undefined : join(value, there);
      if (next === value) continue;
      out ??= values.slice();
      out[i] = next;
    }
    return out === undefined ? this : new Env(this.#names, out);
  }

  /** Whether the other has all variables of this one, with equal values. */
  isIn(other: Env): boolean {
    if (this === other) return true;
    return this.#values.every((value, i) => {
      if (value === undefined) return true;
      const there = this.#at(other, i);
      return there !== undefined && sameValue(there, value);
    });
  }

  /** What another has of the variable at place `i`. */
  #at(other: Env, i: number): Value | undefined {
    return other.#names === this.#names ? other.#values[i] : other.get(this.#names.list[i] ?? '');
  }
}
