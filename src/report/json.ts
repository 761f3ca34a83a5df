import type { Evidence, Finding, Where } from '../model/finding.js';
import type { Run } from '../model/report.js';
import { printableJson } from './escape.js';

/**
 * The JSON report: exactly the fields of the contract, in its order. Everything else that a run carries (advice, detail,
 * notes) is for people and stays in the text report.
 */
export function renderJson(runs: readonly Run[], version: string): string {
  const report = { tool: 'lockvet', version, runs: runs.map(runJson) };
  return `${printableJson(JSON.stringify(report, null, 2))}\n`;
}

function runJson(run: Run) {
  const { events, classes, dependencies, chains, schedules, functions } = run.stats;
  return {
    input: run.input,
    kind: run.kind,
    verdict: run.verdict,
    findings: run.findings.map(findingJson),
    stats: { events, classes, dependencies, chains, schedules, functions },
  };
}

function findingJson(finding: Finding) {
  return {
    rule: finding.rule,
    severity: finding.severity,
    confidence: finding.confidence,
    message: finding.message,
    locks: finding.locks,
    where: whereJson(finding.where),
    evidence: finding.evidence.map(evidenceJson),
    fingerprint: finding.fingerprint,
    count: finding.count,
  };
}

function evidenceJson(evidence: Evidence) {
  return { what: evidence.what, where: whereJson(evidence.where) };
}

/** Fixed order; only what is known is there. */
function whereJson(where: Where): Where {
  const { file, line, function: fn, task, cpu, time } = where;
  return {
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
    ...(fn !== undefined && { function: fn }),
    ...(task !== undefined && { task }),
    ...(cpu !== undefined && { cpu }),
    ...(time !== undefined && { time }),
  };
}
