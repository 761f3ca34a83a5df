import type { Finding } from '../model/finding.js';

/** A finding with what the validator must know to count it again or to take it back. */
export interface FindingRecord {
  readonly finding: Finding;
  /** Classes it speaks of: it falls when one of them turns out not to be validated. */
  readonly classes: readonly number[];
  /** Occurrences that stand; those on a held lock whose release may be lost do not count yet. */
  confirmed: number;
}

/**
 * One violation is one finding, counted. Findings are keyed by what identifies them within a recording; the first
 * occurrence supplies the evidence.
 */
export class FindingCollector {
  readonly #byKey = new Map<string, FindingRecord>();

  /** The record under `key`, made by `make` when it is the first. The caller confirms the occurrence. */
  record(key: string, classes: readonly number[], make: () => Finding): FindingRecord {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const record: FindingRecord = { finding: make(), classes, confirmed: 0 };
    this.#byKey.set(key, record);
    return record;
  }

  /** Confirmed findings in the order they were first met, with their counts; `isVoid` leaves out those of a class. */
  list(isVoid: (cls: number) => boolean): Finding[] {
    const findings: Finding[] = [];
    for (const record of this.#byKey.values()) {
      if (record.confirmed === 0 || record.classes.some(isVoid)) continue;
      findings.push({ ...record.finding, count: record.confirmed });
    }
    return findings;
  }
}
