import { dirname } from 'node:path';
import type { Law } from '../../judge/index.js';
import type { Finding } from '../../model/finding.js';
import { simulatedKind } from '../catalogue.js';
import { type Replayed, replay } from '../judge/replay.js';
import { FactBook } from '../walk/facts.js';
import { FactJoiner, type PackedFacts, packFacts } from '../walk/packed-facts.js';
import { type Walked, walkFactory, walkOpen, walkScenarios } from '../walk/programs.js';
import type { SimTable } from '../walk/table.js';
import type { Walk } from '../walk/walk.js';
import type { Trees } from './front.js';
import { digestOf } from './store.js';

/** What walking some code came to, beside what it found. */
interface Trail {
  /** Functions of which not every path was walked. */
  readonly partial: readonly string[];
  /** Calls that lead nowhere, and how often. */
  readonly unresolved: readonly (readonly [name: string, count: number])[];
  /** Functions that were walked, `FILE#index`. */
  readonly entered: readonly string[];
  /** Lines of a catalogue of lock kinds. */
  readonly locks: readonly string[];
}

/** The judgement of a scenario, or of all that no scenario reaches: plain data. */
export interface Outcome extends Trail {
  /** Of the scenario; '' for what no scenario reaches. */
  readonly name: string;
  readonly file: string;
  readonly findings: readonly Finding[];
  readonly stats: { readonly classes: number; readonly dependencies: number; readonly chains: number };
}

/** What the walk of functions that anyone may call came to. */
interface OpenFacts extends Trail {
  readonly facts: PackedFacts;
  readonly digest: string;
}

export interface OutcomeOptions {
  readonly law: Law;
  readonly table: SimTable;
  readonly preemptRt: boolean | undefined;
  /** Digest of the program, the rules and whatever else decides beside the sources. */
  readonly version: string;
  /** Outcomes of the last run by the digest of all that decided them. */
  readonly known: ReadonlyMap<string, unknown>;
  /** Is shown all judgements, none of which is then taken from `known`. */
  readonly onReplayed?: (replayed: Replayed) => void;
}

/** More functions that no scenario reaches than this are walked folder by folder. */
const MOST_TOGETHER = 400;

/** Walks and judges; what is as it was the last time is taken from there. */
export class Judge {
  /** Whatever was come to or taken, by the digest of all that decided it. */
  readonly kept = new Map<string, unknown>();
  readonly #trees: Trees;
  readonly #options: OutcomeOptions;

  constructor(trees: Trees, options: OutcomeOptions) {
    this.#trees = trees;
    this.#options = options;
  }

