import type { Finding } from '../../model/finding.js';
import { emptyStats, type Run, verdictOf } from '../../model/report.js';
import type { CheckOptions } from '../check.js';
import { replay } from '../judge/replay.js';
import { byPlace } from '../judge/usage.js';
import { walkProgram } from '../walk/programs.js';
import { loadSimTable, SIM_TABLES } from '../walk/table.js';
import { linkTrees, type Walk } from '../walk/walk.js';
import { readTypescript } from './front.js';

/** Names of calls that lead nowhere to list. */
const MOST = 20;

/** Checks TypeScript sources: each scenario by itself, what no scenario reaches all together. */
export function checkTypescript(files: readonly string[], input: string, options: CheckOptions): Run {
  const { units, problems } = readTypescript(files);
  const program = linkTrees(units);
  const table = loadSimTable([SIM_TABLES]);
  const walked = walkProgram(program, table, files, { preemptRt: options.preemptRt });
  const findings = new Map<string, Finding>();
  const stats = emptyStats();
  const law = { rules: options.rules, policy: options.policy };
  for (const { walk, file } of walked) {
    const { findings: found, engines } = replay(walk.facts, law, file);
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
  const notes = options.explainUnknown ? [...problems, ...unknownNotes(program.units.values(), walked)] : [...problems];
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
