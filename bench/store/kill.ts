/**
 * Kills the command at random moments while it stores, and looks at the store each time: `npm run campaign:store-kill -- KILLS [SEED]`.
 *
 * What must hold: the store opens; every run that said it was stored is there; every run that is there is whole and equal to the
 * first. Exit code 1 at the first store that breaks this.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { killCampaign } from './killing.js';

const INPUT = fileURLToPath(new URL('../../fixtures/cases/alloc_page_atomic_raw.trace.txt.xz', import.meta.url));
const kills = Number(process.argv[2] ?? 500);
const seed = Number(process.argv[3] ?? 1);
const folder = mkdtempSync(path.join(tmpdir(), 'lockvet-kill-'));
try {
  const say = (line: string): void => console.log(line);
  const result = await killCampaign({ kills, seed, folder, input: INPUT, finishEvery: 10, say });
  console.log(
    `${result.kills} kills: ${result.before} before the run was stored, ${result.after} after; ` +
      `${result.finished} more calls were left to finish; ${result.runs} runs in the store, all whole`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
