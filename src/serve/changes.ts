import { statSync } from 'node:fs';

/** Time between two looks at a file, in milliseconds. */
const LOOK = 400;

/**
 * Tells when a file is another than it was and has settled: equal at two looks. Looking is by time and size; a database that is
 * being written is left alone.
 */
export class Changes {
  readonly #file: string;
  readonly #waiting = new Set<(change: boolean) => void>();
  readonly #timer: NodeJS.Timeout;
  #count = 0;
  /** What was told of last; at first what was there before anybody could read it. */
  #told: string;
  #seen: string | undefined;

  constructor(file: string, look = LOOK) {
    this.#file = file;
    this.#told = signatureOf(file);
    this.#timer = setInterval(() => this.#look(), look);
  }

  /** Changes so far: who remembers it can ask later whether there was one since. */
  get count(): number {
    return this.#count;
  }

  /** Resolves to true at the next change, to false after so many milliseconds without one, or when this is closed. */
  next(milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (change: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve(change);
      };
      const timer = setTimeout(() => done(false), milliseconds);
      this.#waiting.add(done);
    });
  }

  close(): void {
    clearInterval(this.#timer);
    for (const done of [...this.#waiting]) done(false);
  }

  #look(): void {
    const now = signatureOf(this.#file);
    const settled = now === this.#seen;
    this.#seen = now;
    if (!settled || now === this.#told) return;
    this.#told = now;
    this.#count++;
    for (const done of [...this.#waiting]) done(true);
  }
}

function signatureOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? 'missing' : `${found.mtimeMs} ${found.size}`;
}
