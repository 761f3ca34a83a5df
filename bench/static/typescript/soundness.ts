/**
 * `npm run campaign:check-soundness -- COUNT SEED`: COUNT random scenarios are checked and run under 50 schedules each; whatever a
 * schedule shows must be found, and what is certain must be shown by one of 150 more where they get to it. Prints disagreements
 * and leaves their scenarios in .lockvet-cache/soundness.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { loadRuleSet } from '../../../src/rules/index.js';
import { compare } from '../../../test/static/typescript/random/compare.js';
import { programText } from '../../../test/static/typescript/random/program-text.js';
import { programs } from '../../../test/static/typescript/random/random-program.js';
import { testOptions } from '../../../test/static/want.js';

const BATCH = 200;
const FOLDER = '.lockvet-cache/soundness';

const count = Number(process.argv[2] ?? 20_000);
const seed = Number(process.argv[3] ?? 1);
const rules = loadRuleSet();
const law = { rules, policy: rules.policy('strict') };
const begin = performance.now();
let done = 0;
let showing = 0;
let agreed = 0;
let disagreeing = 0;
for (let batch = 0; done < count; batch++) {
  const sample = fc.sample(programs, { numRuns: Math.min(BATCH, count - done), seed: seed + batch });
  const result = await compare(sample, { law, check: testOptions(), schedules: 50, more: 150 });
  done += sample.length;
  showing += result.showing;
  agreed += result.agreed;
  disagreeing += result.disagreements.length;
  for (const { kind, program, rule, locks, line, message } of result.disagreements) {
    const name = `seed${seed + batch}-p${program}.ts`;
    mkdirSync(FOLDER, { recursive: true });
    const chosen = sample[program];
    if (chosen !== undefined) {
      writeFileSync(join(FOLDER, name), programText(chosen, { prefix: `p${program}`, typed: true }));
    }
    process.stdout.write(`${kind} ${join(FOLDER, name)}:${line ?? '?'} ${rule} [${locks.join(', ')}] ${message}\n`);
  }
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  process.stdout.write(
    `${done} programs, ${showing} show something, ${agreed} findings agree, ${disagreeing} disagree, ${seconds} s\n`,
  );
}
process.exitCode = disagreeing === 0 ? 0 : 1;
