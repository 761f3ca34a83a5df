import { SarifBuilder, SarifResultBuilder, SarifRuleBuilder, SarifRunBuilder } from 'node-sarif-builder';
import type { Notification, Result } from 'sarif';
import type { Severity } from '../../model/finding.js';
import type { Run } from '../../model/report.js';
import { printable, printableJson } from '../escape.js';
import { counted } from '../layout.js';
import type { Rendered, RenderOptions } from '../options.js';
import { fitting, LIMITS } from './limits.js';
import { resultOf } from './results.js';
import { bareDescriptor, descriptorOf } from './rules.js';

const LEVELS: readonly Severity[] = ['error', 'warning', 'note'];

/**
 * SARIF 2.1.0 within what GitHub's code scanning accepts. All runs are one SARIF run: code scanning takes one run a tool. What
 * does not fit is cut from the end (new findings and errors come first), counted, and said in the file.
 */
export function renderSarif(runs: readonly Run[], options: RenderOptions): Rendered {
  const results = resultsOf(runs, options);
  const notes = [
    ...runs.flatMap((run) => run.notes.map((note) => `${run.input}: ${note}`)),
    ...(options.gate?.notes ?? []),
  ];
  const accepted = Math.min(results.length, LIMITS.results);
  const { text, count } = fitting(accepted, (length) => {
    const cut = omissionOf(results.length - length);
    return document(results.slice(0, length), [...notes, ...cut], runs, options);
  });
  return { text, omissions: omissionOf(results.length - count) };
}

function omissionOf(count: number): string[] {
  return count === 0 ? [] : [`${counted(count, 'finding')} left out of the SARIF file: code scanning accepts no more`];
}

/** What stands first, errors first; then what is known; then what is suppressed. */
function resultsOf(runs: readonly Run[], { root, gate }: RenderOptions): Result[] {
  const news: Result[] = [];
  const known: Result[] = [];
  const suppressed: Result[] = [];
  for (const run of runs) {
    const context = { input: run.input, kind: run.kind, root, hasBaseline: gate?.summary.hasBaseline === true };
    for (const finding of run.findings) (finding.known ? known : news).push(resultOf(finding, context));
    for (const silenced of run.suppressed ?? []) suppressed.push(resultOf(silenced.finding, context, silenced));
  }
  const byLevel = (list: readonly Result[]) =>
    LEVELS.flatMap((level) => list.filter((result) => result.level === level));
  return [...byLevel(news), ...byLevel(known), ...byLevel(suppressed)];
}

function document(
  results: readonly Result[],
  notes: readonly string[],
  runs: readonly Run[],
  { version, rules }: RenderOptions,
): string {
  const builder = new SarifBuilder({ $schema: 'https://json.schemastore.org/sarif-2.1.0.json' });
  const run = new SarifRunBuilder({ columnKind: 'utf16CodeUnits' });
  run.initSimple({ toolDriverName: 'lockvet', toolDriverVersion: version });
  const docs = new Map(rules.map((rule) => [rule.id, rule]));
  for (const id of [...new Set(results.map(({ ruleId = '' }) => ruleId))].sort()) {
    const doc = docs.get(id);
    run.addRule(new SarifRuleBuilder(doc ? descriptorOf(doc) : bareDescriptor(id)));
  }
  for (const result of results) run.addResult(new SarifResultBuilder(result));
  const notifications = notes.map((note): Notification => ({ level: 'note', message: { text: printable(note) } }));
  run.run.invocations = [{ executionSuccessful: true, toolExecutionNotifications: notifications }];
  run.run.properties = { inputs: runs.map(({ input, kind, verdict }) => ({ input: printable(input), kind, verdict })) };
  builder.addRun(run);
  return `${printableJson(JSON.stringify(builder.buildSarifOutput()))}\n`;
}
