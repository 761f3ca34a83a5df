import type { Site } from './site.js';

/** A class that a task took, or an event that it waited for. */
export interface Need {
  cls: number;
  read: number;
  /** State-wide acquisition count when it happened. */
  at: number;
  site: Site;
}

const LIMIT = 16;

/** The last distinct classes that a task needed before it could go on: what a signal of it may depend on. */
export class Needs {
  readonly #recent: Need[] = [];

  note(cls: number, read: number, at: number, site: Site): void {
    const known = this.#recent.findIndex((need) => need.cls === cls);
    if (known >= 0) this.#recent.splice(known, 1);
    else if (this.#recent.length === LIMIT) this.#recent.shift();
    this.#recent.push({ cls, read, at, site });
  }

  /** What comes next begins anew. */
  forget(): void {
    this.#recent.length = 0;
  }

  list(): readonly Need[] {
    return this.#recent;
  }
}
