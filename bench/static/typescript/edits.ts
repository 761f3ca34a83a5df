/**
 * `npm run campaign:check-cache -- COUNT SEED`: COUNT random programs of several files, each changed three times; what check says
 * with one cache for all stages must be what it says without. Prints the programs for which it is not.
 */
import fc from 'fast-check';
import { bothWays } from '../../../test/static/typescript/edits/compare.js';
import { editedPrograms, stages } from '../../../test/static/typescript/edits/small-program.js';

const count = Number(process.argv[2] ?? 50);
const seed = Number(process.argv[3] ?? 1);
let differing = 0;
let findings = 0;
for (const [i, program] of fc.sample(editedPrograms, { numRuns: count, seed }).entries()) {
  const { cached, fresh } = await bothWays(stages(program));
  findings += cached.reduce((sum, run) => sum + (JSON.parse(run) as { findings: unknown[] }).findings.length, 0);
  const stage = cached.findIndex((run, at) => run !== fresh[at]);
  if (stage < 0) continue;
  differing++;
  process.stdout.write(`program ${i}, stage ${stage}: ${JSON.stringify(program)}\n${cached[stage]}\n${fresh[stage]}\n`);
}
process.stdout.write(`${count} programs, ${findings} findings in all stages, ${differing} differ with the cache\n`);
process.exitCode = differing === 0 ? 0 : 1;
