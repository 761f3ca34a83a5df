import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { agreementOf } from '../../bench/graph/agreement.js';
import { pairStats, parseLockStat } from '../../bench/graph/lock-stat.js';
import { parseProcLockdep } from '../../bench/graph/proc-lockdep.js';
import { readGraph } from '../../src/graph/index.js';
import { readStats } from '../../src/stats/index.js';
import { openSource } from '../../src/trace/open.js';

/** A folder with trace.dat and the recorded kernel's /proc/lockdep and lock_stat. Too large for the repository. */
const BOOT = process.env.LOCKVET_BOOT_RECORDING ?? '';
const open = (path: string) => openSource(path);

it.skipIf(!existsSync(`${BOOT}/lockdep`))(
  'the graph of a whole boot agrees with /proc/lockdep (LOCKVET_BOOT_RECORDING=FOLDER)',
  { timeout: 600_000 },
  async () => {
    const { graph } = await readGraph([`${BOOT}/trace.dat`], open);
    const proc = parseProcLockdep(readFileSync(`${BOOT}/lockdep`, 'utf8'));
    const { recall, precision, sameUsage, classes, groups } = agreementOf(graph, proc);
    expect(recall).toBeGreaterThanOrEqual(0.98);
    expect(precision).toBeGreaterThanOrEqual(0.99);
    expect(sameUsage / classes).toBeGreaterThanOrEqual(0.99);
    expect(groups.map(({ why }) => why)).not.toContain("kernel's only: not explained");
  },
);

it.skipIf(!existsSync(`${BOOT}/lock_stat`))(
  'the acquisitions of a whole boot agree with /proc/lock_stat (LOCKVET_BOOT_RECORDING=FOLDER)',
  { timeout: 600_000 },
  async () => {
    const { classes } = await readStats(`${BOOT}/trace.dat`, open);
    const proc = parseProcLockdep(readFileSync(`${BOOT}/lockdep`, 'utf8'));
    const pairs = pairStats(classes, proc, parseLockStat(readFileSync(`${BOOT}/lock_stat`, 'utf8')));
    const equal = pairs.filter(({ kernel, ours }) => kernel === ours);
    // The kernel counts since power-on, so it may have more; more of ours are a class that the recording cannot tell apart.
    const more = pairs.filter(({ kernel, ours }) => ours > kernel);
    expect(pairs.length).toBeGreaterThan(500);
    expect(equal.length / pairs.length).toBeGreaterThan(0.7);
    expect(more.length / pairs.length).toBeLessThan(0.01);
  },
);
