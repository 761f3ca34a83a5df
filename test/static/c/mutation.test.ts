import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BodyParser, createParser } from '../../../src/static/c/parser.js';
import { readUnit } from '../../../src/static/c/unit.js';
import { loadVocabulary } from '../../../src/static/c/vocabulary.js';
import { pack } from '../../../src/static/ir/packed.js';
import { KERNEL_TABLES } from '../../../src/static/kernel.js';
import { link } from '../../../src/static/solve/program.js';
import { solve } from '../../../src/static/solve/solver.js';
import { mutate } from './mutants.js';

/** `npm run campaign:check-mutants` tries more, of other sources. */
const MUTANTS = 200;
const FOLDER = 'fixtures/c';

describe('broken sources', () => {
  let parser: BodyParser;
  beforeAll(async () => {
    parser = await createParser();
  });

  it(`are read and analysed without an exception (${MUTANTS} mutants)`, () => {
    const vocabulary = loadVocabulary([KERNEL_TABLES]);
    const sources = readdirSync(FOLDER)
      .filter((name) => name.endsWith('.c'))
      .sort()
      .map((name) => readFileSync(join(FOLDER, name), 'latin1'));
    for (let seed = 1; seed <= MUTANTS; seed++) {
      const text = mutate(sources[seed % sources.length] as string, seed);
      try {
        solve(link([pack(readUnit('mutant.c', text, vocabulary, parser))]));
      } catch (error) {
        throw new Error(`mutant of seed ${seed}`, { cause: error });
      }
    }
    expect(sources.length).toBeGreaterThan(0);
  });
});
