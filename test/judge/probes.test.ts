import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { judgeEach, type Law } from '../../src/judge/index.js';
import { loadRuleSet } from '../../src/rules/index.js';
import { openSource } from '../../src/trace/open.js';

const folder = mkdtempSync(path.join(tmpdir(), 'lockvet-'));
afterAll(() => rmSync(folder, { recursive: true }));
const rules = loadRuleSet();
const law: Law = { rules, policy: rules.policy('strict') };

const take = (flags: string, at: number, lock: string, inner: number): string =>
  `init-1 [000] ${flags} 1.00000${at}: acquire: (lock.lock_acquire) flags=0 map=0xffff8880000${lock} key=0x${lock} name="${lock}" outer=0 inner=${inner} type=0`;
const release = (flags: string, at: number, lock: string): string =>
  `init-1 [000] ${flags} 1.00000${at}: release: (lock.lock_release) map=0xffff8880000${lock}`;

async function judged(...lines: string[]) {
  const file = path.join(folder, 'trace.txt');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const [run] = await judgeEach([file], (input) => openSource(input), law);
  return (run?.findings ?? []).map(({ rule, locks, message }) => ({ rule, locks, message }));
}

describe('a recording by event probes', () => {
  it('names the lock that is released twice, of which the release tells only the address', async () => {
    expect(await judged(take('...1.', 1, 'a1', 4), release('...1.', 2, 'a1'), release('...1.', 3, 'a1'))).toEqual([
      {
        rule: 'unlock-not-held',
        locks: ['a1'],
        message: 'bad unlock balance detected: init-1 releases a1, which it does not hold',
      },
    ]);
  });

  it('takes the lock for released where its depth of 1 is that of the probe alone', async () => {
    const lines = [take('...2.', 1, 'b1', 3), take('...1.', 2, 'c1', 4), release('...1.', 3, 'c1')];
    expect(await judged(...lines)).toEqual([]);
  });

  it('still sees a mutex taken with preemption off', async () => {
    const lines = [take('...2.', 1, 'b1', 3), take('...2.', 2, 'c1', 4), release('...2.', 3, 'c1')];
    expect((await judged(...lines)).map(({ rule, locks }) => [rule, locks])).toEqual([
      ['invalid-wait-context', ['b1', 'c1']],
    ]);
  });
});
