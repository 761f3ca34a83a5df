import type { Finding } from '../../model/finding.js';
import { emptyStats, type Run, verdictOf } from '../../model/report.js';
import type { CheckOptions } from '../check.js';
import type { TreeUnit } from '../ir/tree.js';
import { type Replayed, replay } from '../judge/replay.js';
import { byPlace } from '../judge/usage.js';
import { type Walked, walkProgram } from '../walk/programs.js';
import { loadSimTable, SIM_TABLES } from '../walk/table.js';
import { linkTrees, type Walk } from '../walk/walk.js';
import { readTypescript } from './front.js';

/** Names that a note lists. */
const MOST = 20;

/** What judging TypeScript sources came to. */
export interface JudgedTypescript {
  readonly units: readonly TreeUnit[];
  readonly problems: readonly string[];
  readonly walked: readonly Walked[];
  /** Of each of `walked`. */
  readonly replayed: readonly Replayed[];
}

/** Reads, walks and judges TypeScript sources: each scenario by itself, what no scenario reaches all together. */
export function judgeTypescript(
  files: readonly string[],
  options: Pick<CheckOptions, 'rules' | 'policy' | 'preemptRt'>,
): JudgedTypescript {
  const { units, problems } = readTypescript(files);
  const walked = walkProgram(linkTrees(units), loadSimTable([SIM_TABLES]), files, { preemptRt: options.preemptRt });
  const law = { rules: options.rules, policy: options.policy };
  return { units, problems, walked, replayed: walked.map(({ walk, file }) => replay(walk.facts, law, file)) };
}

/** Checks TypeScript sources: each scenario by itself, what no scenario reaches all together. */
export function checkTypescript(files: readonly string[], input: string, options: CheckOptions): Run {
  const { units, problems, walked, replayed } = judgeTypescript(files, options);
  const findings = new Map<string, Finding>();
  const stats = emptyStats();
  for (const [i, { findings: all, engines }] of replayed.entries()) {
    const found = told(walked[i]?.name ?? '', all);
    const { classes, dependencies, chains } = engines.stats();
    stats.classes += classes;
    stats.dependencies += dependencies;
    stats.chains += chains;
    for (const finding of found) {
      const key = `${finding.where.file ?? ''}:${finding.where.line ?? 0} ${finding.fingerprint}`;
      const known = findings.get(key);
      if (known === undefined || (known.confidence === 'possible' && finding.confidence === 'certain'))
        findings.set(key, finding);
    }
  }
  stats.functions = units.reduce((sum, unit) => sum + unit.functions.length, 0);
  const sorted = [...findings.values()].sort(byPlace);
  const notes = [...problems, ...partialNotes(walked, options.explainUnknown)];
  if (options.explainUnknown) notes.push(...unknownNotes(units, walked));
  return { input, kind: 'typescript', verdict: verdictOf(sorted), findings: sorted, stats, notes };
}

/** In code that no scenario runs nothing is known of the objects: what is only possible is guesswork there. */
export function told(scenario: string, findings: readonly Finding[]): readonly Finding[] {
  return scenario === '' ? findings.filter((finding) => finding.confidence === 'certain') : findings;
}

/** Functions of which some paths were not followed: always told of scenarios, of code that none runs where `all` is asked for. */
function partialNotes(walked: readonly Walked[], all: boolean): string[] {
  const partial = new Set<string>();
  for (const { walk, name } of walked) if (all || name !== '') for (const place of walk.partial) partial.add(place);
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
  walked: readonly { readonly walk: Walk }[],
): string[] {
  const notes: string[] = [];
  for (const { file, unknown } of units) {
    for (const [reason, count] of Object.entries(unknown).sort()) notes.push(`${file}: ${reason}: ${count}`);
  }
  const calls = new Map<string, number>();
  for (const { walk } of walked) {
    for (const [name, count] of walk.unresolved) calls.set(name, Math.max(count, calls.get(name) ?? 0));
  }
  if (calls.size > 0) {
    notes.push(`${calls.size} calls lead nowhere that is known and are taken to do nothing: ${listed(calls.keys())}`);
  }
  return notes;
}
