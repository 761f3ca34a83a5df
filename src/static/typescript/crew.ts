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

/** Files to be read, from which on threads are worth their start. */
const WORTH = 100;

/** Threads that walk sources while the main one reads them. What they come to does not depend on their number. */
export class Crew {
  readonly #setup: CrewSetup;
  readonly #size: number;
  #pool: Promise<Tinypool> | undefined;

  /** @param threads at most, the main one among them */
  constructor(threads: number, setup: CrewSetup) {
    // Without compiled sources (under a test runner) there is no thread to start.
    this.#size = import.meta.url.endsWith('.js') ? threads - 1 : 0;
    this.#setup = setup;
  }

  /** Whether to have code walked here, where so many files have to be read first. */
  isWorth(files: number): boolean {
    return this.#size > 0 && files >= WORTH;
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
