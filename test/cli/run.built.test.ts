import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportSchema } from '../report/contract-schema.js';
import { lockvet } from './built.js';

const ABBA = 'fixtures/scenarios/abba.ts';
const CLEAN = 'fixtures/scenarios/abba-trylock.ts';
const WARNING = 'fixtures/scenarios/data-race.ts';
const RT_NOWAIT = 'fixtures/scenarios/page-rt-nowait-under-raw.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-run-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const runsOf = async (args: string[]) => {
  const { out, err } = await lockvet(['run', '--format', 'json', ...args]);
  expect(out, err).not.toBe('');
  return reportSchema.parse(JSON.parse(out)).runs;
};

describe('lockvet run', () => {
  it.each([
    { args: [CLEAN], exit: 0 },
    { args: [CLEAN, ABBA], exit: 1 },
    { args: [WARNING], exit: 0 },
    { args: [WARNING, '--fail-on', 'warning'], exit: 1 },
    { args: [RT_NOWAIT], exit: 1 },
    { args: [RT_NOWAIT, '--policy', 'gfp-rt-nowait', '--preempt-rt'], exit: 0 },
    { args: [RT_NOWAIT, '--policy', 'gfp-rt-nowait', '--no-preempt-rt'], exit: 0 },
    { args: ['fixtures/scenarios/rcu-publish-subscribe.ts'], exit: 0 },
    { args: ['fixtures/scenarios/rcu-free-without-grace-period.ts'], exit: 1 },
    { args: ['rules/alloc-under-raw-spinlock/bad.ts'], exit: 1 },
  ])('$args: $exit', async ({ args, exit }) => {
    expect(await lockvet(['run', ...args])).toMatchObject({ exit, err: '' });
  });

  it('makes one run of kind scenario an input, and counts schedules', async () => {
    const [abba, clean] = await runsOf([ABBA, CLEAN, '--strategy', 'random', '--seeds', '1..20']);
    expect(abba).toMatchObject({ input: ABBA, kind: 'scenario', verdict: 'violation', stats: { schedules: 20 } });
    expect(abba?.findings.map(({ rule }) => rule).sort()).toEqual(['deadlock', 'lock-order-cycle']);
    expect(abba?.findings[0]?.where).toMatchObject({
      file: ABBA,
      line: expect.any(Number),
      function: expect.any(String),
    });
    expect(clean).toMatchObject({ verdict: 'clean', findings: [] });
  });

  it('repeats a schedule by the token that it printed', async () => {
    const { err } = await lockvet(['run', '--format', 'json', ABBA, '--strategy', 'pct', '--seeds', '1..30']);
    const token = /to repeat [^\n]*deadlock[^\n]*--replay (\S+)/.exec(err)?.[1] ?? '';
    const [again] = await runsOf([ABBA, '--replay', token]);
    expect(again?.findings.map(({ rule }) => rule)).toContain('deadlock');
  });

  it('records what lint reads, with the same findings, and what Perfetto opens', async () => {
    const trace = path.join(folder, 'abba.txt');
    const [run] = await runsOf([ABBA, '--record', trace]);
    const { out } = await lockvet(['lint', '--format', 'json', trace]);
    const [lint] = reportSchema.parse(JSON.parse(out)).runs;
    const prints = (findings: readonly { fingerprint: string }[] = []) =>
      findings.map(({ fingerprint }) => fingerprint).sort();
    expect(prints(lint?.findings)).toEqual(prints(run?.findings));
    const picture = path.join(folder, 'abba.json');
    await runsOf([ABBA, '--record', picture]);
    expect(JSON.parse(readFileSync(picture, 'utf8'))).toHaveProperty('traceEvents');
  });

  it.each([
    { args: ['nowhere.ts'], says: 'nowhere.ts: cannot be read: no such file or directory\n' },
    { args: [ABBA, '--seeds', '9..1'], says: 'lockvet: --seeds: "9..1" is no range such as 1..1000\n' },
    { args: [ABBA, '--replay', 'x'], says: 'lockvet: "x" is no replay token (they read like 1-random-17)\n' },
    { args: [ABBA, CLEAN, '--record', 'x.txt'], says: 'lockvet: --record takes one scenario and one schedule\n' },
  ])('$args is one line and exit code 2', async ({ args, says }) => {
    expect(await lockvet(['run', ...args])).toEqual({ exit: 2, out: '', err: says });
  });

  it('tells a fault of a scenario at its line', async () => {
    const file = path.join(folder, 'bad.ts');
    const lines = ["import { scenario } from 'lockvet/sim';", "export default scenario({ name: 'bad' }, (kernel) => {"];
    writeFileSync(
      file,
      [...lines, "  kernel.task('t', function* () {", '    kernel.udelay(1);', '  });', '});', ''].join('\n'),
    );
    const { exit, out, err } = await lockvet(['run', file]);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toBe(`${file}:4: operation udelay is created but not run: write "yield*" before it\n`);
  });
});
