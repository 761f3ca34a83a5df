import { dirname } from 'node:path';
import type { PackedFacts } from '../walk/packed-facts.js';
import type { Crew } from './crew.js';
import type { Trees } from './front.js';
import { digestOf, type Store } from './store.js';
import type { OpenWalk, Outcome, Trail, Walker, WalkerOptions, WalkingResults, WalkingTask } from './walker.js';

/** What the walk of functions that anyone may call came to. */
interface OpenOutcome extends Trail {
  /** Of its facts, which are kept apart: they are needed only where one of many walks came to something else. */
  readonly digest: string;
}

/** Such facts as they are kept. */
interface KeptFacts {
  /** Digest of all that decided them. */
  readonly key: string;
  readonly facts: PackedFacts;
}

export interface OutcomeOptions extends WalkerOptions {
  readonly store: Store;
  /** Of what is kept apart of these sources. */
  readonly place: string;
  /** Digest of the program, the rules and whatever else decides beside the sources. */
  readonly version: string;
  /** Outcomes of the last run by the digest of all that decided them; none is used where judgements are to be shown. */
  readonly known: ReadonlyMap<string, unknown>;
  readonly crew: Crew;
}

/** More functions that no scenario reaches than this are walked folder by folder. */
const MOST_TOGETHER = 400;

/** A function that can be called from outside. */
interface OpenFunction {
  readonly id: string;
  readonly file: string;
  /** As walks name what they entered. */
  readonly name: string;
}

/** Functions that are walked together. */
interface Group {
  readonly ids: readonly string[];
  /** Files whose set-up code runs before. */
  readonly files: readonly string[];
  readonly folder: string;
}

/** Walks and judges; what is as it was the last time is taken from there. */
export class Judge {
  /** Whatever was come to or taken, by the digest of all that decided it. */
  readonly kept = new Map<string, unknown>();
  /** What was walked: files of scenarios, ids of functions that return one, folders of functions that no scenario reaches. */
  readonly walked: string[] = [];
  readonly #trees: Trees;
  readonly #options: OutcomeOptions;
  #walker: Walker | undefined;

  constructor(trees: Trees, options: OutcomeOptions) {
    this.#trees = trees;
    this.#options = options;
  }

