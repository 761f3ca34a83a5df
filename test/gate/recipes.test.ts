import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runApp } from '../../src/cli/app.js';
import type { Command } from '../../src/cli/command.js';
import { commands } from '../../src/cli/commands.js';
import { reportSettings } from '../../src/cli/options.js';
import { baselineText } from '../../src/gate/baseline.js';
import { fakeIo } from '../cli/fake-io.js';

const guide = readFileSync(new URL('../../docs/ci.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, body = '']) => body);

const folder = mkdtempSync(path.join(tmpdir(), 'lockvet-recipes-'));
const baseline = path.join(folder, 'known.json');
writeFileSync(baseline, baselineText([]));
afterAll(() => rmSync(folder, { recursive: true }));

/** Every string in a parsed file. */
function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

describe('the recipes of docs/ci.md', () => {
  const yaml = blocks('yaml').map((text): unknown => parse(text));
  const lines = [...yaml.flatMap(stringsIn), ...blocks('sh').flatMap((text) => text.split('\n'))]
    .flatMap((text) => /(?:^|npx )lockvet ([a-z].*)$/.exec(text)?.[1] ?? [])
    .map((line) => line.replace(/ > \S+$/, ''));

  it('are YAML, with the parts that each system wants', () => {
    expect(yaml).toHaveLength(5);
    expect(yaml[1]).toMatchObject({ jobs: { lockvet: { steps: expect.any(Array) } } });
    expect(yaml[2]).toMatchObject({ lockvet: { script: expect.any(Array) } });
    expect(yaml[3]).toMatchObject({ repos: [{ hooks: [{ id: 'lockvet', entry: expect.any(String) }] }] });
    expect(yaml[4]).toMatchObject({ 'boot-test': { script: expect.any(Array) } });
    expect(lines.length).toBeGreaterThanOrEqual(6);
  });

  it.each(lines)('call lockvet as it is: %s', async (line) => {
    let ran = false;
    const words = line.split(' ').map((word) => (word === 'lockvet-baseline.json' ? baseline : word));
    const stubs = commands.map(
      (command): Command => ({
        ...command,
        run: async (args) => {
          ran = true;
          if ('baseline' in command.options) reportSettings(args);
          return 0;
        },
      }),
    );
    expect(await runApp(words, stubs, fakeIo())).toBe(0);
    expect(ran).toBe(true);
  });
});
