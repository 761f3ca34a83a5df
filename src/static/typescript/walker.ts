import type { Law } from '../../judge/index.js';
import type { Finding } from '../../model/finding.js';
import { simulatedKind } from '../catalogue.js';
import type { TreeUnit } from '../ir/tree.js';
import { type Replayed, replay } from '../judge/replay.js';
import { FactBook } from '../walk/facts.js';
import { FactJoiner, type PackedFacts, packFacts } from '../walk/packed-facts.js';
import { type Walked, walkFactory, walkOpen, walkScenarios } from '../walk/programs.js';
import { loadSimTable } from '../walk/table.js';
import { linkTrees, type Walk } from '../walk/walk.js';
import { SIM_TABLES } from './places.js';

/** What walking some code came to, beside what it found. */
export interface Trail {
  /** Functions of which not every path was walked. */
  readonly partial: readonly string[];
  /** Calls that lead nowhere. */
  readonly unresolved: readonly string[];
  /** Calls of functions that whoever calls the sources hands in. */
  readonly handedIn: readonly string[];
  /** Functions that were walked, `FILE#index`. */
  readonly entered: readonly string[];
  /** Lines of a catalogue of lock kinds. */
  readonly locks: readonly string[];
}

/** What the rules say of some code. */
export interface Judged {
  readonly findings: readonly Finding[];
  readonly stats: { readonly classes: number; readonly dependencies: number; readonly chains: number };
}

/** The judgement of a scenario, or of all that no scenario reaches: plain data. */
export interface Outcome extends Trail, Judged {
  /** Of the scenario; '' for what no scenario reaches. */
  readonly name: string;
  readonly file: string;
}

/** Code to be walked. */
export type WalkingTask =
  /** Every scenario of a file. */
  | { readonly do: 'scenarios'; readonly file: string }
  /** The scenario that a function returns. */
  | { readonly do: 'factory'; readonly id: string }
  /** Functions that anyone may call. */
  | { readonly do: 'alone'; readonly files: readonly string[]; readonly ids: readonly string[]; readonly file: string }
  /** The same, to be judged together with what others do. */
  | { readonly do: 'open'; readonly files: readonly string[]; readonly ids: readonly string[] };

/** What it comes to. */
export interface WalkingResults {
  readonly scenarios: readonly Outcome[];
  readonly factory: readonly Outcome[];
  readonly alone: Outcome;
  readonly open: OpenWalk;
}

/** What walking functions that anyone may call came to. */
export interface OpenWalk {
  readonly facts: PackedFacts;
  readonly trail: Trail;
}

export interface WalkerOptions {
  readonly law: Law;
  readonly preemptRt: boolean | undefined;
  /** Is shown all judgements. */
  readonly onReplayed?: (replayed: Replayed) => void;
}

/** Walks code and judges what it does. With all that it needs it takes long to load, and does so only where something changed. */
export class Walker {
  readonly #options: WalkerOptions;
  readonly #table = loadSimTable([SIM_TABLES]);

  constructor(options: WalkerOptions) {
    this.#options = options;
  }

  /** @param units the files that the task names, and all that they import */
  walk<What extends keyof WalkingResults>(
    task: WalkingTask & { readonly do: What },
    units: readonly TreeUnit[],
  ): WalkingResults[What];
  walk(task: WalkingTask, units: readonly TreeUnit[]): WalkingResults[keyof WalkingResults] {
    const program = linkTrees(units);
    switch (task.do) {
      case 'scenarios':
        return walkScenarios(program, this.#table, task.file, this.#options).map((walked) => this.#outcome(walked));
      case 'factory':
        return walkFactory(program, this.#table, task.id, this.#options).map((walked) => this.#outcome(walked));
      case 'alone': {
        const walk = walkOpen(program, this.#table, task.files, task.ids, this.#options);
        return { name: '', file: task.file, ...this.#certain(walk.facts, task.file), ...trailOf(walk) };
      }
      case 'open': {
        const walk = walkOpen(program, this.#table, task.files, task.ids, this.#options);
        return { facts: packFacts(walk.facts, walk.heap), trail: trailOf(walk) };
      }
    }
  }

  /** The judgement of what several walks of functions that anyone may call found. */
  together(all: Iterable<PackedFacts>, file: string): Judged {
    const book = new FactBook();
    const joiner = new FactJoiner(book);
    for (const facts of all) joiner.add(facts);
    return this.#certain(book, file);
  }

  /** Of functions that anyone may call nothing is known of the objects: what is only possible is guesswork. */
  #certain(book: FactBook, file: string): Judged {
    const judged = this.#judged(book, file);
    return { ...judged, findings: judged.findings.filter((finding) => finding.confidence === 'certain') };
  }

  #outcome({ name, file, walk }: Walked): Outcome {
    return { name, file, ...this.#judged(walk.facts, file), ...trailOf(walk) };
  }

  #judged(book: FactBook, file: string): Judged {
    const replayed = replay(book, this.#options.law, file);
    this.#options.onReplayed?.(replayed);
    const { classes, dependencies, chains } = replayed.engines.stats();
    return { findings: replayed.findings, stats: { classes, dependencies, chains } };
  }
}

function trailOf({ partial, unresolved, unresolvedInSetup, handedIn, entered, made }: Walk): Trail {
  const locks = [...made].flatMap(([name, classes]) => [...classes].flatMap((cls) => simulatedKind(cls, name) ?? []));
  return {
    partial: [...partial],
    unresolved: [...unresolved, ...unresolvedInSetup],
    handedIn: [...handedIn],
    entered: [...entered],
    locks,
  };
}
