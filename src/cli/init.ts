import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../model/report.js';
import { type Command, flag } from './command.js';
import { Exit } from './io.js';

const LAYOUTS = ['ts', 'js', 'json'] as const;

/** `lockvet init`: write a configuration file. */
export const init: Command = {
  name: 'init',
  positionals: '',
  summary: 'write a configuration file',
  options: {
    format: {
      type: 'string',
      requiresArg: true,
      choices: LAYOUTS,
      default: 'ts',
      describe: 'language of the file',
    },
    force: { type: 'boolean', describe: 'overwrite a file that is there' },
  },
  examples: [
    ['lockvet init', 'write lockvet.config.ts into this folder'],
    ['lockvet init --format json', 'write lockvet.config.json, for projects without TypeScript'],
  ],
  async run(args, io) {
    const { CONFIG_FILES, configurationTemplate } = await import('../gate/index.js');
    const layout = LAYOUTS.find((known) => known === args.options.format) ?? 'ts';
    const name = `lockvet.config.${layout}` as const;
    const other = CONFIG_FILES.find((known) => existsSync(path.join(io.cwd, known)));
    if (other !== undefined && !flag(args, 'force')) {
      throw new InputError(other, undefined, 'is there already; --force overwrites it');
    }
    if (other !== undefined && other !== name) {
      // Two configurations in one folder: the other one would win or be forgotten.
      throw new InputError(other, undefined, `is there already: remove it before ${name} is written`);
    }
    await writeNew(path.join(io.cwd, name), name, configurationTemplate(name, schemaPath(io.cwd)));
    await io.stdout.write(nextSteps(name));
    return Exit.Clean;
  },
};

async function writeNew(file: string, name: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new InputError(name, undefined, `cannot be written: ${code}`);
  }
}

/** The published schema as an editor finds it from `cwd`: lockvet is usually installed in the project itself. */
function schemaPath(cwd: string): string {
  const schema = fileURLToPath(new URL('../../schema/lockvet.config.schema.json', import.meta.url));
  const relative = path.relative(cwd, schema);
  return relative.startsWith('..') ? './node_modules/lockvet/schema/lockvet.config.schema.json' : `./${relative}`;
}

function nextSteps(name: string): string {
  return `${name} written. What to do next:
  1. lockvet lint RECORDING                     judge something; the file says which policy and severities apply
  2. lockvet lint RECORDING --update-baseline   accept what is known today, into lockvet-baseline.json
  3. fill in a reason for each entry there, and perhaps a date on which it expires
  4. lockvet lint RECORDING --output sarif=lockvet.sarif
                                                in CI: fails on new findings only; docs/ci.md has recipes
`;
}
