/**
 * Holds the lock graph of a recording against the /proc/lockdep of the same kernel. Usage:
 * compare:lockdep TRACE LOCKDEP_FILE [--all]; groups of differences are cut to their first ten members without --all.
 */
import { readFileSync } from 'node:fs';
import { readGraph } from '../../src/graph/index.js';
import { openSource } from '../../src/trace/open.js';
import { agreementOf } from './agreement.js';
import { parseProcLockdep } from './proc-lockdep.js';

const SHOWN = 10;

const [trace, file] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
if (trace === undefined || file === undefined) {
  console.error('usage: compare:lockdep TRACE LOCKDEP_FILE [--all]');
  process.exit(2);
}
const { graph } = await readGraph([trace], (path) => openSource(path));
const agreement = agreementOf(graph, parseProcLockdep(readFileSync(file, 'utf8')));
const { both, missing, surplus, falsePositives, classes, sameUsage, recall, precision, groups } = agreement;
console.log(`direct dependencies: ${both} in both, ${missing} in /proc/lockdep only, ${surplus} in the recording only`);
console.log(
  `recall ${recall.toFixed(4)}; precision ${precision.toFixed(4)} (${falsePositives} between classes that both have)`,
);
console.log(`usage equal for ${sameUsage} of ${classes} classes (${((100 * sameUsage) / classes).toFixed(2)} %)`);
const limit = process.argv.includes('--all') ? Number.POSITIVE_INFINITY : SHOWN;
for (const { why, items } of groups) {
  console.log(`\n${why}: ${items.length}`);
  for (const item of items.slice(0, limit)) console.log(`  ${item}`);
  if (items.length > limit) console.log(`  ... and ${items.length - limit} more`);
}
