import { create } from 'xmlbuilder2';
import type { Finding } from '../model/finding.js';
import type { Run } from '../model/report.js';
import { printable } from './escape.js';
import type { Rendered, RenderOptions } from './options.js';
import { paintFor } from './paint.js';
import { fileOf, wellFormed } from './place.js';
import { findingLines } from './text-finding.js';

/** A test case: what went wrong with it, or why it was left out, if anything. */
interface Case {
  readonly name: string;
  readonly rule: string;
  readonly file: string;
  readonly line: number | undefined;
  readonly outcome?: {
    readonly kind: 'error' | 'failure' | 'skipped';
    readonly message: string;
    readonly body: string;
  };
}

/**
 * JUnit XML as Jenkins and GitLab read it: a test suite a run, a test case a finding. An error is an `error`, a warning a
 * `failure`; a note passes, with its text as output. What is known or suppressed is skipped, and says why. A clean run is one
 * test case that passes.
 */
export function renderJunit(runs: readonly Run[], options: RenderOptions): Rendered {
  const suites = runs.map((run) => ({ run, cases: casesOf(run, options) }));
  const all = suites.flatMap(({ cases }) => cases);
  const root = create({ version: '1.0', encoding: 'UTF-8' }).ele('testsuites', {
    name: 'lockvet',
    ...totals(all, false),
  });
  for (const { run, cases } of suites) {
    const suite = root.ele('testsuite', { name: safe(run.input), ...totals(cases) });
    for (const { name, rule, file, line, outcome } of cases) {
      const element = suite.ele('testcase', {
        name: safe(name),
        classname: safe(rule),
        file: safe(file),
        ...(line !== undefined && { line: String(line) }),
      });
      if (!outcome) continue;
      const attributes = outcome.kind === 'skipped' ? {} : { message: safe(outcome.message), type: safe(rule) };
      element.ele(outcome.kind, attributes).txt(safe(outcome.body));
    }
    if (run.notes.length > 0) suite.ele('system-out').txt(safe(run.notes.join('\n')));
  }
  return { text: `${root.end({ prettyPrint: true })}\n`, omissions: [] };
}

function casesOf(run: Run, { root }: RenderOptions): Case[] {
  const caseOf = (finding: Finding, skipped?: string): Case => {
    const { rule, message, severity, where } = finding;
    const place = {
      name: `${message} [${finding.fingerprint}]`,
      rule,
      file: fileOf(where, run.input, root),
      line: where.line,
    };
    if (skipped !== undefined) return { ...place, outcome: { kind: 'skipped', message: '', body: skipped } };
    if (severity === 'note') return place;
    const body = findingLines(finding, run.input, false, paintFor(false)).join('\n');
    return { ...place, outcome: { kind: severity === 'error' ? 'error' : 'failure', message, body } };
  };
  const cases = [
    ...run.findings.map((finding) =>
      caseOf(finding, finding.known && `known: ${finding.known.reason || 'no reason given'}`),
    ),
    ...(run.suppressed ?? []).map(({ finding, place, reason }) =>
      caseOf(finding, `suppressed at ${place}: ${reason || 'no reason given'}`),
    ),
  ];
  return cases.length > 0 ? cases : [{ name: 'no findings', rule: 'lockvet', file: run.input, line: undefined }];
}

/** The root counts no skipped cases: the schema knows none there. */
function totals(cases: readonly Case[], withSkipped = true) {
  const count = (kind: string): string => String(cases.filter(({ outcome }) => outcome?.kind === kind).length);
  const counts = { tests: String(cases.length), errors: count('error'), failures: count('failure') };
  return withSkipped ? { ...counts, skipped: count('skipped') } : counts;
}

/** Characters that XML cannot hold are shown by their codes; line breaks stay. */
function safe(text: string): string {
  const lines = wellFormed(text).split('\n').map(printable);
  return lines.join('\n').replace(/[\ufffe\uffff]/g, '\ufffd');
}
