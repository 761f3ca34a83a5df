import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runApp } from '../../src/cli/app.js';
import { type Arguments, type Command, optional, strings } from '../../src/cli/command.js';
import { init } from '../../src/cli/init.js';
import { reportOptions, reportSettings, ruleOptions } from '../../src/cli/options.js';
import { configurationJsonSchema, configurationSchema } from '../../src/gate/config-schema.js';
import { configurationFor } from '../../src/gate/index.js';
import { fakeIo } from '../cli/fake-io.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string): void => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
};

/** What `lint` is given, in `cwd`, with this command line. */
async function given(argv: readonly string[], cwd = folder): Promise<Arguments> {
  const seen: Arguments[] = [];
  const lint: Command = {
    name: 'lint',
    positionals: 'INPUT...',
    summary: '',
    options: { ...reportOptions, ...ruleOptions, catalog: { type: 'string' } },
    examples: [['x', 'y']],
    run: async (args) => {
      seen.push(args);
      return 0;
    },
  };
  await runApp(['lint', ...argv], [lint], fakeIo({ cwd }));
  const [args] = seen;
  if (!args) throw new Error('not run');
  return args;
}

describe('the published schema', () => {
  it('is what `npm run schema` writes', () => {
    const published = new URL('../../schema/lockvet.config.schema.json', import.meta.url);
    expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(JSON.parse(configurationJsonSchema()));
  });
});

describe('a configuration file', () => {
  const full = {
    inputs: { lint: ['boot.trace'] },
    policy: 'lockless',
    catalog: 'kinds.txt',
    baseline: { lint: 'known.json' },
    failOn: 'warning',
    severities: { 'alloc-in-atomic': { severity: 'off', reason: 'no RT' }, 'rcu-usage': 'note' },
  };

  it('is found upwards, its paths are relative to it, and the command line wins', async () => {
    write('lockvet.config.json', JSON.stringify(full));
    write('sub/x', '');
    const args = await given(['--policy', 'strict'], path.join(folder, 'sub'));
    expect(args.positionals).toEqual(['../boot.trace']);
    expect(args.options).toMatchObject({ policy: 'strict', catalog: '../kinds.txt', baseline: '../known.json' });
    expect(reportSettings(args)).toMatchObject({
      failOn: 'warning',
      gate: { baseline: { path: '../known.json', entries: [] }, today: '2030-01-01' },
    });
    expect([...(args.gate?.settings ?? [])]).toEqual([
      ['alloc-in-atomic', { severity: 'off', reason: 'no RT', place: '../lockvet.config.json:1' }],
      ['rcu-usage', { severity: 'note', reason: '', place: '../lockvet.config.json:1' }],
    ]);
    const bare = await given(['x', '--no-config', '--fail-on', 'never'], path.join(folder, 'sub'));
    expect([bare.positionals, optional(bare, 'policy'), strings(bare, 'rules')]).toEqual([['x'], undefined, []]);
    expect(reportSettings(bare)).toMatchObject({ failOn: 'never', gate: { baseline: undefined } });
  });

  it.each(['ts', 'js', 'json'] as const)('that init writes is valid: %s', async (format) => {
    const io = fakeIo({ cwd: folder });
    await runApp(['init', '--format', format], [init], io);
    expect(io.out()).toContain(`lockvet.config.${format} written. What to do next:`);
    const { value } = (await configurationFor(folder, undefined)) ?? {};
    expect(configurationSchema.parse(value)).toMatchObject({ policy: 'strict', baseline: 'lockvet-baseline.json' });
    await expect(runApp(['init', '--format', format], [init], fakeIo({ cwd: folder }))).rejects.toThrow(
      `lockvet.config.${format}: is there already; --force overwrites it`,
    );
    expect(await runApp(['init', '--format', format, '--force'], [init], fakeIo({ cwd: folder }))).toBe(0);
  });

  it.each([
    ['lockvet.config.json', '{\n "policy": 3 }', /^lockvet\.config\.json:2: field 'policy': /],
    ['lockvet.config.json', '{\n "polcy": "x" }', /^lockvet\.config\.json:2: unknown field 'polcy'$/],
    ['lockvet.config.json', '{\n\n policy }', /^lockvet\.config\.json:3: is not JSON$/],
    [
      'lockvet.config.json',
      '{ "severities": {\n "no-such": "off" } }',
      /json:2: severities: there is no rule 'no-such'$/,
    ],
    ['lockvet.config.ts', 'export default {\n  failOn: 1,\n};', /^lockvet\.config\.ts:2: field 'failOn': /],
    ['lockvet.config.ts', 'export default {\n\n  failOnn: 1,\n};', /^lockvet\.config\.ts:3: unknown field 'failOnn'$/],
    ['lockvet.config.ts', 'export default {\n  failOn: ,\n};', /^lockvet\.config\.ts:2: /],
    ['lockvet.config.js', "\nthrow new Error('no');", /^lockvet\.config\.js:2: no$/],
    [
      'lockvet.config.ts',
      "export default {\n severities: {\n  'rcu-usage': 'of' } };",
      /ts:3: .*is neither error, warning/,
    ],
  ])('that is wrong is told with its line: %s %s', async (name, text, problem) => {
    write(name, text);
    await expect(given(['x'])).rejects.toThrow(problem);
  });

  it('that is named must be there', async () => {
    await expect(given(['x', '--config', 'no.json'])).rejects.toThrow('no.json: no such file');
    await expect(given(['x', '--config', 'a', '--no-config'])).rejects.toThrow('give --config or --no-config');
    await expect(given(['x', '--new-only'])).rejects.toThrow('lint: --new-only needs --baseline FILE');
  });
});

describe('--output', () => {
  it('takes a file and more reports', async () => {
    const args = await given(['x', '--output', 'r.txt', '--output', 'sarif=a=b.sarif', '--output', './json=x']);
    await expect(async () => reportSettings(args)).rejects.toThrow('--output FILE is given more than once');
    const fine = await given(['x', '--output', 'r.txt', '--output', 'sarif=a=b.sarif']);
    expect(reportSettings(fine)).toMatchObject({
      output: 'r.txt',
      extraOutputs: [{ format: 'sarif', path: 'a=b.sarif' }],
    });
    await expect(async () => reportSettings(await given(['x', '--output', 'sarif=']))).rejects.toThrow('names no file');
  });
});
