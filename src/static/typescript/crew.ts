import { fileURLToPath } from 'node:url';
import type { Tinypool } from 'tinypool';
import type { PackedFacts } from '../walk/packed-facts.js';
import type { Outcome, Trail } from './walker.js';

/** What threads are given at their start. */
export interface CrewSetup {
  /** Folders of rules beside those that come with lockvet. */
  readonly ruleFolders: readonly string[];
  readonly policy: string;
  readonly preemptRt: boolean | undefined;
}

/** Code to be walked by a thread; units as JSON. */
export type WalkingTask = { readonly units: readonly string[] } & (
  | { readonly do: 'scenarios'; readonly file: string }
  | { readonly do: 'factory'; readonly id: string }
  | { readonly do: 'open'; readonly files: readonly string[]; readonly ids: readonly string[] }
  | { readonly do: 'alone'; readonly files: readonly string[]; readonly ids: readonly string[]; readonly file: string }
);

/** What it comes to. */
interface WalkingResults {
  readonly scenarios: readonly Outcome[];
  readonly factory: readonly Outcome[];
  readonly open: OpenWalk;
  readonly alone: Outcome;
}

/** What walking functions that anyone may call came to. */
export interface OpenWalk {
  readonly facts: PackedFacts;
  readonly trail: Trail;
}

/** Files to be read, and code to be walked, from which on threads are worth their start. */
const WORTH_FILES = 100;
const WORTH_WALKS = 8;

/** Threads that walk sources beside the main one. What they come to does not depend on their number. */
export class Crew {
  readonly #setup: CrewSetup;
  readonly #most: number;
  #size = 0;
  #pool: Promise<Tinypool> | undefined;

  /** @param threads at most, the main one among them while it has something else to do */
  constructor(threads: number, setup: CrewSetup) {
    // Without compiled sources (under a test runner) there is no thread to start.
    this.#most = import.meta.url.endsWith('.js') ? threads : 1;
    this.#setup = setup;
  }

  /** Everything is walked here. */
  get isHired(): boolean {
    return this.#size > 0;
  }

  /** Has what is read walked here while the main thread reads on, where so many files are worth it. */
  hireWhileReading(files: number): void {
    if (files >= WORTH_FILES) this.#size = this.#most - 1;
  }

  /** Has so much code walked here, where it is worth it. */
  hireToWalk(walks: number): void {
    if (walks >= WORTH_WALKS && this.#most > 1) this.#size = Math.min(this.#most, walks);
  }

  async walk<What extends keyof WalkingResults>(task: WalkingTask & { do: What }): Promise<WalkingResults[What]> {
    this.#pool ??= this.#start();
    return (await this.#pool).run(task, { name: 'walk' }) as Promise<WalkingResults[What]>;
  }

  async close(): Promise<void> {
    await (await this.#pool)?.destroy();
  }

  async #start(): Promise<Tinypool> {
    const { Tinypool: Pool } = await import('tinypool');
    return new Pool({
      filename: fileURLToPath(new URL('./crew-worker.js', import.meta.url)),
      minThreads: this.#size,
      maxThreads: this.#size,
      workerData: this.#setup,
    });
  }
}
