import type { Finding } from '../../model/finding.js';
import { emptyStats, type Run, verdictOf } from '../../model/report.js';
import { oneKindEach } from '../catalogue.js';
import type { Checked, CheckOptions } from '../check.js';
import { byPlace } from '../judge/by-place.js';
import type { Replayed } from '../judge/replay.js';
import { Crew } from './crew.js';
import { Disk, type Texts } from './disk.js';
import { namesOf } from './file-graph.js';
import { type Known, Trees } from './front.js';
import { Judge } from './outcomes.js';
import { digestOf, Store } from './store.js';
import { lawVersion, programVersion } from './version.js';
import type { Outcome } from './walker.js';

/** Names that a note lists. */
const MOST = 20;

/** What judging TypeScript sources came to. */
export interface JudgedTypescript {
  readonly trees: Trees;
  readonly outcomes: readonly Outcome[];
  /** What was walked for it: see {@link Judge.walked}. */
  readonly walked: readonly string[];
}

export interface TypescriptOptions
  extends Pick<CheckOptions, 'rules' | 'ruleFolders' | 'policy' | 'preemptRt' | 'cache'> {
  /** Threads, at most; undefined: the main one. */
  readonly workers?: number;
  /** What the sources are called: what was kept of them is found by it. */
  readonly input: string;
  /** Instead of what is on disk. */
  readonly texts?: Texts;
  /** Is shown all judgements, each of which is then made anew. */
  readonly onReplayed?: (replayed: Replayed) => void;
}

/** What a run leaves to the next one of the same sources. */
interface Memory {
  readonly files: readonly (readonly [name: string, known: Known])[];
  readonly outcomes: readonly (readonly [key: string, outcome: unknown])[];
}

/**
 * Reads, walks and judges TypeScript sources: each scenario by itself, what no scenario reaches all together. What did not change since
 * the last time, nor anything that it depends on, is taken from the cache.
 */
export async function judgeTypescript(files: readonly string[], options: TypescriptOptions): Promise<JudgedTypescript> {
  const { policy, preemptRt, ruleFolders, onReplayed, texts = new Map(), workers = 1 } = options;
  // Judgements are shown on this thread.
  const isAlone = ruleFolders === undefined || onReplayed !== undefined;
  const crew = new Crew(isAlone ? 1 : workers, { ruleFolders: ruleFolders ?? [], policy: policy.name, preemptRt });
  try {
    return await judged(files, { ...options, texts }, crew);
  } finally {
    await crew.close();
  }
}

async function judged(
  files: readonly string[],
  options: TypescriptOptions & { readonly texts: Texts },
  crew: Crew,
): Promise<JudgedTypescript> {
  const { rules, policy, preemptRt, onReplayed, texts } = options;
  const store = new Store(options.cache);
  const version = options.cache === undefined ? '' : programVersion();
  const law = options.cache === undefined ? '' : digestOf(version, lawVersion(rules, policy), `${preemptRt}`);
  const place = digestOf('memory', version, process.cwd(), options.input, texts.size > 0 ? 'other' : '');
  const last = memoryOf(store.load(place));
  const disk = new Disk(texts, namesOf(files));
  const trees = await Trees.read(files, { disk, store, version, known: new Map(last.files), crew });
  const known = new Map(last.outcomes);
  const judge = new Judge(trees, {
    law: { rules, policy },
    preemptRt,
    store,
    place,
    version: law,
    known,
    crew,
    ...(onReplayed === undefined ? {} : { onReplayed }),
  });
  const outcomes = await judge.all(files);
  await trees.whole;
  const isNews =
    judge.kept.size !== known.size ||
    trees.known.size !== last.files.length ||
    [...judge.kept.keys()].some((key) => !known.has(key)) ||
    last.files.some(
      ([name, { key, types }]) => trees.known.get(name)?.key !== key || trees.known.get(name)?.types !== types,
    );
  if (isNews) store.save(place, { files: [...trees.known], outcomes: [...judge.kept] } satisfies Memory);
  return { trees, outcomes, walked: judge.walked };
}

function memoryOf(content: unknown): Memory {
  return content === undefined ? { files: [], outcomes: [] } : (content as Memory);
}

/** Checks TypeScript sources: each scenario by itself, what no scenario reaches all together. */
export async function checkTypescript(
  files: readonly string[],
  input: string,
  options: CheckOptions & Pick<TypescriptOptions, 'onReplayed'>,
  texts?: Texts,
): Promise<Checked> {
  const given = { ...options, input, ...(texts === undefined ? {} : { texts }) };
  const { trees, outcomes } = await judgeTypescript(files, given);
  const findings = new Map<string, Finding>();
  const stats = emptyStats();
  for (const { findings: found, stats: counts } of outcomes) {
    stats.classes += counts.classes;
    stats.dependencies += counts.dependencies;
    stats.chains += counts.chains;
    for (const finding of found) {
      const key = `${finding.where.file ?? ''}:${finding.where.line ?? 0} ${finding.fingerprint}`;
      const known = findings.get(key);
      if (known === undefined || (known.confidence === 'possible' && finding.confidence === 'certain'))
        findings.set(key, finding);
    }
  }
  const heads = [...trees.known.values()].map(({ head }) => head);
  stats.functions = heads.reduce((sum, { functions }) => sum + functions, 0);
  const sorted = [...findings.values()].sort(byPlace);
  const notes = [...trees.problems, ...partialNotes(outcomes, options.explainUnknown)];
  if (outcomes.length === 0)
    notes.push('nothing was judged: there is no scenario, and no function that others can call');
  if (options.explainUnknown) notes.push(...unknownNotes(heads, outcomes));
  const run: Run = { input, kind: 'typescript', verdict: verdictOf(sorted), findings: sorted, stats, notes };
  return { run, catalogue: oneKindEach(outcomes.flatMap(({ locks }) => locks)) };
}

/** Functions of which some paths were not followed: always told of scenarios, of code that none runs where `all` is asked for. */
function partialNotes(outcomes: readonly Outcome[], all: boolean): string[] {
  const partial = new Set(outcomes.filter(({ name }) => all || name !== '').flatMap((outcome) => outcome.partial));
  if (partial.size === 0) return [];
  return [`not every path was followed, of ${partial.size} function${partial.size > 1 ? 's' : ''}: ${listed(partial)}`];
}

/** The first of some names. */
function listed(names: Iterable<string>): string {
  const sorted = [...names].sort();
  return `${sorted.slice(0, MOST).join(', ')}${sorted.length > MOST ? ', ...' : ''}`;
}

function unknownNotes(
  units: Iterable<{ readonly file: string; readonly unknown: Readonly<Record<string, number>> }>,
  outcomes: readonly Outcome[],
): string[] {
  const notes: string[] = [];
  for (const { file, unknown } of units) {
    for (const [reason, count] of Object.entries(unknown).sort()) notes.push(`${file}: ${reason}: ${count}`);
  }
  const calls = new Set(outcomes.flatMap(({ unresolved }) => unresolved));
  const handed = new Set(outcomes.flatMap(({ handedIn }) => handedIn).filter((call) => !calls.has(call)));
  const few = (names: ReadonlySet<string>): string => (names.size === 1 ? '1 call' : `${names.size} calls`);
  if (calls.size > 0)
    notes.push(`${few(calls)} lead nowhere that is known and are taken to do nothing: ${listed(calls)}`);
  if (handed.size > 0)
    notes.push(`${few(handed)} of what is handed in from outside are taken to do nothing: ${listed(handed)}`);
  return notes;
}
