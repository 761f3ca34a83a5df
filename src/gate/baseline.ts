import { existsSync } from 'node:fs';
import { z } from 'zod';
import type { Finding } from '../model/finding.js';
import { InputError } from '../model/report.js';
import { readJson } from './json-file.js';

/** The layout of baseline files that this version reads and writes. */
export const BASELINE_VERSION = 1;

const entrySchema = z.strictObject({
  fingerprint: z.string().min(1, 'is empty'),
  rule: z.string().min(1, 'is empty'),
  message: z.string(),
  reason: z.string(),
  expires: z.iso.date('is no date such as 2027-01-31').optional(),
});
const baselineSchema = z.strictObject({
  version: z.literal(BASELINE_VERSION, `is not ${BASELINE_VERSION}, the only version that is known`),
  findings: z.array(entrySchema),
});

/** A known finding. Rule and message are for readers; the fingerprint alone decides. */
export type BaselineEntry = z.output<typeof entrySchema>;

/** A baseline file, or what stands for one that is still to be written. */
export interface Baseline {
  readonly path: string;
  readonly entries: readonly BaselineEntry[];
}

/**
 * Reads a baseline file. Throws InputError with the line of the first problem. A file that is not there is an empty baseline where
 * `mayBeMissing`, an error otherwise.
 */
export function loadBaseline(path: string, mayBeMissing: boolean): Baseline {
  if (!existsSync(path)) {
    if (mayBeMissing) return { path, entries: [] };
    throw new InputError(path, undefined, 'no such file; --update-baseline writes it');
  }
  const file = readJson(path, baselineSchema);
  const entries = file.value.findings;
  const seen = new Set<string>();
  for (const [index, { fingerprint }] of entries.entries()) {
    if (seen.has(fingerprint)) {
      throw new InputError(path, file.line('findings', index, 'fingerprint'), `${fingerprint} is listed twice`);
    }
    seen.add(fingerprint);
  }
  return { path, entries };
}

/** The text of a baseline file: sorted, a field a line, so that a change of one finding is a change of its lines only. */
export function baselineText(entries: readonly BaselineEntry[]): string {
  const findings = [...entries]
    .sort((a, b) => compare(a.rule, b.rule) || compare(a.fingerprint, b.fingerprint))
    .map(({ fingerprint, rule, message, reason, expires }) => ({
      fingerprint,
      rule,
      message,
      reason,
      ...(expires !== undefined && { expires }),
    }));
  return `${JSON.stringify({ version: BASELINE_VERSION, findings }, null, 2)}\n`;
}

/**
 * The baseline after an update: an entry for each of `findings`, with the reason and expiry that it had, and the entries in
 * `keep` beside them. What no longer occurs is gone.
 */
export function updatedEntries(
  baseline: Baseline,
  findings: readonly Finding[],
  keep: ReadonlySet<string>,
): BaselineEntry[] {
  const old = new Map(baseline.entries.map((entry) => [entry.fingerprint, entry]));
  const entries = new Map<string, BaselineEntry>();
  for (const { fingerprint, rule, message } of findings) {
    const { reason = '', expires } = old.get(fingerprint) ?? {};
    if (entries.has(fingerprint)) continue;
    entries.set(fingerprint, { fingerprint, rule, message, reason, ...(expires !== undefined && { expires }) });
  }
  for (const entry of baseline.entries) {
    if (keep.has(entry.fingerprint) && !entries.has(entry.fingerprint)) entries.set(entry.fingerprint, entry);
  }
  return [...entries.values()];
}

/** True from the day after `expires` on; `today` is an ISO date. */
export function isExpired(entry: BaselineEntry, today: string): boolean {
  return entry.expires !== undefined && entry.expires < today;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
