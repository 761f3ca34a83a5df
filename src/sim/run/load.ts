import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createJiti, type Jiti } from 'jiti';
import { InputError } from '../../model/report.js';
import * as sim from '../index.js';
import type { Scenario } from '../scenario.js';
import { problemOf } from './problem.js';

/** Modules that a scenario can import, by the name that it imports them by. `lockvet/sim` is always there. */
export type Libraries = Readonly<Record<string, object>>;

/**
 * Loads the scenarios of a TypeScript file: its default export, one or a list. The file is executed. Throws InputError
 * that names its line when it cannot be read, is no TypeScript, fails, or exports something else.
 *
 * @param libraries what it can import besides the simulator: subsystems written on it, which this layer does not know.
 */
export async function loadScenarios(path: string, libraries: Libraries = {}): Promise<Scenario[]> {
  const file = resolve(path);
  if (!existsSync(file)) throw new InputError(path, undefined, 'cannot be read: no such file or directory');
  const jiti = loader(file, { ...libraries, 'lockvet/sim': sim });
  let exported: unknown;
  try {
    exported = await jiti.import(file, { default: true });
  } catch (error) {
    throw problemOf(error, path, file);
  }
  const list = Array.isArray(exported) ? exported : [exported];
  if (list.length === 0 || !list.every(isScenario)) {
    throw new InputError(path, undefined, 'has no scenario: its default export must be what scenario() returns');
  }
  return list;
}

/** Loads what a file imports, which may be by the `paths` of the nearest tsconfig.json, as its own compiler has it. */
function loader(file: string, virtualModules: Record<string, object>): Jiti {
  const options = {
    // Always the source as it is: a cache would hide an edit within the same second, and leave files behind.
    fsCache: false,
    moduleCache: false,
    virtualModules,
  };
  try {
    return createJiti(file, { ...options, tsconfigPaths: true });
  } catch {
    // A configuration that leads nowhere: an import that needs it is told.
    return createJiti(file, options);
  }
}

function isScenario(value: unknown): value is Scenario {
  return (
    typeof value === 'object' &&
    value !== null &&
    'setup' in value &&
    typeof value.setup === 'function' &&
    'options' in value &&
    typeof value.options === 'object' &&
    value.options !== null &&
    'name' in value.options &&
    typeof value.options.name === 'string'
  );
}
