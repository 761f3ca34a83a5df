import { fingerprint, functionOf, stableClass } from '../../model/finding.js';
import { innermostTakenAt, locksOf, placeOf, ruleOf } from './classify.js';
import type { ReportFacts } from './facts.js';

/**
 * What identifies a report's bug: rule by rule the same parts as the findings of the validator and of the rule engine have (there:
 * locks, function that took the innermost, caller), so that a bug that is both in a log and in a trace has one fingerprint. No
 * address, pid, time, CPU, offset or line number.
 */
export function fingerprintOf(facts: ReportFacts): string {
  return fingerprint(ruleOf(facts), identity(facts));
}

function identity(facts: ReportFacts): string[] {
  const locks = locksOf(facts).map(stableClass);
  const place = functionOf(placeOf(facts));
  switch (facts.headline.kind) {
    case 'circular':
      return rotated(locks);
    case 'recursive':
    case 'nest':
    case 'wait-context':
      return [...locks, place];
    case 'inconsistent':
      return [...locks, facts.usage?.after.includes('SOFTIRQ') ? 'softirq' : 'hardirq'];
    case 'inversion':
    case 'irq-order':
      return [...locks.slice(0, 1), ...locks.slice(-1), facts.irq ?? ''];
    case 'unlock':
    case 'freed':
    case 'exit':
    case 'user-return':
      return locks;
    default: {
      const own = ruleOf(facts) === 'imported-splat' ? [stableWords(facts.headline.words)] : [];
      return [...own, ...locks, functionOf(innermostTakenAt(facts)), place];
    }
  }
}

/** The kernel's words without line numbers and values. */
function stableWords(words: string): string {
  return words.replace(/:\d+\b/g, '').replace(/\b(?:0x)?[0-9a-f]*\d[0-9a-f]*\b/g, 'N');
}

/** Starts a cycle at its smallest name, so that it has one spelling wherever it was closed. */
function rotated(cycle: readonly string[]): string[] {
  let start = 0;
  for (let at = 1; at < cycle.length; at++) if (cycle[at] < cycle[start]) start = at;
  return [...cycle.slice(start), ...cycle.slice(0, start)];
}
