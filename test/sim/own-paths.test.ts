import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenarios } from '../../src/sim/run/load.js';

let folder = '';
const at = (name: string): string => join(folder, name);
const write = (name: string, text: string): void => {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
};
const importing = (from: string): string =>
  `import { scenario } from 'lockvet/sim';\nimport { NAME } from '${from}';\nexport default scenario({ name: NAME }, () => {});\n`;
const nameOf = async (file: string): Promise<string | undefined> => (await loadScenarios(at(file)))[0]?.options.name;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockvet-paths-'));
  write('lib/name.ts', "export const NAME: string = 'named';\n");
  write('conf/base.json', '{ "compilerOptions": { "paths": { "@lib/*": ["../lib/*"], "lockvet/sim": ["../none"] } } }');
  write('sources/by-paths.ts', importing('@lib/name'));
  write('sources/plain.ts', importing('../lib/name'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a scenario of a project with a tsconfig.json', () => {
  it('may import by its paths, also those of a base; lockvet/sim is the one that runs it', async () => {
    write('tsconfig.json', '{ // of the project\n  "extends": "./conf/base.json"\n}');
    expect(await nameOf('sources/by-paths.ts')).toBe('named');
  });

  it('is loaded whatever is wrong with one that it does not need', async () => {
    for (const text of ['{ "extends": "./nothing.json" }', '{ "extends": "./tsconfig.json" }', '{ "compilerOptions"']) {
      write('tsconfig.json', text);
      expect(await nameOf('sources/plain.ts'), text).toBe('named');
      await expect(nameOf('sources/by-paths.ts'), text).rejects.toThrow(`${at('sources/by-paths.ts')}:2: `);
    }
  });
});
