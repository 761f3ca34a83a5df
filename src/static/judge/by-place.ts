import type { Finding, Where } from '../../model/finding.js';
import { compareText } from '../solve/summary.js';

/** Findings sorted as reports show them: by their places, what follows from another behind that one. */
export function byPlace(a: Finding, b: Finding): number {
  return (
    compareWhere(a.follows ?? a.where, b.follows ?? b.where) ||
    Number(a.follows !== undefined) - Number(b.follows !== undefined) ||
    compareWhere(a.where, b.where) ||
    compareText(a.rule, b.rule) ||
    compareText(a.message, b.message)
  );
}

function compareWhere(a: Where, b: Where): number {
  return compareText(a.file ?? '', b.file ?? '') || (a.line ?? 0) - (b.line ?? 0);
}
