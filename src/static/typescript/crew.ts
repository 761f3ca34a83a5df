import { fileURLToPath } from 'node:url';
import type { Tinypool } from 'tinypool';
import type { WalkingResults, WalkingTask } from './walker.js';

/** What threads are given at their start. */
export interface CrewSetup {
  /** Folders of rules beside those that come with lockvet. */
  readonly ruleFolders: readonly string[];
  readonly policy: string;
  readonly preemptRt: boolean | undefined;
}

/** What a thread is handed. */
export interface Handed {
  readonly task: WalkingTask;
  /** As JSON. */
  readonly units: readonly string[];
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

  /** As a walker does. */
  async walk<What extends keyof WalkingResults>(
    task: WalkingTask & { readonly do: What },
    units: Handed['units'],
  ): Promise<WalkingResults[What]> {
    this.#pool ??= this.#start();
    const handed: Handed = { task, units };
    return (await this.#pool).run(handed, { name: 'walk' }) as Promise<WalkingResults[What]>;
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
