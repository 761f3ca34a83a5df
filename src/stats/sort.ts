import type { ClassStats } from '../model/lock-stats.js';

/** By what rows may be sorted, greatest first; `name` goes by the alphabet. */
export const SORT_KEYS = ['acquisitions', 'contentions', 'wait', 'hold', 'hold-max', 'hold-p99', 'name'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** The first `top` rows by a key; equal ones by name, then exclusive first. */
export function sorted(classes: readonly ClassStats[], by: SortKey, top: number): ClassStats[] {
  const weight = WEIGHT[by];
  return classes
    .toSorted((a, b) => weight(b) - weight(a) || compare(a.name, b.name) || compare(a.access, b.access))
    .slice(0, top);
}

const WEIGHT: Readonly<Record<SortKey, (row: ClassStats) => number>> = {
  acquisitions: (row) => row.acquisitions,
  contentions: (row) => row.contentions,
  wait: (row) => row.wait?.total ?? 0,
  hold: (row) => row.hold?.total ?? 0,
  'hold-max': (row) => row.hold?.max ?? 0,
  'hold-p99': (row) => row.hold?.p99 ?? 0,
  name: () => 0,
};

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
