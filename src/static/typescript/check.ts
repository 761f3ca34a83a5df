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

/** Names of calls that lead nowhere to list. */
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
    // In code that no scenario runs nothing is known of the objects: what is only possible is guesswork there.
    const found = walked[i]?.name === '' ? all.filter((finding) => finding.confidence === 'certain') : all;
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
  const notes = options.explainUnknown ? [...problems, ...unknownNotes(units, walked)] : [...problems];
  return { input, kind: 'typescript', verdict: verdictOf(sorted), findings: sorted, stats, notes };
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
    const most = [...calls.keys()].sort().slice(0, MOST).join(', ');
    notes.push(
      `${calls.size} calls lead nowhere that is known and are taken to do nothing: ${most}${calls.size > MOST ? ', ...' : ''}`,
    );
  }
  return notes;
}
