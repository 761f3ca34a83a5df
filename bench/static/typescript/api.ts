/**
 * `npm run campaign:check-api -- COUNT SEED`: which share of what `lockvet/sim` offers COUNT random programs use, one schedule each.
 * Lists what they do not use; fails where that has no reason in test/static/typescript/random/api-unused.ts, or a reason no longer holds.
 */
import fc from 'fast-check';
import { UNUSED } from '../../../test/static/typescript/random/api-unused.js';
import { publicApi, usedApi } from '../../../test/static/typescript/random/api-use.js';
import { programs } from '../../../test/static/typescript/random/random-program.js';

const count = Number(process.argv[2] ?? 2000);
const seed = Number(process.argv[3] ?? 1);
const used = usedApi(fc.sample(programs, { numRuns: count, seed }), {
  strategy: 'random',
  seed: 1,
  depth: 3,
  preemptRt: undefined,
});
const api = publicApi();
const isPinned = (member: string): boolean => UNUSED.some(({ what }) => what.test(member));
const meant = api.filter((member) => !isPinned(member));
const open = meant.filter((member) => !used.has(member));
const wrong = api.filter((member) => isPinned(member) && used.has(member));
for (const { why, what } of UNUSED) {
  const members = api.filter((member) => what.test(member));
  process.stdout.write(`not used, ${why}: ${members.join(', ')}\n`);
}
for (const member of open) process.stdout.write(`not used, without a reason: ${member}\n`);
for (const member of wrong) process.stdout.write(`used, although there is a reason why not: ${member}\n`);
process.stdout.write(
  `${count} programs use ${meant.length - open.length} of ${meant.length} operations and questions; ${api.length - meant.length} more are not for scenarios\n`,
);
process.exitCode = open.length + wrong.length === 0 ? 0 : 1;
