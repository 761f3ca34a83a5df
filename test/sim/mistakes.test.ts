import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Project } from 'ts-morph';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/model/report.js';
import { findForgottenYields } from '../../src/sim/forgotten-yields.js';
import { runCampaign } from '../../src/sim/run/campaign.js';
import { loadScenarios } from '../../src/sim/run/load.js';
import { lawFor } from './shipped.js';

const folder = mkdtempSync(join(tmpdir(), 'lockvet-mistakes-'));
const law = lawFor('strict');

/** What the user is told of a scenario file with that text: `LINE: problem`. */
async function told(name: string, text: string, seeds = 1): Promise<string> {
  const path = join(folder, `${name}.ts`);
  writeFileSync(path, text);
  try {
    const [scenario] = await loadScenarios(path);
    if (scenario === undefined) return 'no scenario';
    const schedules = Array.from({ length: seeds }, (_, i) => ({
      strategy: 'random' as const,
      seed: i,
      depth: 3,
      preemptRt: undefined,
    }));
    runCampaign({ path, scenario }, { law, schedules });
    return 'nothing';
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).not.toContain('\n');
    return error.message.slice(path.length + 1).trim();
  }
}

const HEAD = "import { scenario } from 'lockvet/sim';\nexport default scenario({ name: 'x' }, (kernel) => {\n";

describe('mistakes in scenarios are told at their line', () => {
  it('a forgotten yield*, in one run and in a campaign', async () => {
    const text = `${HEAD}  const a = kernel.mutex('a');\n  kernel.task('t', function* () {\n    a.lock();\n    yield* a.unlock();\n  });\n});\n`;
    const message = '5: operation mutex_lock is created but not run: write "yield*" before it';
    expect(await told('forgotten', text)).toBe(message);
    expect(await told('forgotten', text, 3)).toBe(message);
  });

  it('a forgotten yield* at the end', async () => {
    const text = `${HEAD}  const a = kernel.mutex('a');\n  kernel.task('t', function* () {\n    yield* a.lock();\n    a.unlock();\n  });\n});\n`;
    expect(await told('at-end', text)).toBe(
      '6: operation mutex_unlock is created but not run: write "yield*" before it',
    );
  });

  it('a lock that an earlier run made, kept outside the set-up', async () => {
    const text = `import { scenario } from 'lockvet/sim';\nlet kept;\nexport default scenario({ name: 'x' }, (kernel) => {\n  kept ??= kernel.spinlock('kept');\n  kernel.task('t', function* () {\n    yield* kept.lock();\n    yield* kept.unlock();\n  });\n});\n`;
    expect(await told('kept', text)).toBe('nothing');
    expect(await told('kept', text, 3)).toMatch(/^6: operation spin_lock on what an earlier run made: /);
  });

  it('an exception', async () => {
    const text = `${HEAD}  kernel.task('t', function* () {\n    yield* kernel.udelay(1);\n    throw new Error('boom');\n  });\n});\n`;
    expect(await told('throws', text)).toBe('5: boom');
  });

  it('a syntax error, a missing import, a wrong export, a missing file', async () => {
    expect(await told('syntax', `${HEAD}  const = 1;\n});\n`)).toMatch(/^3: \S/);
    expect(await told('import', "import x from './nowhere.js';\nexport default x;\n")).toMatch(/nowhere/);
    expect(await told('export', 'export default 42;\n')).toMatch(/^has no scenario/);
    await expect(loadScenarios(join(folder, 'none.ts'))).rejects.toThrow(/no such file/);
  });

  it('options out of range', async () => {
    const text =
      "import { scenario } from 'lockvet/sim';\nexport default scenario({ name: 'x', cpus: 99 }, () => {});\n";
    expect(await told('options', text)).toMatch(/cpus: must be 1 to 64/);
  });
});

describe('findForgottenYields', () => {
  it('finds them without running, and none in what is shipped', () => {
    const project = new Project({ tsConfigFilePath: 'tsconfig.json', skipAddingFilesFromTsConfig: true });
    const bad = project.createSourceFile(
      'fixtures/scenarios/forgotten.ts',
      `${HEAD}  const a = kernel.mutex('a');\n  kernel.task('t', function* () {\n    a.lock();\n    if (a.trylock()) kernel.udelay(1);\n    yield* a.unlock();\n    helper();\n  });\n  function* helper() {\n    yield* kernel.udelay(1);\n  }\n});\n`,
    );
    expect(findForgottenYields(project, [bad]).map(({ line, call }) => [line, call])).toEqual([
      [5, 'a.lock()'],
      [6, 'a.trylock()'],
      [6, 'kernel.udelay(1)'],
      [8, 'helper()'],
    ]);
    const shipped = project.addSourceFilesAtPaths(['fixtures/scenarios/*.ts', 'rules/*/*.ts', 'src/sim/**/*.ts']);
    expect(findForgottenYields(project, shipped)).toEqual([]);
  });
});
