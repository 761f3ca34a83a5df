import type { ClassStats } from '../../src/model/lock-stats.js';
import type { ProcClass } from './proc-lockdep.js';

/** A row of /proc/lock_stat. Times are in microseconds. */
export interface LockStatRow {
  /** As printed: cut after 37 characters or so. */
  readonly name: string;
  /** undefined: the class was taken in one way only, and the row does not say which. */
  readonly access: ClassStats['access'] | undefined;
  readonly contentions: number;
  readonly acquisitions: number;
  readonly holdMax: number;
  readonly holdTotal: number;
}

const ROW = /^ *(\S.*?):((?: +\d+(?:\.\d+)?){12})$/;

/** Reads the text of /proc/lock_stat: its rows of figures, without the lists of contention points. */
export function parseLockStat(text: string): LockStatRow[] {
  return text.split('\n').flatMap((line) => {
    const [, label, figures] = ROW.exec(line) ?? [];
    if (label === undefined || figures === undefined) return [];
    const [, contentions = 0, , , , , , acquisitions = 0, , holdMax = 0, holdTotal = 0] = figures
      .trim()
      .split(/ +/)
      .map(Number);
    const suffix = /-([RW])$/.exec(label)?.[1];
    const access = suffix === undefined ? undefined : suffix === 'R' ? ('shared' as const) : ('exclusive' as const);
    const name = suffix === undefined ? label : label.slice(0, -2);
    return [{ name, access, contentions, acquisitions, holdMax, holdTotal }];
  });
}

/** One row beside ours. */
export interface StatPair {
  readonly name: string;
  readonly access: ClassStats['access'];
  readonly kernel: number;
  readonly ours: number;
  readonly kernelHoldMax: number;
  readonly ourHoldMax: number;
}

/**
 * Pairs rows of /proc/lock_stat with ours. It names classes, which /proc/lockdep gives a key each; names that are cut to the
 * same text are left out. The kernel counts an acquisition when the lock is released, and so do we here.
 */
export function pairStats(
  classes: readonly ClassStats[],
  proc: readonly ProcClass[],
  rows: readonly LockStatRow[],
): StatPair[] {
  const keysOfName = new Map<string, Set<string>>();
  for (const { name, key } of proc) {
    const cut = cutName(name);
    keysOfName.set(cut, (keysOfName.get(cut) ?? new Set()).add(key));
  }
  return rows.flatMap((row) => {
    const keys = keysOfName.get(row.name);
    if (keys?.size !== 1) return [];
    const [key] = keys;
    const own = classes.filter((cls) => cls.key === key && (row.access === undefined || cls.access === row.access));
    const [first] = own;
    if (first === undefined || own.length !== 1) return [];
    const hold = first.hold;
    return [
      {
        name: row.name,
        access: first.access,
        kernel: row.acquisitions,
        ours: hold?.count ?? 0,
        kernelHoldMax: row.holdMax,
        ourHoldMax: (hold?.max ?? 0) / 1000,
      },
    ];
  });
}

/** seq_stats() of kernel/locking/lockdep_proc.c: 37 characters, two fewer for a version and two for a subclass. */
function cutName(name: string): string {
  const [, stem = name, version = '', subclass = ''] = /^(.*?)(#\d+)?(\/\d+)?$/.exec(name) ?? [];
  const room = 37 - (version ? 2 : 0) - (subclass ? 2 : 0);
  return `${stem.slice(0, room)}${version}${subclass}`;
}
