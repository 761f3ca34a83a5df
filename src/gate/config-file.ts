import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../model/report.js';
import { type Configuration, configurationSchema } from './config-schema.js';
import { readJson } from './json-file.js';

/** Names of configuration files, in the order in which they are looked for. */
export const CONFIG_FILES = ['lockvet.config.ts', 'lockvet.config.js', 'lockvet.config.json'] as const;

/** A validated configuration file. */
export interface ConfigurationFile {
  /** As the user would name it from `cwd`. */
  readonly path: string;
  /** Folder that its paths are relative to, absolute. */
  readonly folder: string;
  readonly value: Configuration;
  /** 1-based line of a value, where the format tells. */
  line(...at: readonly (string | number)[]): number | undefined;
}

/**
 * The configuration in force in a folder: the file given, or the first {@link CONFIG_FILES} in the folder or above it; undefined
 * where there is none. Throws InputError.
 */
export async function configurationFor(cwd: string, given: string | undefined): Promise<ConfigurationFile | undefined> {
  const file = given === undefined ? findUpwards(cwd) : path.resolve(cwd, given);
  return file === undefined ? undefined : load(file, path.relative(cwd, file) || file);
}

function findUpwards(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    for (const name of CONFIG_FILES) {
      const file = path.join(folder, name);
      if (statSync(file, { throwIfNoEntry: false })?.isFile()) return file;
    }
    if (path.dirname(folder) === folder) return undefined;
  }
}

async function load(file: string, shown: string): Promise<ConfigurationFile> {
  const folder = path.dirname(file);
  if (!existsSync(file)) throw new InputError(shown, undefined, 'no such file or directory');
  if (file.endsWith('.json'))
    return { path: shown, folder, ...named(shown, () => readJson(file, configurationSchema)) };
  const value = await evaluated(file, shown);
  const parsed = configurationSchema.safeParse(value);
  const line = (...at: readonly (string | number)[]) => lineOfName(file, at);
  if (parsed.success) return { path: shown, folder, value: parsed.data, line };
  const issue = parsed.error.issues.find(({ code }) => code === 'unrecognized_keys') ?? parsed.error.issues[0];
  const at = (issue?.path ?? []).filter((step) => typeof step !== 'symbol');
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    throw new InputError(shown, line(...at, key), `unknown field '${key}'`);
  }
  const field = at.length > 0 ? `field '${at.join('.')}': ` : '';
  throw new InputError(shown, line(...at), `${field}${issue?.message ?? 'invalid'}`);
}

/** Problems of a file, told under the name that the user knows. */
function named<T>(shown: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const problem = error.message.slice(`${error.file}${error.line === undefined ? '' : `:${error.line}`}: `.length);
    throw new InputError(shown, error.line, problem);
  }
}

/** The default export of a TypeScript or JavaScript file. Throws InputError for what goes wrong in it. */
async function evaluated(file: string, shown: string): Promise<unknown> {
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, { fsCache: false, moduleCache: false });
  try {
    return await jiti.import(pathToFileURL(file).href, { default: true });
  } catch (error) {
    const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
    const what = error instanceof Error ? error.message : String(error);
    throw new InputError(shown, lineOfError(text, file), firstLine(what).replaceAll(file, shown));
  }
}

/** The line of an error: `(3:14)` of the compiler's own, or the file's first place in the stack. */
function lineOfError(text: string, file: string): number | undefined {
  const compiler = /\((\d+):\d+\)/.exec(text)?.[1];
  if (compiler !== undefined) return Number(compiler);
  const at = text.indexOf(`${file}:`);
  const stack = at < 0 ? undefined : /^\d+/.exec(text.slice(at + file.length + 1))?.[0];
  return stack === undefined ? undefined : Number(stack);
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? text)
    .replace(/\s*\(\d+:\d+\)\s*$/, '')
    .replace(/^[A-Za-z]*Error:\s*/, '')
    .replace(/:?\s+\/\S+:?$/, '');
}

/**
 * The line of the innermost name of a path in a program's text: each name is looked for behind the one above it. A name that is
 * put together at run time is not found; the one above it is told then.
 */
function lineOfName(file: string, at: readonly (string | number)[]): number | undefined {
  const text = readFileSync(file, 'utf8');
  let from = -1;
  for (const step of at) {
    if (typeof step !== 'string') continue;
    const name = step.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const found = new RegExp(`(?<![\\w-])['"]?${name}['"]?\\s*:`).exec(text.slice(from + 1));
    if (!found) break;
    from = from + 1 + found.index;
  }
  return from < 0 ? undefined : text.slice(0, from + 1).split('\n').length;
}
