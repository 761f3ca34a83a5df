import type { Finding } from '../../model/finding.js';
import { compareText } from '../solve/summary.js';

/** Findings sorted as reports show them. */
export function byPlace(a: Finding, b: Finding): number {
  return (
    compareText(a.where.file ?? '', b.where.file ?? '') ||
    (a.where.line ?? 0) - (b.where.line ?? 0) ||
    compareText(a.rule, b.rule) ||
    compareText(a.message, b.message)
  );
}
