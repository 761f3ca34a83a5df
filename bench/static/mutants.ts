/**
 * Damages sources and checks them:
 *
 *     npm run campaign:check-mutants -- COUNT [FOLDER [FIRST_SEED]]
 *
 * Each mutant must be read, solved and judged without an exception, and read the same whether or not its undamaged original was
 * read before (whose functions are used again where they have not changed).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadRuleSet } from '../../src/rules/index.js';
import { createParser } from '../../src/static/c/parser.js';
import { readUnit } from '../../src/static/c/unit.js';
import { loadVocabulary } from '../../src/static/c/vocabulary.js';
import { pack, unpackFunctions, unpackPieces } from '../../src/static/ir/packed.js';
import { cyclesOf } from '../../src/static/judge/cycles.js';
import { findingsOf } from '../../src/static/judge/findings.js';
import { usageFindings } from '../../src/static/judge/usage.js';
import { KERNEL_TABLES } from '../../src/static/kernel.js';
import { link } from '../../src/static/solve/program.js';
import { solve } from '../../src/static/solve/solver.js';
import { mutate } from '../../test/static/c/mutants.js';

const [count = '1000', folder = 'fixtures/c', firstSeed = '1'] = process.argv.slice(2);
const parser = await createParser();
const vocabulary = loadVocabulary([KERNEL_TABLES]);
const rules = loadRuleSet({});
const policy = rules.policy();
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.c') || name.endsWith('.h'))
  .sort()
  .map((name) => readFileSync(join(folder, name), 'latin1'))
  .map((text) => ({ text, pieces: unpackPieces(pack(readUnit('mutant.c', text, vocabulary, parser))) }));
let findings = 0;
let functions = 0;
for (let seed = Number(firstSeed); seed < Number(firstSeed) + Number(count); seed++) {
  const source = sources[seed % sources.length];
  if (source === undefined) throw new Error(`no C source in ${folder}`);
  const text = mutate(source.text, seed);
  try {
    const unit = pack(readUnit('mutant.c', text, vocabulary, parser));
    const again = pack(readUnit('mutant.c', text, vocabulary, parser, source.pieces));
    const isSame =
      JSON.stringify(unit.head) === JSON.stringify(again.head) &&
      JSON.stringify(unpackFunctions(unit)) === JSON.stringify(unpackFunctions(again));
    if (!isSame) throw new Error('read otherwise after its original');
    const program = link([unit]);
    const solution = solve(program);
    const found = [
      ...findingsOf(program, solution.candidates, rules, policy),
      ...cyclesOf(program, solution.edges, rules),
      ...usageFindings(program, solution.uses, solution.edges, rules),
    ];
    findings += found.length;
    functions += program.functionCount;
  } catch (error) {
    throw new Error(`mutant of seed ${seed}`, { cause: error });
  }
}
console.log(
  `${count} mutants of ${sources.length} sources: ${functions} functions, ${findings} findings, no exception`,
);
