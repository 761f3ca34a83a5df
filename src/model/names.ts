/**
 * Names (lock names, comms, call sites, symbols) travel through the event stream as small integers.
 * Whoever makes the events owns the table; id 0 is always the empty, unknown name.
 */
export interface NameTable {
  /** The text of a name id; '' for 0. May symbolise an address lazily, so call it when reporting, not per event. */
  text(id: number): string;
}

/** A growable name table that interns JavaScript strings: for the simulator, tests and slow paths of readers. */
export class StringNames implements NameTable {
  readonly #texts: string[] = [''];
  readonly #ids = new Map<string, number>([['', 0]]);

  /** The id of `text`, the same for every equal string. */
  intern(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#texts.length;
    this.#texts.push(text);
    this.#ids.set(text, id);
    return id;
  }

  text(id: number): string {
    return this.#texts[id] ?? '';
  }
}
