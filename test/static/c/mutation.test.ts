import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BodyParser, createParser } from '../../../src/static/c/parser.js';
import { readUnit } from '../../../src/static/c/unit.js';
import { loadVocabulary } from '../../../src/static/c/vocabulary.js';
import { KERNEL_TABLES } from '../../../src/static/check.js';
import { pack } from '../../../src/static/ir/packed.js';
import { link } from '../../../src/static/solve/program.js';
import { solve } from '../../../src/static/solve/solver.js';

/** How many mutants to try: a campaign sets it higher. */
const MUTANTS = Number(process.env.LOCKVET_MUTANTS ?? 200);
/** Folder of sources to mutate. */
const FOLDER = process.env.LOCKVET_MUTATE ?? 'fixtures/c';

/** A small generator of the same numbers for the same seed (xorshift). */
function random(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const PIECES = [
  '{',
  '}',
  '(',
  ')',
  ';',
  '#if X\n',
  '#else\n',
  '#endif\n',
  '"',
  "'",
  '/*',
  '*/',
  '\\\n',
  'case 1:',
  'else',
  ',',
  '=',
  '->',
];

function mutate(text: string, pick: (below: number) => number): string {
  let out = text;
  for (let n = 1 + pick(4); n > 0; n--) {
    const at = pick(out.length + 1);
    const length = pick(40);
    switch (pick(4)) {
      case 0:
        out = out.slice(0, at) + out.slice(at + length);
        break;
      case 1:
        out = out.slice(0, at) + (PIECES[pick(PIECES.length)] ?? '') + out.slice(at);
        break;
      case 2:
        out = out.slice(0, at) + out.slice(at, at + length) + out.slice(at);
        break;
      default:
        out = out.slice(0, at) + String.fromCharCode(pick(256)) + out.slice(at + 1);
    }
  }
  return out;
}

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
      const pick = random(seed * 2654435761);
      const text = mutate(sources[seed % sources.length] as string, pick);
      try {
        solve(link([pack(readUnit('mutant.c', text, vocabulary, parser))]));
      } catch (error) {
        throw new Error(`mutant of seed ${seed}`, { cause: error });
      }
    }
    expect(sources.length).toBeGreaterThan(0);
  }, 3_600_000);
});
