import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { agreementOf } from '../../bench/graph/agreement.js';
import { parseProcLockdep } from '../../bench/graph/proc-lockdep.js';
import { readGraph } from '../../src/graph/index.js';
import { openSource } from '../../src/trace/open.js';

/** A folder with trace.dat and lockdep (/proc/lockdep of the recorded kernel). Too large for the repository. */
const BOOT = process.env.LOCKVET_BOOT_RECORDING ?? '';

it.skipIf(!existsSync(`${BOOT}/lockdep`))(
  'the graph of a whole boot agrees with /proc/lockdep (LOCKVET_BOOT_RECORDING=FOLDER)',
  { timeout: 600_000 },
  async () => {
    const { graph } = await readGraph([`${BOOT}/trace.dat`], (path) => openSource(path));
    const proc = parseProcLockdep(readFileSync(`${BOOT}/lockdep`, 'utf8'));
    const { recall, precision, sameUsage, classes, groups } = agreementOf(graph, proc);
    expect(recall).toBeGreaterThanOrEqual(0.98);
    expect(precision).toBeGreaterThanOrEqual(0.99);
    expect(sameUsage / classes).toBeGreaterThanOrEqual(0.99);
    expect(groups.map(({ why }) => why)).not.toContain("kernel's only: not explained");
  },
);
