/**
 * Holds the acquisitions and hold times of a recording against the /proc/lock_stat of the same kernel. Usage:
 * compare:lockstat TRACE LOCKDEP_FILE LOCK_STAT_FILE
 */
import { readFileSync } from 'node:fs';
import { readStats } from '../../src/stats/index.js';
import { openSource } from '../../src/trace/open.js';
import { pairStats, parseLockStat } from './lock-stat.js';
import { parseProcLockdep } from './proc-lockdep.js';

const SHOWN = 15;

const [trace, lockdep, lockStat] = process.argv.slice(2);
if (trace === undefined || lockdep === undefined || lockStat === undefined) {
  console.error('usage: compare:lockstat TRACE LOCKDEP_FILE LOCK_STAT_FILE');
  process.exit(2);
}
const { classes } = await readStats(trace, (path) => openSource(path));
const rows = parseLockStat(readFileSync(lockStat, 'utf8'));
const pairs = pairStats(classes, parseProcLockdep(readFileSync(lockdep, 'utf8')), rows);
const equal = pairs.filter(({ kernel, ours }) => kernel === ours);
const fewer = pairs.filter(({ kernel, ours }) => ours < kernel);
const more = pairs.filter(({ kernel, ours }) => ours > kernel);
const near = pairs.filter(({ kernel, ours }) => Math.abs(ours - kernel) <= Math.max(2, kernel * 0.01));
const sum = (of: (pair: (typeof pairs)[number]) => number): number =>
  pairs.reduce((total, pair) => total + of(pair), 0);
console.log(`${rows.length} rows of lock_stat, ${pairs.length} matched`);
console.log(
  `acquisitions: ${equal.length} equal, ${near.length} within 1 % or 2, ${fewer.length} fewer, ${more.length} more`,
);
console.log(`in total: kernel ${sum((pair) => pair.kernel)}, recording ${sum((pair) => pair.ours)}`);
for (const [title, group] of [
  ['fewer than the kernel counted (before or after the recording)', fewer],
  ['more', more],
] as const) {
  console.log(`\n${title}: ${group.length}`);
  const worst = group.toSorted((a, b) => Math.abs(b.ours - b.kernel) - Math.abs(a.ours - a.kernel)).slice(0, SHOWN);
  for (const pair of worst) {
    console.log(
      `  ${pair.name} ${pair.access}: kernel ${pair.kernel} max ${pair.kernelHoldMax} us; recording ${pair.ours} max ${pair.ourHoldMax} us`,
    );
  }
}
