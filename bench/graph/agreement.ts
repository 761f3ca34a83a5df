import type { Dependency, LockClass, LockGraph } from '../../src/model/lock-graph.js';
import type { ProcClass } from './proc-lockdep.js';

/** A group of differences that have one explanation. */
export interface Group {
  readonly why: string;
  readonly items: string[];
}

/** How far a graph agrees with the kernel's own. */
export interface Agreement {
  /** Dependencies in both, in the kernel's only, in ours only, and in ours only though the kernel could have had them. */
  readonly both: number;
  readonly missing: number;
  readonly surplus: number;
  readonly falsePositives: number;
  /** Classes in both, and those of them with the same usage. */
  readonly classes: number;
  readonly sameUsage: number;
  readonly recall: number;
  /** Of the dependencies between classes that the kernel still lists: it forgets classes whose memory is freed. */
  readonly precision: number;
  readonly groups: readonly Group[];
}

/**
 * Compares direct dependencies and usage with /proc/lockdep, classes matched by key. What the two differ in is grouped
 * by what explains it as far as the two graphs can tell.
 */
export function agreementOf(graph: LockGraph, proc: readonly ProcClass[]): Agreement {
  const groups = new Map<string, string[]>();
  const explain = (why: string, item: string): void => {
    const items = groups.get(why);
    if (items) items.push(item);
    else groups.set(why, [item]);
  };
  const ours = new Map(graph.classes.flatMap((cls) => (cls.key === null ? [] : [[cls.key, cls] as const])));
  const theirs = new Map(proc.map((cls) => [cls.key, cls]));
  const kept = graph.dependencies.filter((one) => one.direct && !one.closesCycle);
  const edges = new Map(kept.map((one) => [edgeKey(graph, one), one]));
  let both = 0;
  let missing = 0;
  for (const cls of proc) {
    for (const key of cls.after) {
      if (edges.has(`${cls.key} ${key}`)) both++;
      else {
        missing++;
        explain(
          whyMissing(ours.get(cls.key), ours.get(key), cls, theirs.get(key)),
          `${cls.name} -> ${theirs.get(key)?.name ?? key}`,
        );
      }
    }
  }
  const listed = new Set(proc.flatMap((cls) => cls.after.map((key) => `${cls.key} ${key}`)));
  let falsePositives = 0;
  for (const [key, one] of edges) {
    if (listed.has(key)) continue;
    const [from = '', to = ''] = key.split(' ');
    const gone = !theirs.has(from) || !theirs.has(to);
    if (!gone) falsePositives++;
    const why = gone
      ? 'ours only: a class is gone from /proc/lockdep (its memory was freed)'
      : 'ours only: false, or forgotten by the kernel';
    explain(why, `${nameOf(graph, one.from)} -> ${nameOf(graph, one.to)} (${one.count} times)`);
  }
  const common = proc.flatMap((cls) => {
    const own = ours.get(cls.key);
    if (own === undefined) explain('class of /proc/lockdep that the recording never shows', cls.name);
    return own === undefined ? [] : [{ cls, own }];
  });
  for (const { cls, own } of common) {
    if (cls.usage !== own.usage) explain('usage differs', `${cls.name}: kernel ${cls.usage}, recording ${own.usage}`);
  }
  return {
    both,
    missing,
    surplus: edges.size - both,
    falsePositives,
    classes: common.length,
    sameUsage: common.filter(({ cls, own }) => cls.usage === own.usage).length,
    recall: both / Math.max(1, both + missing),
    precision: both / Math.max(1, both + falsePositives),
    groups: [...groups].map(([why, items]) => ({ why, items })).sort((a, b) => (a.why < b.why ? -1 : 1)),
  };
}

function whyMissing(
  from: LockClass | undefined,
  to: LockClass | undefined,
  procFrom: ProcClass,
  procTo: ProcClass | undefined,
): string {
  if (from === undefined || to === undefined) return "kernel's only: a class was not taken during the recording";
  if (from.acquisitions < procFrom.ops || to.acquisitions < (procTo?.ops ?? 0)) {
    return "kernel's only: a class was taken before or after the recording, too";
  }
  return "kernel's only: not explained";
}

function edgeKey(graph: LockGraph, { from, to }: Dependency): string {
  return `${graph.classes[from]?.key} ${graph.classes[to]?.key}`;
}

function nameOf(graph: LockGraph, id: number): string {
  return graph.classes[id]?.name ?? '';
}
