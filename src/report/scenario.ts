import type { Scenario } from '../model/finding.js';
import { printable } from './escape.js';

const GAP = 4;

/**
 * The "possible unsafe locking scenario" table of a lockdep report: a column a CPU, a row a step, the CPUs' names
 * underlined. Lines without indent and without trailing blanks; the verdict that lockdep prints below is last.
 */
export function scenarioLines(scenario: Scenario): string[] {
  const heads = scenario.cpus.map(printable);
  const rows = scenario.rows.map((row) => heads.map((_, c) => printable(row[c] ?? '')));
  const widths = heads.map((head, c) => Math.max(head.length, ...rows.map((row) => row[c]?.length ?? 0)) + GAP);
  const layOut = (cells: readonly string[]): string =>
    cells
      .map((cell, c) => cell.padEnd(widths[c] ?? 0))
      .join('')
      .trimEnd();
  return [
    layOut(heads),
    layOut(heads.map((head) => '-'.repeat(head.length))),
    ...rows.map(layOut),
    '',
    '*** DEADLOCK ***',
  ];
}
