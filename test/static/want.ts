import { readFileSync } from 'node:fs';
import type { Finding } from '../../src/model/finding.js';
import { loadRuleSet } from '../../src/rules/index.js';
import { type CheckOptions, check } from '../../src/static/check.js';

/** A rule expected at, or reported for, a line of a fixture: `12 rule`, with `?` for a possible finding. */
export type Expectation = string;

const WANT = /\/[/*] want(\?)? ([a-z? -]+?)(?: \*\/|$)/g;

/** What the comments `// want RULE...` and `// want? RULE...` of a fixture (block comments too) expect, sorted. */
export function wanted(file: string): Expectation[] {
  const out: Expectation[] = [];
  readFileSync(file, 'utf8')
    .split('\n')
    .forEach((text, i) => {
      for (const match of text.matchAll(WANT)) {
        for (const rule of match[2]?.split(' ') ?? []) out.push(`${i + 1} ${rule}${match[1] ?? ''}`);
      }
    });
  return out.sort();
}

/** What only a run can show: no rule on sources. */
export const OF_RUNS: ReadonlySet<string> = new Set([
  'data-race',
  'deadlock',
  'double-free',
  'hang',
  'memory-leak',
  'use-after-free',
]);

/** Rules of what the simulated kernel sees only when it happens: no order of locks in the sources tells. */
export const SEEN_WHEN_IT_HAPPENS: ReadonlySet<string> = new Set(['assertion-failed', ...OF_RUNS]);

/** Rules whose finding has no one place: which of several operations completes them depends on the schedule. */
export const PLACELESS: readonly string[] = [
  'lock-order-cycle',
  'irq-lock-inversion',
  'inconsistent-lock-state',
  'wait-event-cycle',
  'rcu-wait-in-reader',
  'held-at-exit',
];

/** Findings in the same form. */
export function reported(findings: readonly Finding[]): Expectation[] {
  return findings
    .map((finding) => `${finding.where.line} ${finding.rule}${finding.confidence === 'possible' ? '?' : ''}`)
    .sort();
}

/** Options for tests: no cache, no workers, the strict policy. */
export function testOptions(policy = 'strict'): CheckOptions {
  const rules = loadRuleSet();
  return {
    rules,
    policy: rules.policy(policy),
    tables: [],
    cache: undefined,
    workers: 0,
    explainUnknown: true,
    progress: () => {},
  };
}

export async function findingsIn(...files: string[]): Promise<readonly Finding[]> {
  return (await check(files, testOptions())).run.findings;
}