  /** Each scenario of the files by itself, then what no scenario reaches. */
  async all(files: readonly string[]): Promise<Outcome[]> {
    const out: Outcome[] = [];
    for (const file of files)
      if (this.#trees.known.get(file)?.head.hasDefault === true) out.push(...(await this.#scenarios(file)));
    const unreached = this.#unreached(files, out);
    // Functions that return a scenario: called once, so that it comes to be.
    for (const { id, file } of unreached) {
      if (this.#trees.known.get(file)?.head.factories.includes(id) === true)
        out.push(...(await this.#factory(id, file)));
    }
    const left = this.#unreached(files, out);
    if (left.length > 0) out.push(await this.#open(left, files));
    return out;
  }

  async #scenarios(file: string): Promise<readonly Outcome[]> {
    const { table, preemptRt } = this.#options;
    return this.#keeping(['scenarios', file, this.#trees.digest(file)], async () =>
      walkScenarios(await this.#trees.program([file]), table, file, { preemptRt }).map((walked) =>
        this.#judged(walked),
      ),
    );
  }

  async #factory(id: string, file: string): Promise<readonly Outcome[]> {
    const { table, preemptRt } = this.#options;
    return this.#keeping(['factory', id, this.#trees.digest(file)], async () =>
      walkFactory(await this.#trees.program([file]), table, id, { preemptRt }).map((walked) => this.#judged(walked)),
    );
  }

  #judged({ name, file, walk }: Walked): Outcome {
    return { name, file, ...this.#replayed(walk.facts, file), ...trailOf(walk) };
  }

  #replayed(book: FactBook, file: string): Pick<Outcome, 'findings' | 'stats'> {
    const replayed = replay(book, this.#options.law, file);
    this.#options.onReplayed?.(replayed);
    const { classes, dependencies, chains } = replayed.engines.stats();
    return { findings: replayed.findings, stats: { classes, dependencies, chains } };
  }

  /** Functions that can be called from outside and that nothing walked so far, by their ids. */
  #unreached(files: readonly string[], outcomes: readonly Outcome[]): { readonly id: string; readonly file: string }[] {
    const entered = new Set(outcomes.flatMap((outcome) => outcome.entered));
    return files
      .flatMap((file) =>
        (this.#trees.known.get(file)?.head.open ?? [])
          .filter(([, index]) => !entered.has(`${file}#${index}`))
          .map(([id]) => ({ id, file })),
      )
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /**
   * What no scenario reaches. Many functions are walked folder by folder, so that a change costs its folder; what they do to
   * locks is judged together.
   */
  async #open(
    left: readonly { readonly id: string; readonly file: string }[],
    files: readonly string[],
  ): Promise<Outcome> {
    const groups: OpenFacts[] = [];
    if (left.length <= MOST_TOGETHER)
      groups.push(
        await this.#openFacts(
          left.map(({ id }) => id),
          files,
        ),
      );
    else {
      const folders = [...new Set(left.map(({ file }) => dirname(file)))].sort();
      for (const folder of folders) {
        const ids = left.filter(({ file }) => dirname(file) === folder).map(({ id }) => id);
        groups.push(
          await this.#openFacts(
            ids,
            files.filter((file) => dirname(file) === folder),
          ),
        );
      }
    }
    const file = files[0] ?? '';
    const { findings, stats } = await this.#keeping(['open', file, ...groups.map(({ digest }) => digest)], async () => {
      const book = new FactBook();
      const joiner = new FactJoiner(book);
      for (const { facts } of groups) joiner.add(facts);
      const judged = this.#replayed(book, file);
      // Nothing is known of the objects there: what is only possible is guesswork.
      return { ...judged, findings: judged.findings.filter((finding) => finding.confidence === 'certain') };
    });
    return {
      name: '',
      file,
      findings,
      stats,
      partial: groups.flatMap(({ partial }) => partial),
      unresolved: groups.flatMap(({ unresolved }) => unresolved),
      entered: groups.flatMap(({ entered }) => entered),
      locks: groups.flatMap(({ locks }) => locks),
    };
  }

  async #openFacts(ids: readonly string[], files: readonly string[]): Promise<OpenFacts> {
    const { table, preemptRt } = this.#options;
    const digests = files.flatMap((file) => [file, this.#trees.digest(file)]);
    return this.#keeping(['facts', digestOf(...ids), digestOf(...digests)], async () => {
      const walk = walkOpen(await this.#trees.program(files), table, files, ids, { preemptRt });
      const facts = packFacts(walk.facts, walk.heap);
      return { facts, digest: digestOf(JSON.stringify(facts)), ...trailOf(walk) };
    });
  }

  async #keeping<T>(of: readonly string[], make: () => Promise<T>): Promise<T> {
    const { known, version, onReplayed } = this.#options;
    const key = digestOf(version, ...of);
    const last = onReplayed === undefined ? known.get(key) : undefined;
    const content = last === undefined ? await make() : (last as T);
    this.kept.set(key, content);
    return content;
  }
}

function trailOf({ partial, unresolved, entered, made }: Walk): Trail {
  const locks = [...made].flatMap(([name, classes]) => [...classes].flatMap((cls) => simulatedKind(cls, name) ?? []));
  return { partial: [...partial], unresolved: [...unresolved], entered: [...entered], locks };
}