  /** Each scenario of the files by itself, then what no scenario reaches. */
  async all(files: readonly string[]): Promise<Outcome[]> {
    const out = (await this.#each(files, (file) => this.#scenarios(file))).flat();
    const unreached = without(this.#open(files), out).sort((a, b) => (a.id < b.id ? -1 : 1));
    // Functions that return a scenario: called once, so that it comes to be.
    const factories = unreached.filter(
      ({ id, file }) => this.#trees.known.get(file)?.head.factories.includes(id) === true,
    );
    const made = (await this.#each(factories, ({ id, file }) => this.#factory(id, file))).flat();
    const left = without(unreached, made);
    const last = left.length > 0 ? [await this.#unreached(left, files)] : [];
    return [...out, ...made, ...last];
  }

  /** What the same comes to for each; all at a time where other threads do the work. */
  async #each<T, R>(of: readonly T[], one: (item: T) => Promise<R>): Promise<R[]> {
    if (this.#trees.isFar) return Promise.all(of.map(one));
    const out: R[] = [];
    for (const item of of) out.push(await one(item));
    return out;
  }

  async #scenarios(file: string): Promise<readonly Outcome[]> {
    await this.#trees.has([file]);
    if (this.#trees.known.get(file)?.head.hasScenarios !== true) return [];
    await this.#trees.hasAllOf([file]);
    return this.#keeping(['scenarios', file, this.#trees.digest(file)], async () => {
      this.walked.push(file);
      return this.#walk({ do: 'scenarios', file }, [file]);
    });
  }

  async #factory(id: string, file: string): Promise<readonly Outcome[]> {
    return this.#keeping(['factory', id, this.#trees.digest(file)], async () => {
      this.walked.push(id);
      return this.#walk({ do: 'factory', id }, [file]);
    });
  }

  /** Functions that can be called from outside. */
  #open(files: readonly string[]): OpenFunction[] {
    const of = (file: string): OpenFunction[] =>
      (this.#trees.known.get(file)?.head.open ?? []).map(([id, index]) => ({ id, file, name: `${file}#${index}` }));
    return files.flatMap(of);
  }

  /**
   * What no scenario reaches. Many functions are walked folder by folder, so that a change costs its folder; what they do to
   * locks is judged together.
   */
  async #unreached(left: readonly OpenFunction[], files: readonly string[]): Promise<Outcome> {
    const file = files[0] ?? '';
    const groups = left.length > MOST_TOGETHER ? byFolder(left, files) : [{ ids: idsOf(left), files, folder: '' }];
    const [only] = groups;
    if (groups.length === 1 && only !== undefined) return this.#alone(only, file);
    const made = new Map<Group, PackedFacts>();
    const outcomes = await this.#each(groups, (group) => this.#groupOutcome(group, made));
    const judged = await this.#keeping(['open', file, ...outcomes.map(({ digest }) => digest)], async () => {
      const facts: PackedFacts[] = [];
      for (const group of groups) facts.push(made.get(group) ?? (await this.#factsOf(group)));
      return (await this.#walking()).together(facts, file);
    });
    return {
      name: '',
      file,
      ...judged,
      partial: outcomes.flatMap(({ partial }) => partial),
      unresolved: outcomes.flatMap(({ unresolved }) => unresolved),
      handedIn: outcomes.flatMap(({ handedIn }) => handedIn),
      entered: outcomes.flatMap(({ entered }) => entered),
      locks: outcomes.flatMap(({ locks }) => locks),
    };
  }

  async #alone(group: Group, file: string): Promise<Outcome> {
    return this.#keeping(['alone', file, ...this.#decides(group)], async () => {
      const { ids, files, folder } = group;
      this.walked.push(folder);
      return this.#walk({ do: 'alone', files, ids, file }, files);
    });
  }

  async #groupOutcome(group: Group, made: Map<Group, PackedFacts>): Promise<OpenOutcome> {
    return this.#keeping(this.#decides(group), async () => {
      const { facts, trail } = await this.#walkOf(group);
      made.set(group, facts);
      return { digest: digestOf(JSON.stringify(facts)), ...trail };
    });
  }

  /** All that decides what the walk of a group comes to. */
  #decides({ ids, files }: Group): string[] {
    const digests = files.flatMap((file) => [file, this.#trees.digest(file)]);
    return ['facts', digestOf(...ids), digestOf(...digests)];
  }

  async #walkOf(group: Group): Promise<OpenWalk> {
    const { store } = this.#options;
    const { ids, files, folder } = group;
    this.walked.push(folder);
    const walked = await this.#walk({ do: 'open', files, ids }, files);
    const kept: KeptFacts = { key: this.#keyOf(this.#decides(group)), facts: walked.facts };
    store.save(this.#placeOf(group), kept);
    return walked;
  }

  /** The facts of a group that is as it was. */
  async #factsOf(group: Group): Promise<PackedFacts> {
    const kept = this.#options.store.load(this.#placeOf(group)) as KeptFacts | undefined;
    return kept?.key === this.#keyOf(this.#decides(group)) ? kept.facts : (await this.#walkOf(group)).facts;
  }

  #placeOf({ folder }: Group): string {
    return digestOf('facts', this.#options.place, folder);
  }

  /** Walks code of files, on another thread where such do the work. */
  async #walk<What extends keyof WalkingResults>(
    task: WalkingTask & { readonly do: What },
    files: readonly string[],
  ): Promise<WalkingResults[What]> {
    if (this.#trees.isFar) return this.#options.crew.walk<What>(task, await this.#trees.unitTexts(files));
    return (await this.#walking()).walk<What>(task, await this.#trees.units(files));
  }

  async #walking(): Promise<Walker> {
    this.#walker ??= new (await import('./walker.js')).Walker(this.#options);
    return this.#walker;
  }

  #keyOf(of: readonly string[]): string {
    return digestOf(this.#options.version, ...of);
  }

  async #keeping<T>(of: readonly string[], make: () => Promise<T>): Promise<T> {
    const { known, onReplayed } = this.#options;
    const key = this.#keyOf(of);
    const last = onReplayed === undefined ? known.get(key) : undefined;
    const content = last === undefined ? await make() : (last as T);
    this.kept.set(key, content);
    return content;
  }
}

/** Functions that no walk entered. */
function without(open: readonly OpenFunction[], outcomes: readonly Outcome[]): OpenFunction[] {
  const entered = new Set(outcomes.flatMap((outcome) => outcome.entered));
  return open.filter(({ name }) => !entered.has(name));
}

function idsOf(functions: readonly OpenFunction[]): string[] {
  return functions.map(({ id }) => id);
}

/** Functions by the folders of their files, which have all files of the folder run before. */
function byFolder(functions: readonly OpenFunction[], files: readonly string[]): Group[] {
  const ids = new Map<string, string[]>();
  const inside = new Map<string, string[]>();
  for (const file of files) listIn(inside, dirname(file)).push(file);
  for (const { id, file } of functions) listIn(ids, dirname(file)).push(id);
  return [...ids.keys()]
    .sort()
    .map((folder) => ({ ids: ids.get(folder) ?? [], files: inside.get(folder) ?? [], folder }));
}

function listIn(lists: Map<string, string[]>, key: string): string[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
