import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from '../../../../src/static/check.js';
import { testOptions } from '../../want.js';
import { type Files, write } from './small-program.js';

/** What check says of a program in each of its stages: with one cache for all of them, and without. */
export async function bothWays(stages: readonly Files[]): Promise<{ cached: string[]; fresh: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'lockvet-edits-'));
  try {
    const sources = join(folder, 'sources');
    const cache = join(folder, 'cache');
    const cached: string[] = [];
    const fresh: string[] = [];
    let before: Files = new Map();
    for (const stage of stages) {
      write(sources, before, stage);
      before = stage;
      const text = async (kept: string | undefined): Promise<string> =>
        JSON.stringify((await check([sources], { ...testOptions(), cache: kept })).run).replaceAll(sources, '.');
      cached.push(await text(cache));
      fresh.push(await text(undefined));
    }
    return { cached, fresh };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
