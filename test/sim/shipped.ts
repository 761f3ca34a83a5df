import { readdirSync, readFileSync } from 'node:fs';
import { lawOf } from '../../src/cli/law.js';
import type { Schedule } from '../../src/explore/token.js';
import type { Law } from '../../src/judge/index.js';
import type { Finding } from '../../src/model/finding.js';

export const FOLDER = 'fixtures/scenarios';

/** The policies of the table, in its order. */
export const POLICIES = ['strict', 'gfp-rt-nowait'] as const;

export function lawFor(policy: string): Law {
  return lawOf({ policy, ruleFolders: [] }, undefined);
}

/** Names of the shipped scenarios. */
export function shipped(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -3));
}

/** The README's verdicts: name -> cells `strict PREEMPT`, `strict RT`, `gfp-rt-nowait PREEMPT`, `gfp-rt-nowait RT`. */
export function stated(): Map<string, string[]> {
  const rows = readFileSync(`${FOLDER}/README.md`, 'utf8').matchAll(/^\| \[([^\]]+)\]\([^)]*\) \|[^|]*\|(.*)\|$/gm);
  return new Map(
    [...rows].map(([, name = '', rest = '']) => {
      const cells = rest.split('|').map((cell) => cell.trim());
      return [name, cells.map((cell) => (cell === '=' ? (cells[0] ?? '') : cell))];
    }),
  );
}

/** A verdict as the README writes it. */
export function cellOf(findings: readonly Finding[]): string {
  const words = findings.map(({ rule, severity }) => (severity === 'error' ? rule : `(${severity}) ${rule}`));
  return [...new Set(words)].sort().join('; ') || '-';
}

/** The clock's schedule and twenty random ones. */
export function schedules(preemptRt: boolean): Schedule[] {
  const random = Array.from(
    { length: 20 },
    (_, i): Schedule => ({ strategy: 'random', seed: i + 1, depth: 3, preemptRt }),
  );
  return [{ strategy: 'rr', seed: 1, depth: 3, preemptRt }, ...random];
}
