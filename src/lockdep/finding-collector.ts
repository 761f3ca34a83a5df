import type { Finding } from '../model/finding.js';

/** A finding with what the validator must know to count it again or to take it back. */
export interface FindingRecord {
  readonly finding: Finding;
  /** Classes it speaks of: it falls when one of them turns out not to be validated. */
  readonly classes: readonly number[];
  /** Occurrences that stand; those on a held lock whose release may be lost do not count yet. */
  confirmed: number;
  /** The recorded kernel's lockdep saw the same and was silent. */
  kernelWasSilent: boolean;
  /** It was no violation after all. */
  isVoid: boolean;
}

const SILENCE =
  "the recorded kernel's own lockdep was on and silent here: it may know classes apart that the recording shows as one";

/**
 * One violation is one finding, counted. Findings are keyed by what identifies them within a recording; the first
 * occurrence supplies the evidence.
 */
export class FindingCollector {
  readonly #byKey = new Map<string, FindingRecord>();
  readonly #onNew: (record: FindingRecord) => void;

  /** `onNew` is told of each finding when it is first met. */
  constructor(onNew: (record: FindingRecord) => void) {
    this.#onNew = onNew;
  }

  /** The record under `key`, made by `make` when it is the first. The caller confirms the occurrence. */
  record(key: string, classes: readonly number[], make: () => Finding): FindingRecord {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const record: FindingRecord = { finding: make(), classes, confirmed: 0, kernelWasSilent: false, isVoid: false };
    this.#byKey.set(key, record);
    this.#onNew(record);
    return record;
  }

  /** Whether there is a record under `key`. */
  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** Confirmed findings in the order they were first met, with their counts; `isVoid` leaves out those of a class. */
  list(isVoid: (cls: number) => boolean): Finding[] {
    const findings: Finding[] = [];
    for (const record of this.#byKey.values()) {
      if (record.confirmed === 0 || record.isVoid || record.classes.some(isVoid)) continue;
      findings.push(finished(record));
    }
    return findings;
  }
}

function finished(record: FindingRecord): Finding {
  const finding: Finding = { ...record.finding, count: record.confirmed };
  if (!record.kernelWasSilent) return finding;
  const evidence = [...finding.evidence, { what: SILENCE, where: {} }];
  return { ...finding, severity: 'warning', confidence: 'possible', evidence };
}
