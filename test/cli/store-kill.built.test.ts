import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { killCampaign } from '../../bench/store/killing.js';
import { ROOT } from './built.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-kill-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The short form of `npm run campaign:store-kill`. */
it('a command killed while it stores leaves a store that is whole', async () => {
  const input = path.join(ROOT, 'fixtures/selftest/029-ABBCCDDA_wlock.trace.txt');
  const result = await killCampaign({ kills: 3, seed: 5, folder, input, finishEvery: 2, say: () => {} });
  expect(result).toMatchObject({ kills: 3, finished: 2 });
  expect(result.runs).toBe(result.finished + result.after);
});
