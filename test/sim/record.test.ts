import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenarioFile } from '../../src/cli/load.js';
import { type Schedule, strategyOf } from '../../src/explore/token.js';
import { judgeEach } from '../../src/judge/index.js';
import type { NameTable } from '../../src/model/names.js';
import { NO_VALIDATE_KEY } from '../../src/sim/addresses.js';
import { judgeRun } from '../../src/sim/run/judge-run.js';
import { simulate } from '../../src/sim/scenario.js';
import { openSource } from '../../src/trace/open.js';
import { PerfettoWriter } from '../../src/trace/write-perfetto.js';
import { TextWriter } from '../../src/trace/write-text.js';
import { FOLDER, lawFor, shipped } from './shipped.js';

const law = lawFor('strict');
const simulation = { noValidateKey: NO_VALIDATE_KEY };
const progress = { start() {}, update() {}, stop() {} };

describe('a recorded run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockvet-record-'));
  const keys = (findings: readonly { rule: string; fingerprint: string; count: number }[]) =>
    findings.map(({ rule, fingerprint, count }) => `${rule} ${fingerprint} ${count}`).sort();

  for (const name of shipped()) {
    it(`of ${name} has the findings of the run, fingerprint by fingerprint`, async () => {
      const path = `${FOLDER}/${name}.ts`;
      const [scenario] = await loadScenarioFile(path);
      if (scenario === undefined) throw new Error(`${path} has no scenario`);
      for (const preemptRt of scenario.options.preemptCount === false ? [false] : [false, true]) {
        for (const schedule of [
          { strategy: 'rr', seed: 1, depth: 3, preemptRt },
          { strategy: 'random', seed: 3, depth: 3, preemptRt },
        ] satisfies Schedule[]) {
          let text = '';
          const recorder = (names: NameTable) => new TextWriter(names, (piece) => (text += piece), { simulation });
          const judged = judgeRun({ path, scenario }, { law, schedule, precise: true, recorder });
          const file = join(folder, `${name}.txt`);
          writeFileSync(file, text);
          const [run] = await judgeEach([file], (input) => openSource(input, { strict: true, progress }), law);
          expect(keys(run?.findings ?? [])).toEqual(keys(judged.findings));
        }
      }
    });
  }

  it('draws as Chrome trace events that nest', async () => {
    for (const name of ['abba', 'softirq-safe', 'wait-event', 'prefilled-cache']) {
      const [scenario] = await loadScenarioFile(`${FOLDER}/${name}.ts`);
      if (scenario === undefined) throw new Error(`${name} has no scenario`);
      let text = '';
      const schedule: Schedule = { strategy: 'rr', seed: 1, depth: 3, preemptRt: undefined };
      const sink = (names: NameTable) => new PerfettoWriter(names, (piece) => (text += piece));
      simulate(scenario, { strategy: strategyOf(schedule), sink });
      const { traceEvents } = JSON.parse(text) as { traceEvents: { ph: string; pid: number; tid: number }[] };
      const depth = new Map<string, number>();
      for (const { ph, pid, tid } of traceEvents) {
        const track = `${pid}:${tid}`;
        if (ph === 'B') depth.set(track, (depth.get(track) ?? 0) + 1);
        if (ph !== 'E') continue;
        depth.set(track, (depth.get(track) ?? 0) - 1);
        expect(depth.get(track)).toBeGreaterThanOrEqual(0);
      }
      expect([...depth.values()].every((open) => open === 0)).toBe(true);
      expect(traceEvents.length).toBeGreaterThan(10);
    }
  });
});

describe('determinism', () => {
  it('same seed, same bytes: 10 scenarios, 200 seeds, twice', async () => {
    let schedules = 0;
    const names = [
      'abba',
      'abc-cycle',
      'irq-unsafe',
      'softirq-unsafe',
      'reader-recursion',
      'lost-wakeup',
      'prefilled-cache',
    ];
    for (const name of [...names, 'flush-work-under-lock', 'kswapd-waitqueue', 'priority-inversion']) {
      const [scenario] = await loadScenarioFile(`${FOLDER}/${name}.ts`);
      if (scenario === undefined) throw new Error(`${name} has no scenario`);
      const digest = (seed: number) => {
        const hash = createHash('sha256');
        const schedule: Schedule = { strategy: seed % 2 ? 'random' : 'pct', seed, depth: 3, preemptRt: seed % 3 === 0 };
        const sink = (table: NameTable) => new TextWriter(table, (piece) => void hash.update(piece), { simulation });
        simulate(scenario, { strategy: strategyOf(schedule), sink });
        return hash.digest('hex');
      };
      const seeds = Array.from({ length: 200 }, (_, i) => i + 1);
      const first = seeds.map(digest);
      expect(seeds.map(digest)).toEqual(first);
      schedules += new Set(first).size;
    }
    // The seeds do lead to different runs.
    expect(schedules).toBeGreaterThan(400);
  });
});
