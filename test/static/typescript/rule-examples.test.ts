import { existsSync, readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/model/finding.js';
import { check } from '../../../src/static/check.js';
import { reported, SEEN_WHEN_IT_HAPPENS, testOptions, wanted } from '../want.js';

/** Shown by a policy other than the strict one. */
const POLICY: Readonly<Record<string, string>> = { 'gfp-rt-nowait-preemptible': 'gfp-rt-nowait' };

const folders = readdirSync('rules')
  .filter((rule) => existsSync(`rules/${rule}/bad.ts`))
  .sort();

/** Findings in all examples, by file: they are read together, each scenario is judged by itself. */
const found = new Map<string, readonly Finding[]>();

beforeAll(async () => {
  for (const policy of ['strict', 'gfp-rt-nowait']) {
    const chosen = folders.filter((rule) => (POLICY[rule] ?? 'strict') === policy);
    const files = chosen.flatMap((rule) => [`rules/${rule}/bad.ts`, `rules/${rule}/good.ts`]);
    const { run } = await check(files, testOptions(policy));
    expect(run.kind).toBe('typescript');
    expect(run.stats.functions).toBeGreaterThan(files.length);
    for (const file of files) {
      found.set(
        file,
        run.findings.filter((finding) => finding.where.file === file),
      );
    }
  }
});

describe('the TypeScript examples of rules', () => {
  it.each(folders)('%s: the bad one is found at its lines, the good one is silent', (rule) => {
    const isJudged = (line: string): boolean => !SEEN_WHEN_IT_HAPPENS.has(line.split(' ')[1] ?? '');
    const expected = wanted(`rules/${rule}/bad.ts`).filter(isJudged);
    expect(reported(found.get(`rules/${rule}/bad.ts`) ?? [])).toEqual(expected);
    if (!SEEN_WHEN_IT_HAPPENS.has(rule)) expect(expected.some((line) => line.endsWith(` ${rule}`))).toBe(true);
    expect(reported(found.get(`rules/${rule}/good.ts`) ?? [])).toEqual([]);
  });
});
