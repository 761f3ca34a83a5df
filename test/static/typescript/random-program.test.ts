import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/model/finding.js';
import { loadRuleSet } from '../../../src/rules/index.js';
import { judgeRun } from '../../../src/sim/run/judge-run.js';
import { loadScenarios } from '../../../src/sim/run/load.js';
import { programText } from './random/program-text.js';
import { programs } from './random/random-program.js';
import { scenarioOf, schedules } from './random/run-program.js';

const rules = loadRuleSet();
const law = { rules, policy: rules.policy('strict') };

describe('random programs', () => {
  describe('written with types', () => {
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'lockvet-random-'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it('do the same on the same lines', async () => {
      const sample = fc.sample(programs, { numRuns: 12, seed: 8 });
      let compared = 0;
      for (const [i, program] of sample.entries()) {
        const path = join(folder, `p${i}.ts`);
        writeFileSync(path, programText(program, { prefix: `p${i}`, typed: true }));
        const [scenario] = await loadScenarios(path);
        if (scenario === undefined) throw new Error('no scenario');
        const [schedule] = schedules(1, 3);
        if (schedule === undefined) throw new Error('no schedule');
        const typed = judgeRun({ path, scenario }, { law, schedule, precise: true }).findings;
        const text = programText(program, { prefix: `p${i}`, typed: false });
        const same = { path, scenario: scenarioOf(text, path) };
        const plain = judgeRun(same, { law, schedule, precise: true }).findings;
        expect(plain.map(said)).toEqual(typed.map(said));
        compared += typed.length;
      }
      expect(compared).toBeGreaterThan(5);
    });
  });
});

function said({ rule, locks, where, message }: Finding): unknown {
  return { rule, locks, message, line: where.line, function: where.function };
}
