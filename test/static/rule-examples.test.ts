import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findingsIn, reported, wanted } from './want.js';

const RULES = 'rules';
const withExamples = readdirSync(RULES)
  .sort()
  .filter((rule) => existsSync(join(RULES, rule, 'bad.c')));

describe('the C examples of rules', () => {
  it.each(withExamples)('%s: the bad one is found at its lines, the good one is silent', async (rule) => {
    const bad = join(RULES, rule, 'bad.c');
    const good = join(RULES, rule, 'good.c');
    expect(wanted(bad).some((line) => line.endsWith(` ${rule}`))).toBe(true);
    expect(reported(await findingsIn(bad))).toEqual(wanted(bad));
    expect(wanted(good)).toEqual([]);
    expect(reported(await findingsIn(good))).toEqual([]);
  });
});
